"""What guided did worst on the external datasets."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from guidedseg.evaluation.rules import strict
from guidedseg.names import MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import masks, style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.figures.masks import Row
from guidedseg.reporting.results import Results
from guidedseg.tested import WORST


def rows(results: Results) -> list[Row]:
    """A row per image, a dataset after the other."""
    found = []
    for name, each in results.elsewhere.items():
        counted = each.tested.evaluation.images
        images = counted.assign(dice=strict(counted)[:, 0]).set_index(["image_id", "branch"])
        for image_id, pictures in each.tested.worst.items():
            counts = {mode: images.loc[(image_id, mode)] for mode in MODES}
            found.append(
                Row(
                    image_id=f"{name}: {image_id}",
                    pathology=str(counts["guided"]["pathology"]),
                    image=pictures["image"],
                    truth=pictures["truth"] > 0,
                    masks={mode: pictures[mode] > 0 for mode in MODES},
                    dice={mode: float(of["dice"]) for mode, of in counts.items()},
                )
            )
    return found


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:  # noqa: ARG001
    """Image, truth, direct, guided."""
    found = rows(results)
    return masks.grid(found) if found else style.note("No external dataset has a lesion.")


def caption(results: Results) -> str:  # noqa: ARG001
    """By which rule."""
    return (
        f"Of every external dataset the {WORST} images with a lesion on which guided has the lowest Dice, the largest "
        "lesions first where it is the same."
    )


def alt(results: Results) -> str:
    """Names and Dice."""
    texts = [
        f"{row.image_id}, direct {row.dice['direct']:.2f}, guided {row.dice['guided']:.2f}" for row in rows(results)
    ]
    return f"Worst cases elsewhere, Dice: {'; '.join(texts) or 'none'}."


FIGURE = Kind(
    "external_worst", "Worst cases elsewhere", caption, alt, draw, exists=lambda results: bool(results.elsewhere)
)

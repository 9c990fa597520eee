"""True and predicted masks side by side (the paper's Figures 3 and 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from guidedseg.names import MODES
from guidedseg.reporting import selection
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

RULE = (
    "the images with a lesion that are nearest to the quantiles 0, 25, 50, 75 and 100 % of guided Dice under strict, "
    "and the normal with the lowest"
)


@dataclass(frozen=True)
class Row:
    """One image of a grid.

    Attributes:
        image_id: its name.
        pathology: normal, benign, malignant or unknown.
        image: (H, W) uint8.
        truth: (H, W) bool.
        masks: head of a column -> (H, W) bool, predicted; all rows of a grid have the same heads.
        dice: likewise, Dice from 0 to 1.
    """

    image_id: str
    pathology: str
    image: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.bool_]
    masks: Mapping[str, npt.NDArray[np.bool_]]
    dice: Mapping[str, float]


def grid(rows: Sequence[Row]) -> Figure:
    """Images below each other; columns: image, true mask, and every predicted one, white on black.

    Args:
        rows: at least one. A head of two lines leaves room for many columns.
    """
    heads = ["image", "true mask", *rows[0].masks]
    width = min(style.PANEL, max(1.3, 20 / len(heads)))
    lines = [style.Line([row.image.shape] * len(heads), () if number else heads) for number, row in enumerate(rows)]
    figure, panels = style.sheet(lines, len(heads), width=width)
    for axes, row in zip(panels, rows, strict=True):
        style.picture(axes[0], row.image, style.short(row.image_id, width))
        style.picture(axes[1], _white(row.truth), row.pathology)
        for panel, (head, mask) in zip(axes[2:], row.masks.items(), strict=True):
            style.picture(panel, _white(mask), f"Dice {100 * row.dice[head]:.1f} %")
    return figure


def _white(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return mask.astype(np.uint8) * np.uint8(255)


def row(case: Case, heads: Mapping[str, str]) -> Row:
    """A test image of one run.

    Args:
        case: the image.
        heads: mode -> head of its column.
    """
    return Row(
        image_id=case.image_id,
        pathology=case.pathology,
        image=case.image,
        truth=case.truth,
        masks={head: case.masks[mode] for mode, head in heads.items()},
        dice={head: case.dice[mode] for mode, head in heads.items()},
    )


def images(results: Results) -> Sequence[str]:
    """By rising Dice, the normal last."""
    return selection.spread(results.images, results.dice["guided"])


def in_words(results: Results, chosen: Sequence[str]) -> str:
    """Names, pathologies and Dice of images."""
    pathology = results.images.set_index("image_id")["pathology"]
    return "; ".join(
        f"{name} ({pathology[name]}): "
        + ", ".join(f"{mode} {100 * results.dice.loc[name, mode]:.1f} %" for mode in MODES)
        for name in chosen
    )


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:
    """A row per image."""
    heads = {mode: f"{results.model}, {mode}" for mode in MODES}
    rows = [row(cases[image_id], heads) for image_id in images(results)]
    return grid(rows) if rows else style.note("There are no test images.")


def caption(results: Results) -> str:
    """What is shown by which rule."""
    return (
        f"Image, true mask, and the masks that {results.model} predicted in both modes; Dice under strict. "
        + by_rule(results)
    )


def by_rule(results: Results) -> str:
    """How the images were chosen, and whether a kind of image is wanting."""
    lesion = results.images["lesion_px"] > 0
    said = f"Shown are {RULE}."
    return (
        said
        + ("" if lesion.any() else " No test image has a lesion.")
        + (" There is no normal." if lesion.all() else "")
    )


def alt(results: Results) -> str:
    """Scores of each image."""
    return f"Masks of {results.model} beside the true ones; Dice: {in_words(results, images(results))}."


FIGURE = Kind("masks", "Masks", caption, alt, draw, images)

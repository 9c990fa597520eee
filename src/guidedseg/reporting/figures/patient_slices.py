"""Several images of one patient with the true outlines (the paper's Figure 2)."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from guidedseg.reporting import selection
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results


def images(results: Results) -> Sequence[str]:
    """By name."""
    return selection.slices(results.images)


def draw(results: Results, cases: Mapping[str, Case]) -> Figure:
    """Up to four images a line."""
    shown = [cases[image_id] for image_id in images(results)]
    if not shown:
        return style.note("There are no test images.")
    columns = min(4, len(shown))
    lines = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    figure, grid = style.sheet(
        [style.Line([case.image.shape for case in line]) for line in lines],
        columns,
        legend=[Line2D([], [], color=style.TRUTH, label="true outline")],
    )
    for axes, case in zip((axes for line in grid for axes in line), shown, strict=True):
        style.picture(axes, case.image, style.about(case.image_id, case.pathology))
        style.contour(axes, case.truth, style.TRUTH)
    return figure


def caption(results: Results) -> str:
    """Whose images, and which."""
    table = results.images.set_index("image_id")
    shown = table.loc[list(images(results))]
    if shown.empty:
        return "There are no test images."
    patient = shown["patient_id"].iloc[0]
    own = table[table["patient_id"] == patient]
    lesion = int((own["lesion_px"] > 0).sum())
    reason = f"has the most test images with a lesion ({lesion})" if lesion else "has the most; none has a lesion"
    return (
        f"{len(shown)} of {len(own)} test images of {patient}, at equal steps in the order of their names. {patient} "
        f"{reason}. The true outlines of the lesions are green."
    )


def alt(results: Results) -> str:
    """Names, pathologies, sizes of the lesions."""
    shown = results.images.set_index("image_id").loc[list(images(results))]
    each = [
        f"{row.Index} ({row.pathology}, "
        + (
            f"lesion {100 * row.lesion_px / (row.width * row.height):.1f} % of the image)"
            if row.lesion_px
            else "no lesion)"
        )
        for row in shown.itertuples()
    ]
    return f"Ultrasound images of one patient: {', '.join(each)}." if each else "There are no test images."


FIGURE = Kind("patient_slices", "Images of one patient", caption, alt, draw, images)

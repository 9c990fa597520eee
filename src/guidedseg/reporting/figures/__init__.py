"""Figures of a run, one module per kind, under plots/png and plots/svg."""

from collections.abc import Mapping
from pathlib import Path

from guidedseg.progress import bar
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import (
    attention,
    boxes,
    contours,
    detector,
    elsewhere,
    elsewhere_worst,
    failures,
    lesion_size,
    masks,
    patient_slices,
    patients,
    reliability,
    rules,
    style,
    training,
)
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

KINDS = {
    module.FIGURE.name: module.FIGURE
    for module in (
        rules,
        elsewhere,
        elsewhere_worst,
        failures,
        contours,
        masks,
        boxes,
        lesion_size,
        patients,
        detector,
        reliability,
        training,
        attention,
        patient_slices,
    )
}
"""In their order on the page."""


def of_run(results: Results) -> list[Kind]:
    """The kinds that a run has."""
    return [kind for kind in KINDS.values() if kind.exists(results)]


def images(results: Results) -> set[str]:
    """The test images that the figures show."""
    return {image_id for kind in of_run(results) for image_id in kind.images(results)}


def write(results: Results, cases: Mapping[str, Case], folder: Path) -> None:
    """All figures as PNG and SVG.

    One after another: they take seconds, and other processes would first spend as much on their imports.

    Args:
        results: of the run.
        cases: of the images that ``images`` named.
        folder: an existing one, which receives ``png/`` and ``svg/``.
    """
    for kind in bar("figures", of_run(results), unit="figure"):
        style.save(kind.draw(results, cases), folder, kind.name)

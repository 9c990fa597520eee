"""What a module of figures offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from guidedseg.reporting.cases import Case
from guidedseg.reporting.results import Results


def no_images(results: Results) -> Sequence[str]:  # noqa: ARG001
    """Of a chart."""
    return ()


@dataclass(frozen=True)
class Kind:
    """One kind of figure.

    Attributes:
        name: of its files.
        title: over it on the page.
        caption: one or two sentences: what is to be seen, and by what rule its images were chosen.
        alt: what it shows, in words and numbers, for those who cannot see it.
        draw: the figure, from the cases that ``images`` named; where there is nothing to show, ``style.note``.
        images: ids of the test images it shows; chosen by rule, not by taste.
        exists: whether this run has it at all.
    """

    name: str
    title: str
    caption: Callable[[Results], str]
    alt: Callable[[Results], str]
    draw: Callable[[Results, Mapping[str, Case]], Figure]
    images: Callable[[Results], Sequence[str]] = no_images
    exists: Callable[[Results], bool] = lambda results: True  # noqa: ARG005

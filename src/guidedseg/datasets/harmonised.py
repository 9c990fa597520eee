"""The images of a dataset as ``prepare`` in params.yaml wants them: what makes pictures of different machines alike."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from guidedseg.datasets.prepared import read_shown
from guidedseg.datasets.records import RawImage, Shown
from guidedseg.harmonising.picture import OFF, Harmonising, harmonised
from guidedseg.lookahead import in_order


def records(images: Iterable[RawImage], how: Harmonising) -> Iterator[RawImage]:
    """Images and their masks with the steps taken that are asked for; as they are where none is.

    Args:
        images: of ``union.read``.
        how: which steps.
    """
    yield from images if how == OFF else in_order(partial(_alike, how), images)


def told(target: Path, how: Harmonising) -> list[str]:
    """What was made of the pictures that ``preparing`` wrote to a folder, a line each; none where nothing was."""
    if how == OFF:
        return []
    shown = read_shown(target)
    said = []
    if how.region:
        whole = (shown["x1"] - shown["x0"] == shown["width"]) & (shown["y1"] - shown["y0"] == shown["height"])
        said.append(f"{int((~whole).sum())} cropped to their ultrasound region")
    if how.marks:
        said.append(f"marks painted over in {int((shown['marks_px'] > 0).sum())}")
    if how.mm_per_pixel is not None:
        unknown = int((shown["resampled"] == 0).sum())
        said.append(
            f"{len(shown) - unknown} resampled to {how.mm_per_pixel:g} mm per pixel; of {unknown} nobody knows their "
            "millimetres: they stay as they are"
        )
    return said


def _alike(how: Harmonising, record: RawImage) -> RawImage:
    """As ``guidedseg segment`` does it: within the region that a file tells, where there is one."""
    height, width = record.image.shape
    told = record.region if how.region else None
    x0, y0, x1, y1 = told or (0, 0, width, height)
    within = slice(y0, y1), slice(x0, x1)
    made = harmonised(
        np.ascontiguousarray(record.image[within]),
        how,
        colours=None if record.colours is None else record.colours[within],
        is_region=told is not None,
        mm_per_pixel=record.spacing,
    )
    a, b, c, d = made.box
    return replace(
        record,
        image=made.image,
        mask=made.mask(record.mask[within]),
        mm_per_pixel=made.mm_per_pixel or record.mm_per_pixel,
        shown=Shown((x0 + a, y0 + b, x0 + c, y0 + d), (width, height), made.marks_px, made.mm_per_pixel is not None),
    )

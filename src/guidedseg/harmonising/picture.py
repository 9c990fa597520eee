"""A picture as the networks see it, and the way back: what is made of it lies on the picture's own grid again.

The steps, each off by default (``prepare`` in params.yaml), in this order:

1. ``region``: cropped to the ultrasound image, as the file tells it (DICOM) or as it is found (``region.ultrasound``).
   Marks count as black there, whether or not they are painted over.
2. ``marks``: what is burned in is painted over (``marks``). Found on the whole picture, as colours and long lines tell
   more of themselves than what a crop leaves of them; painted over within the crop.
3. ``intensity``: percentiles of what is left are stretched to 0 and 255. So neither margins nor marks count.
4. ``mm_per_pixel``: resampled to one size of a pixel, where the picture's own is known.

One function for the images that are trained and tested on, for external ones and for people's own: a network sees one
kind of pictures. All steps are of the picture alone, without chance: equal pictures give equal bytes.
"""

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from guidedseg.group import Group
from guidedseg.harmonising.marks import burned_in, filled
from guidedseg.harmonising.region import Box, ultrasound
from guidedseg.resizing import resize

Levels = NDArray[np.uint8]

_SMALLEST, _LARGEST = 32, 4096  # pixels of a resampled side; beyond, the millimetres that are told are not believed


class Harmonising(Group):
    """Which steps are taken.

    Attributes:
        region: crop to the ultrasound image.
        marks: paint over what is burned in.
        intensity: two percentiles that become 0 and 255; None: levels stay.
        mm_per_pixel: to resample to; None: sizes stay.
    """

    region: bool
    marks: bool
    intensity: Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=2, max_length=2)] | None
    mm_per_pixel: Annotated[float, Field(ge=0.01, le=1)] | None

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.intensity is not None and self.intensity[0] >= self.intensity[1]:
            raise ValueError(f"intensity must be two rising percentiles, [1, 99] say ({self.intensity} given)")
        return self


OFF = Harmonising(region=False, marks=False, intensity=None, mm_per_pixel=None)


@dataclass(frozen=True)
class Harmonised:
    """A picture of height H and width W as the networks see it.

    Attributes:
        image: (h, w) uint8.
        box: of the picture, what ``image`` shows.
        shape: H, W.
        marks_px: pixels of the box that were painted over.
        mm_per_pixel: of ``image``, if it was resampled.
    """

    image: Levels
    box: Box
    shape: tuple[int, ...]
    marks_px: int = 0
    mm_per_pixel: float | None = None

    @property
    def moved(self) -> bool:
        """Whether ``image`` has another grid than the picture."""
        height, width = self.shape
        return self.image.shape != self.shape or self.box != (0, 0, width, height)

    def placed(self, shown: Levels) -> Levels:
        """(h, w) uint8 on the grid of ``image`` to (H, W) on that of the picture; 0 outside of the box."""
        if not self.moved:
            return shown
        x0, y0, x1, y1 = self.box
        whole = np.zeros(self.shape, dtype=np.uint8)
        whole[y0:y1, x0:x1] = resize(shown, x1 - x0, y1 - y0)
        return whole

    def mask(self, whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(H, W) bool of the picture to (h, w): True where at least half of a pixel is."""
        if not self.moved:
            return whole
        return resize(whole[_window(self.box)].astype(np.uint8) * 255, *self.image.shape[::-1]) >= 128

    def to_picture(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K, 4) boxes on the grid of ``image`` to that of the picture."""
        return boxes / self._scale + np.array(self.box[:2] * 2) if self.moved else boxes

    def to_image(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The way back."""
        return (boxes - np.array(self.box[:2] * 2)) * self._scale if self.moved else boxes

    @property
    def _scale(self) -> NDArray[np.float64]:
        x0, y0, x1, y1 = self.box
        height, width = self.image.shape
        return np.array([width / (x1 - x0), height / (y1 - y0)] * 2)


def harmonised(
    grey: Levels,
    how: Harmonising,
    *,
    colours: Levels | None = None,
    is_region: bool = False,
    mm_per_pixel: tuple[float, float] | None = None,
) -> Harmonised:
    """Take the steps that are asked for.

    Args:
        grey: (H, W) uint8.
        how: which steps.
        colours: (H, W, 3) uint8 RGB of the same picture, where it has any.
        is_region: ``grey`` is cropped to what its file tells is the ultrasound image: none is looked for.
        mm_per_pixel: across and down; None: unknown.
    """
    height, width = grey.shape
    box: Box = (0, 0, width, height)
    if how == OFF:
        return Harmonised(grey, box, grey.shape)
    looked_for = how.region and not is_region
    marks = burned_in(grey, colours) if how.marks or looked_for else np.zeros(grey.shape, np.bool_)
    if looked_for:
        box = ultrasound(grey, marks)
    image, within = np.ascontiguousarray(grey[_window(box)]), marks[_window(box)]
    if how.marks:
        image = filled(image, within)
    if how.intensity is not None:
        image = _stretched(image, *how.intensity)
    size = None if how.mm_per_pixel is None else _resampled(box, mm_per_pixel, how.mm_per_pixel)
    if size is not None:
        image = resize(image, *size)
    return Harmonised(
        image,
        box,
        grey.shape,
        int(within.sum()) if how.marks else 0,
        None if size is None else how.mm_per_pixel,
    )


def _window(box: Box) -> tuple[slice, slice]:
    x0, y0, x1, y1 = box
    return slice(y0, y1), slice(x0, x1)


def _stretched(image: Levels, low: float, high: float) -> Levels:
    """Percentiles to 0 and 255, what lies beyond to these too; a picture of one level as it is."""
    darkest, brightest = np.percentile(image, [low, high])
    if brightest <= darkest:
        return image
    levels = (np.arange(256) - darkest) / (brightest - darkest) * 255
    return levels.clip(0, 255).round().astype(np.uint8)[image]


def _resampled(box: Box, own: tuple[float, float] | None, wanted: float) -> tuple[int, int] | None:
    """Width and height of a box with pixels of the wanted size; None where their own is unknown or cannot be."""
    if own is None:
        return None
    sides = ((box[2] - box[0]) * own[0] / wanted, (box[3] - box[1]) * own[1] / wanted)
    if not all(_SMALLEST <= side <= _LARGEST for side in sides):
        return None
    return round(sides[0]), round(sides[1])

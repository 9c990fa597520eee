"""A made-up cine: a probe swept over one patient of the phantom, with a truth for every frame.

The anatomy stays and the probe moves. Masses are ellipsoids that the plane enters, cuts wider and wider, and leaves;
speckle changes as the scatterers under the beam are exchanged, tissue bends slowly, the hand trembles. The probe goes
to and fro over the same stretch, so a cine can be as long as one likes. Lengths are in frame heights, as in
``phantom_anatomy``; with 4 cm of depth a height is 4 cm, and a frame later the probe is 0.2 to 0.5 mm further on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets.phantom_anatomy import Field, Lesion, draw_lesion, draw_tissue
from guidedseg.datasets.phantom_imaging import (
    Chance,
    View,
    draw_mottle,
    draw_scatterers,
    draw_spicules,
    draw_sway,
    on_screen,
    render,
)
from guidedseg.grey import grey

FRAMES_PER_SECOND = 30.0
CANVAS = 1.5  # width of the tissue, in frames
STRETCH = 1.2  # that the sweep covers, in frame heights
WITHOUT, TWO = 0.3, 0.3  # share of the cines that have no lesion, and that have two side by side
BLUNT = 0.35  # outline, as a share of its largest, below which a mass is too thin to be seen
FOLDS = (0.003, 0.02)  # half the thickness along the sweep of what looks like a lesion: one frame to six

LOSSES = 1 / 60  # of contact, a frame
MOST_LOST, WORST_LOSS = 4, 12.0  # frames that one lasts, decibels

SWAY_PITCH, MOTTLE_PITCH = 0.3, 0.06  # how far the probe moves until nothing of it is as before
BEAM = 0.03  # likewise of the speckle: thickness of the plane (1.2 mm at 4 cm of depth)


@dataclass(frozen=True)
class _Mass:
    """An ellipsoid across the sweep.

    Attributes:
        lesion: its largest cut.
        place: of that cut along the sweep.
        half: half its thickness along the sweep.
        spicules: of ``Chance``.
        real: counts as a lesion; otherwise a fold or a lobule that looks like one as long as it is cut.
    """

    lesion: Lesion
    place: float
    half: float
    spicules: tuple[np.int64, float]
    real: bool

    def cut(self, place: float) -> Lesion | None:
        """The outline in the plane at ``place``."""
        growth = np.sqrt(max(1 - ((place - self.place) / self.half) ** 2, 0))
        if growth < BLUNT:
            return None
        return replace(
            self.lesion, radius_x=float(self.lesion.radius_x * growth), radius_y=float(self.lesion.radius_y * growth)
        )


class _Drifting:
    """A random field that changes along the sweep: drawn anew every ``pitch``, blended in between.

    The weights are cosine and sine, so its deviation stays the same. What was drawn depends on the place alone.
    """

    def __init__(self, draw: Callable[[np.random.Generator], Field], pitch: float, seed: tuple[int, int]) -> None:
        self._draw, self._pitch, self._seed = draw, pitch, seed
        self._drawn: dict[int, Field] = {}

    def at(self, place: float, columns: slice) -> Field:
        """The field at ``place`` >= 0, of some columns."""
        number, past = divmod(place / self._pitch, 1)
        both = (int(number), int(number) + 1)
        self._drawn = {
            key: self._drawn[key] if key in self._drawn else self._draw(np.random.default_rng((*self._seed, key)))
            for key in both
        }
        before, after = (self._drawn[key][..., columns] for key in both)
        angle = past * np.pi / 2
        return np.asarray(np.float32(np.cos(angle)) * before + np.float32(np.sin(angle)) * after)


def frames(seed: int, number: int, *, width: int, height: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Draw a cine, frame by frame; memory does not grow with ``number``.

    Some cines have no lesion; most have places that look like one for a few frames.

    Args:
        seed: of the patient and of the hand; the first frames of a longer cine are those of a shorter one.
        number: how many frames, ``FRAMES_PER_SECOND`` of them a second.
        width: pixels.
        height: pixels.

    Yields:
        (H, W) uint8 grey picture, with the scanner's marks as in the phantom's stills, and (H, W) bool lesion mask.
    """
    size, aspect = (height, width), width / height
    rng = np.random.default_rng((seed, 0))
    tissue = draw_tissue(rng, (height, round(CANVAS * width)))
    masses = _draw_masses(rng, aspect)
    settings = View(0, 1, 0, gain_db=float(rng.uniform(-1.5, 2.5)), range_db=float(rng.uniform(58, 63)))
    canvas = tissue.echo_db.shape
    margin = (canvas[1] - width) // 2
    sway = _Drifting(lambda rng: draw_sway(rng, canvas), SWAY_PITCH, (seed, 1))
    mottle = _Drifting(lambda rng: draw_mottle(rng, canvas), MOTTLE_PITCH, (seed, 2))
    speckle = _Drifting(lambda rng: np.stack(draw_scatterers(rng, canvas)), BEAM, (seed, 3))
    hand = np.random.default_rng((seed, 4))
    for place, view in islice(_sweep(hand, settings, 0.1 * aspect), number):
        cuts = [(mass, lesion) for mass in masses if (lesion := mass.cut(place)) is not None]
        left = margin + round(view.shift * height)
        columns = slice(left, left + width)
        chance = Chance(
            sway=sway.at(place, columns),
            mottle=mottle.at(place, columns),
            spicules=[mass.spicules for mass, _ in cuts],
            scatterers=list(speckle.at(place, columns)),
        )
        picture, outlines = render(tissue, [lesion for _, lesion in cuts], view, chance)
        mask = np.zeros(size, np.bool_)
        for (mass, _), outline in zip(cuts, outlines, strict=True):
            mask |= outline & mass.real
        yield grey(on_screen(picture), order="RGB"), mask


def _draw_masses(rng: np.random.Generator, aspect: float) -> list[_Mass]:
    """Lesions, as large and as placed as in the phantom's stills, and what looks like one, apart from them."""
    kind, malignant = rng.random(), bool(rng.random() < 1 / 3)
    if kind < WITHOUT:
        across, largest = [], 0.0
    elif kind < WITHOUT + TWO:
        across, largest, malignant = [0.28 * aspect, 0.72 * aspect], 0.032, False
    else:
        across, largest = [float(rng.uniform(0.36, 0.64)) * aspect], 0.055 if malignant else 0.085
    masses = []
    for x in across:
        lesion = draw_lesion(rng, malignant=malignant, x=x, frame_area=aspect, largest=largest)
        half = float(np.sqrt(lesion.radius_x * lesion.radius_y) * rng.uniform(0.9, 1.4))
        place = float(rng.uniform(0.1 + half, STRETCH - half))
        masses.append(_Mass(lesion, place, half, draw_spicules(rng, lesion), real=True))
    for _ in range(int(rng.integers(2, 7))):
        likeness = draw_lesion(
            rng, malignant=False, x=float(rng.uniform(0.15, 0.85)) * aspect, frame_area=aspect, largest=0.03
        )
        half, place = float(np.exp(rng.uniform(*np.log(FOLDS)))), float(rng.uniform(0.05, STRETCH))
        likeness = replace(likeness, level_db=likeness.level_db + float(rng.uniform(0, 6)))
        apart = all(
            abs(place - mass.place) > mass.half + half
            or abs(likeness.x - mass.lesion.x) > mass.lesion.radius_x + likeness.radius_x + 0.05
            for mass in masses
        )
        if apart:
            masses.append(_Mass(likeness, place, half, draw_spicules(rng, likeness), real=False))
    return masses


def _sweep(rng: np.random.Generator, settings: View, reach: float) -> Iterator[tuple[float, View]]:
    """Where the probe is along the sweep (0 to ``STRETCH``), and its view, within 2 x ``reach`` across."""
    speed, phase, period = rng.uniform(0.005, 0.012), rng.uniform(0, 2 * np.pi), rng.uniform(80, 200)
    hand = rng.standard_normal(3)  # across, along, down
    gone, loss, lost = 0.0, 0.0, 0
    for number in count():
        swing = np.sin(2 * np.pi * number / period + phase)
        if not lost and rng.random() < LOSSES:
            lost, loss = int(rng.integers(1, MOST_LOST + 1)), float(rng.uniform(0.3, 1) * WORST_LOSS)
        view = replace(
            settings,
            shift=float(reach * swing + 0.004 * np.clip(hand[0], -3, 3)),
            pressure=float(0.015 * swing + 0.004 * hand[2]),
            gain_db=settings.gain_db - (loss if lost else 0),
        )
        yield float(abs((gone + STRETCH) % (2 * STRETCH) - STRETCH)), view  # to and fro
        lost = max(lost - 1, 0)
        gone += speed * max(0.2, 1 + 0.3 * float(hand[1]))
        hand = 0.9 * hand + np.sqrt(1 - 0.9**2) * rng.standard_normal(3)

"""The phantom's cines: a truth for every frame, a probe that moves over an anatomy that stays, and what a tracker makes
of them."""

import tracemalloc
from functools import cache

import cv2
import numpy as np
import pytest
from scipy import ndimage

from guidedseg.cine.tracking import FrameBoxes, boxes_of, followed, tracked
from guidedseg.datasets.phantom_cine import FRAMES_PER_SECOND, _Drifting, frames
from guidedseg.evaluation.cine import CineScores, score

WIDTH, HEIGHT = 160, 120
SEEDS = range(8)

Frame = tuple[np.ndarray, np.ndarray]
Areas = list[list[int]]


@cache
def cine(seed: int, number: int = 120) -> list[Frame]:
    return list(frames(seed, number, width=WIDTH, height=HEIGHT))


def areas(seed: int) -> np.ndarray:
    return np.array([np.count_nonzero(mask) for _, mask in cine(seed)])


def speckle(picture: np.ndarray) -> np.ndarray:
    """What is finer than tissue, where no marks are; bright lines count no more than the rest."""
    grey = picture[10:70, 10:150].astype(np.float64)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 0.5)
    return np.clip(fine / fine.std(), -1, 1).ravel()


def test_frames_are_grey_pictures_with_masks_of_the_asked_size():
    pictures = list(frames(0, 3, width=96, height=72))
    assert len(pictures) == 3
    for picture, mask in pictures:
        assert (picture.shape, picture.dtype) == ((72, 96), np.uint8)
        assert (mask.shape, mask.dtype) == ((72, 96), np.bool_)


def test_one_seed_gives_the_same_frames_whatever_the_length_and_another_seed_others():
    longer, other = cine(3), list(frames(4, 5, width=WIDTH, height=HEIGHT))
    for place, (picture, mask) in enumerate(frames(3, 60, width=WIDTH, height=HEIGHT)):
        assert (picture == longer[place][0]).all()
        assert (mask == longer[place][1]).all()
    assert all((a != b).mean() > 0.5 for (a, _), (b, _) in zip(longer, other, strict=False))


def test_some_cines_have_no_lesion_and_most_have():
    having = [seed for seed in SEEDS if areas(seed).any()]
    assert 0 < len(having) < len(SEEDS)
    assert len(having) > len(SEEDS) / 2


def test_lesions_enter_grow_shrink_and_leave():
    passages = 0
    for seed in SEEDS:
        runs, number = ndimage.label(areas(seed) > 0)
        for run in range(1, number + 1):
            if run not in runs[[0, -1]]:
                passing = areas(seed)[runs == run]
                largest = int(passing.argmax())
                assert 0.2 < largest / len(passing) < 0.8
                assert passing.max() > 2 * max(passing[0], passing[-1])
                assert np.abs(np.diff(passing)).max() < 0.35 * passing.max()  # little by little
                passages += 1
    assert passages >= 3


def test_lesions_are_darker_than_what_surrounds_them():
    for seed in SEEDS:
        largest = int(areas(seed).argmax())
        picture, mask = cine(seed)[largest]
        if mask.any():
            ring = ndimage.binary_dilation(mask, iterations=8) & ~ndimage.binary_dilation(mask, iterations=2)
            assert picture[mask].mean() < picture[ring].mean() - 10


def test_what_looks_like_a_lesion_does_so_for_a_few_frames():
    lasting = []
    for seed in (3, 5, 7):  # without a lesion
        smooth = np.stack([cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 4) for picture, _ in cine(seed)])
        smooth -= smooth.mean(axis=(1, 2), keepdims=True)
        usual = [np.median(smooth[max(place - 12, 0) : place + 13], axis=0) for place in range(len(smooth))]
        darkest = (smooth - usual)[:, 15:80].min(axis=(1, 2))
        lasting += np.bincount(ndimage.label(darkest < -35)[0])[1:].tolist()
    assert len(lasting) >= 6
    assert set(lasting) <= set(range(1, 8))


def test_speckle_of_neighbours_is_alike_and_of_distant_frames_is_not():
    pictures = [picture for picture, _ in cine(3)]
    near, far = (
        np.mean([np.corrcoef(speckle(pictures[n]), speckle(pictures[n + step]))[0, 1] for n in range(0, 60, 5)])
        for step in (1, 20)
    )
    assert near > 0.37  # 0.32 if every frame had scatterers of its own: tissue has fine lines too
    assert far < 0.05


def test_drifting_field_changes_little_by_little_keeps_its_deviation_and_comes_back():
    field = _Drifting(lambda rng: rng.standard_normal((60, 80)), 0.1, (0, 0))
    start, near, far = (field.at(place, slice(10, 70)) for place in (0.02, 0.04, 0.25))
    assert start.shape == (60, 60)
    assert np.corrcoef(start.ravel(), near.ravel())[0, 1] == pytest.approx(np.cos(0.2 * np.pi / 2), abs=0.03)
    assert abs(np.corrcoef(start.ravel(), far.ravel())[0, 1]) < 0.05
    assert [each.std() for each in (start, near, far)] == pytest.approx([1, 1, 1], abs=0.04)
    assert (field.at(0.02, slice(10, 70)) == start).all()


def test_probe_loses_contact_for_a_few_frames_at_a_time():
    dark = np.array([picture.mean() for seed in SEEDS for picture, _ in cine(seed)])
    usual = np.repeat([np.median([picture.mean() for picture, _ in cine(seed)]) for seed in SEEDS], 120)
    runs, number = ndimage.label(dark < 0.8 * usual)
    assert number >= 5
    assert 1 <= np.bincount(runs)[1:].max() <= 8  # two losses may follow each other


def test_memory_does_not_grow_with_the_cine():
    def peak(number: int) -> int:
        tracemalloc.start()
        for _ in frames(1, number, width=96, height=72):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(200) < 1.1 * peak(50)


class FakeSegmenter:
    """As ``guidedseg.load``: boxes of the true lesions, moved, at times missed or doubtful; false ones for a frame or
    two; masks are ellipses in the boxes."""

    confidence = 0.4

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._false: list[tuple[np.ndarray, int]] = []

    def boxes(self, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rng = self._rng
        if rng.random() < 0.04:
            corner = rng.uniform((5, 5), (WIDTH - 45, HEIGHT - 35))
            self._false.append((np.hstack([corner, corner + np.array([40, 28])]), int(rng.integers(1, 3))))
        found = [(box, 0.7) for box, _ in self._false]
        self._false = [(box, left - 1) for box, left in self._false if left > 1]
        for down, across in ndimage.find_objects(ndimage.label(mask)[0]):
            box = np.array([across.start, down.start, across.stop, down.stop]) + rng.normal(0, 1.5, 4)
            confidence = rng.choice([0.8, 0.3, 0.1], p=[0.85, 0.1, 0.05])
            found.append((box, float(confidence)))
        found.sort(key=lambda each: -each[1])
        return np.array([box for box, _ in found]).reshape(-1, 4), np.array([each for _, each in found])

    def fill(self, boxes: np.ndarray) -> np.ndarray:
        canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
        for x0, y0, x1, y1 in boxes:
            centre, size = ((x0 + x1) / 2, (y0 + y1) / 2), (max(x1 - x0, 1), max(y1 - y0, 1))
            cv2.ellipse(canvas, (centre, size, 0), 1, -1)
        return canvas > 0


def by_frame(seed: int) -> CineScores:
    fake, pairs = FakeSegmenter(seed), []
    for _, truth in cine(seed):
        boxes, confidences = fake.boxes(truth)
        pairs.append((truth, fake.fill(boxes[confidences >= fake.confidence])))
    return score(pairs, frames_per_second=FRAMES_PER_SECOND)


def by_track(seed: int) -> CineScores:
    fake = FakeSegmenter(seed)
    along = followed(cine(seed), lambda frame: FrameBoxes(*fake.boxes(frame[1])), confidence=fake.confidence)
    pairs = ((truth, fake.fill(boxes_of(shown).boxes)) for (_, truth), shown in along)
    return score(pairs, frames_per_second=FRAMES_PER_SECOND)


def test_tracking_takes_flicker_and_false_tracks_away_and_no_dice():
    before, after = (np.array([way(seed) for seed in SEEDS]) for way in (by_frame, by_track))
    old, new = (dict(zip(CineScores._fields, np.nanmean(each, axis=0), strict=True)) for each in (before, after))
    assert old["flicker"] > 5
    assert new["flicker"] < 0.2 * old["flicker"]
    assert new["false_tracks"] < 0.5 * old["false_tracks"]
    assert new["dice"] > old["dice"] - 0.002
    assert new["sensitivity"] >= old["sensitivity"]
    assert new["jitter"] < old["jitter"]


def test_lesion_keeps_one_number_from_where_it_enters_to_where_it_leaves():
    fake = FakeSegmenter(0)  # seed 0 has one lesion
    found = (FrameBoxes(*fake.boxes(mask)) for _, mask in cine(0))
    numbers = [{box.track for box in shown} for shown in tracked(found, confidence=fake.confidence)]
    there = np.flatnonzero(areas(0))
    assert set().union(*numbers) == {1}
    assert len(set(there) & {place for place, each in enumerate(numbers) if each}) >= len(there) - 3

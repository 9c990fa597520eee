"""Frames that a detector learns from first: as varied as real ones, and what is marked is there."""

import numpy as np
import pytest

from guidedseg.datasets.phantom_wide import WideFrame, draw

SIZE = (96, 128)


@pytest.fixture(scope="module")
def frames() -> list[WideFrame]:
    return [draw(np.random.default_rng([7, number]), SIZE) for number in range(150)]


def test_frames_have_the_size_asked_for_and_masks_that_are_not_empty(frames):
    for frame in frames:
        assert frame.picture.shape == SIZE
        assert frame.picture.dtype == np.uint8
        for mask in frame.masks:
            assert mask.shape == SIZE
            assert mask.dtype == np.bool_
            assert mask.any()


def test_same_draws_same_frame():
    one, other = (draw(np.random.default_rng(3), SIZE) for _ in range(2))
    np.testing.assert_array_equal(one.picture, other.picture)
    np.testing.assert_array_equal(one.masks, other.masks)


def test_normals_and_frames_with_two_lesions_are_as_many_as_meant(frames):
    number = np.array([len(frame.masks) for frame in frames])
    # of 150, and lesions that leave the frame count as none: three deviations of 0.04
    assert 0.3 < (number == 0).mean() < 0.55
    assert 0.02 < (number >= 2).mean() < 0.25


def test_lesions_are_of_all_sizes_and_everywhere(frames):
    shares = np.array([mask.mean() for frame in frames for mask in frame.masks])
    assert shares.min() < 0.01
    assert shares.max() > 0.15
    centres = np.array([np.argwhere(mask).mean(axis=0) / SIZE for frame in frames for mask in frame.masks])
    assert centres.min(axis=0).max() < 0.25
    assert centres.max(axis=0).min() > 0.6
    cut = [mask[:, [0, -1]].any() or mask[[0, -1]].any() for frame in frames for mask in frame.masks]
    assert 0.01 < np.mean(cut) < 0.4


def test_lesions_are_darker_than_what_is_beside_them_but_not_all_by_much(frames):
    contrast = []
    for frame in frames:
        for mask in frame.masks:
            rows = mask.any(axis=1)
            beside = np.zeros_like(mask)
            beside[rows] = ~mask[rows]
            if beside.any():
                contrast.append(frame.picture[beside].mean() - frame.picture[mask].mean())
    assert np.mean(np.array(contrast) > 0) > 0.9
    assert np.quantile(contrast, 0.1) < 25 < np.quantile(contrast, 0.9)


def test_brightness_differs_from_frame_to_frame_as_among_scanners(frames):
    levels = [np.median(frame.picture) for frame in frames]
    assert np.quantile(levels, 0.9) - np.quantile(levels, 0.1) > 30

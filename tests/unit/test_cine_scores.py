"""Scores of cines, drawn on 40 x 40 pixels (a speck is up to one pixel); the answers are worked out beside them."""

import numpy as np
import pytest

from guidedseg.evaluation.cine import CineScores, score

EMPTY = np.zeros((40, 40), dtype=bool)


def square(side: int, x: int = 5, y: int = 5) -> np.ndarray:
    mask = EMPTY.copy()
    mask[y : y + side, x : x + side] = True
    return mask


LESION, ELSEWHERE = square(10), square(10, 25, 25)


def scores(truth: list[np.ndarray], predicted: list[np.ndarray], rate: float = 30) -> CineScores:
    return score(zip(truth, predicted, strict=True), frames_per_second=rate)


def test_perfect_cine():
    cine = [EMPTY, square(4), LESION, LESION, EMPTY]
    assert scores(cine, cine) == (1, 0, 0, 1, 0)


def test_dice_counts_every_frame_strictly():
    # Right silence 1, false alarm 0, miss 0, half of the lesion 2 x 50 / (100 + 50).
    half = LESION.copy()
    half[5:10] = False
    cine = scores([EMPTY, EMPTY, LESION, LESION], [EMPTY, LESION, EMPTY, half])
    assert cine.dice == pytest.approx((1 + 0 + 0 + 2 / 3) / 4)


def test_flicker_is_what_toggles_beyond_the_truth():
    truth = [EMPTY] * 2 + [LESION] * 6 + [EMPTY] * 2  # toggles twice
    predicted = [LESION, EMPTY, LESION, LESION, EMPTY, LESION, LESION, EMPTY, LESION, EMPTY]  # eight times less one
    assert scores(truth, predicted).flicker == pytest.approx(100 * (7 - 2) / 10)
    assert scores(truth, truth).flicker == 0


def test_lesion_that_is_never_shown_is_no_negative_flicker():
    assert scores([EMPTY, LESION, EMPTY], [EMPTY] * 3).flicker == 0


def test_false_track_is_one_however_many_frames_it_lasts():
    # 6 frames of 30 a second are 0.2 s; a track that pauses is two.
    assert scores([EMPTY] * 6, [EMPTY, *[LESION] * 4, EMPTY]).false_tracks == pytest.approx(1 / 0.2 * 60)
    assert scores([EMPTY] * 6, [LESION] * 2 + [EMPTY] + [LESION] * 3).false_tracks == pytest.approx(2 / 0.2 * 60)
    assert scores([EMPTY] * 6, [LESION] * 6, rate=6).false_tracks == pytest.approx(60)


def test_false_tracks_side_by_side_are_two_also_beside_a_true_lesion():
    other = square(6, 30, 2)
    cine = scores([LESION] * 3, [LESION | ELSEWHERE | other] * 3, rate=3)
    assert cine.false_tracks == pytest.approx(2 * 60)


def test_areas_without_a_common_pixel_are_two_tracks_and_moving_ones_are_one():
    assert scores([EMPTY] * 2, [LESION, ELSEWHERE], rate=2).false_tracks == pytest.approx(2 * 60)
    moving = [square(10, x) for x in (2, 11, 20, 29)]
    assert scores([EMPTY] * 4, moving, rate=4).false_tracks == pytest.approx(60)


def test_what_is_shown_before_and_after_a_lesion_it_covers_is_no_false_track():
    cine = scores([EMPTY, LESION, LESION, EMPTY], [LESION] * 4)
    assert cine.false_tracks == 0
    assert cine.dice == 0.5


def test_speck_is_no_false_track_but_what_grows_out_of_one_is():
    speck = square(1, 30, 30)
    assert scores([EMPTY] * 2, [speck, EMPTY]).false_tracks == 0
    assert scores([EMPTY] * 2, [speck, ELSEWHERE], rate=2).false_tracks == pytest.approx(60)


def test_pieces_that_merge_are_one_track():
    left, right = square(4, 10, 25), square(4, 20, 25)
    joined = left | right
    joined[26, 10:24] = True
    assert scores([EMPTY] * 3, [left | right, joined, left | right], rate=3).false_tracks == pytest.approx(60)


def test_pieces_that_touch_at_a_corner_are_one_area():
    pair = square(4, 20, 20) | square(4, 24, 24)
    assert scores([EMPTY] * 3, [pair] * 3, rate=3).false_tracks == pytest.approx(60)


def test_lesion_is_found_from_half_of_its_frames_on():
    truth = [LESION] * 4
    assert scores(truth, [LESION, LESION, EMPTY, EMPTY]).sensitivity == 1
    assert scores(truth, [LESION, EMPTY, EMPTY, EMPTY]).sensitivity == 0
    assert scores(truth, [ELSEWHERE] * 4).sensitivity == 0


def test_every_lesion_is_found_for_itself_also_one_that_comes_back():
    both = LESION | ELSEWHERE
    assert scores([both] * 3, [LESION] * 3).sensitivity == 0.5
    assert scores([LESION, EMPTY, LESION], [LESION, EMPTY, EMPTY]).sensitivity == 0.5


def test_cine_without_a_lesion_has_no_sensitivity_and_no_jitter():
    cine = scores([EMPTY] * 3, [EMPTY, LESION, EMPTY])
    assert np.isnan(cine.sensitivity)
    assert np.isnan(cine.jitter)


def test_jitter_is_the_change_of_area_that_is_not_the_truths():
    # True areas 100, 121, 144; predicted 100, 100, 144: |0 - 21| / 100 and |44 - 23| / 121.
    truth = [square(10), square(11), square(12)]
    cine = scores(truth, [square(10), square(10), square(12)])
    assert cine.jitter == pytest.approx((21 / 100 + 21 / 121) / 2)


def test_steady_bias_of_area_and_missed_frames_are_no_jitter():
    assert scores([LESION] * 3, [square(8)] * 3).jitter == 0
    assert scores([LESION] * 4, [LESION, LESION, EMPTY, LESION]).jitter == 0
    assert np.isnan(scores([LESION] * 4, [LESION, EMPTY, LESION, EMPTY]).jitter)


def test_cine_of_one_frame_is_scored_and_of_none_refused():
    assert scores([LESION], [LESION])[:4] == (1, 0, 0, 1)
    with pytest.raises(ValueError, match="frames"):
        scores([], [])

"""Each rule of the tracker, on boxes made by hand: 20 x 20 pixels unless said otherwise, confidence 0.5 is a hit."""

import weakref
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.cine.tracking import FrameBoxes, TrackedBox, Tracking, _Tracker, boxes_of, followed, tracked
from guidedseg.errors import GuidedsegError

HIT, DOUBTFUL, NOTHING = 0.8, 0.3, 0.2  # at the confidence 0.5: from it on, from half of it on, below that
STEADY = Tracking(window=1)

Found = list[tuple[float, ...]]
"""x0, confidence and, where it is not 50, y0 of a frame's boxes."""


def frame(found: Found) -> FrameBoxes:
    corners = [(x, y[0] if y else 50) for x, _, *y in found]
    boxes = [(x, y, x + 20, y + 20) for x, y in corners]
    return FrameBoxes(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array([each[1] for each in found]))


def shown(cine: list[Found], by: Tracking = STEADY) -> list[list[TrackedBox]]:
    return list(tracked(map(frame, cine), confidence=0.5, settings=by))


def still(*confidences: float) -> list[Found]:
    """A lesion that does not move; 0 for a frame without a box."""
    return [[(100, confidence)] if confidence else [] for confidence in confidences]


def counts(cine: list[list[TrackedBox]]) -> list[int]:
    return [len(boxes) for boxes in cine]


def test_track_is_shown_from_the_first_of_three_hits():
    assert counts(shown(still(0, HIT, HIT, HIT, 0))) == [0, 1, 1, 1, 0]


def test_lookalike_for_two_frames_is_never_shown():
    assert counts(shown(still(0, HIT, HIT, 0, 0, 0, 0))) == [0] * 7


def test_doubtful_boxes_are_no_hits():
    assert counts(shown(still(DOUBTFUL, HIT, DOUBTFUL, DOUBTFUL, HIT, DOUBTFUL))) == [0] * 6


def test_doubtful_boxes_lengthen_a_track_to_both_sides_and_weaker_ones_do_not():
    assert counts(shown(still(NOTHING, DOUBTFUL, HIT, HIT, HIT, DOUBTFUL, NOTHING))) == [0, 1, 1, 1, 1, 1, 0]


def test_confidence_of_exactly_the_threshold_is_a_hit_and_of_half_of_it_doubtful():
    assert counts(shown(still(0.25, 0.5, 0.5, 0.5, 0.249))) == [1, 1, 1, 1, 0]


def test_gap_of_five_is_held_with_boxes_and_confidences_between_both_sides():
    moving = [[(100.0, 0.9)], [(100.0, 0.9)], [(100.0, 0.9)], *[[]] * 5, [(112.0, 0.6)]]
    cine = shown(moving)
    assert counts(cine) == [1] * 9
    assert [box.held for (box,) in cine] == [False] * 3 + [True] * 5 + [False]
    assert [box.x0 for (box,) in cine[2:]] == pytest.approx([100, 102, 104, 106, 108, 110, 112])
    assert [box.confidence for (box,) in cine[2:]] == pytest.approx([0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6])
    assert {box.track for (box,) in cine} == {1}


@pytest.mark.parametrize("window", [1, 5])
def test_gap_of_six_ends_a_track_and_the_next_one_needs_hits_of_its_own(window):
    by = Tracking(window=window)
    after = still(HIT, HIT, HIT, *[0] * 6, HIT, HIT, HIT)
    assert [[box.track for box in boxes] for boxes in shown(after, by)] == [[1]] * 3 + [[]] * 6 + [[2]] * 3
    assert counts(shown(still(HIT, HIT, HIT, *[0] * 6, HIT, HIT), by)) == [1] * 3 + [0] * 8


def test_hits_may_be_apart_by_gaps():
    assert counts(shown(still(HIT, 0, HIT, 0, 0, HIT))) == [1] * 6


def test_track_whose_third_hit_comes_late_is_shown_from_the_lag_before_it():
    cine = still(HIT, HIT, *[DOUBTFUL] * 8, HIT)
    assert STEADY.lag == 5
    assert counts(shown(cine)) == [0] * 5 + [1] * 6


def test_crossing_lesions_keep_their_numbers():
    right = [30.0 + 4 * number for number in range(30)]
    left = [150.0 - 4 * number for number in range(30)]
    cine = shown([[(a, 0.9), (b, 0.8)] if number % 2 else [(b, 0.8), (a, 0.9)]
                  for number, (a, b) in enumerate(zip(right, left, strict=True))])  # fmt: skip
    assert [[box.track for box in boxes] for boxes in cine] == [[1, 2]] * 30
    first, second = ([boxes[place].x0 for boxes in cine] for place in (0, 1))
    assert sorted([first, second]) == [right, left]


def test_lesion_hidden_while_another_passes_keeps_its_number():
    # Suppression leaves one box of two that overlap; the hidden one is expected where it was heading.
    right = [30.0 + 4 * number for number in range(30)]
    left = [150.0 - 4 * number for number in range(30)]
    cine = shown([
        [(a, 0.9)] if abs(a - b) < 10 else [(a, 0.9), (b, 0.8)] for a, b in zip(right, left, strict=True)
    ])  # fmt: skip
    assert [boxes[0].x0 for boxes in cine] == right
    assert [boxes[1].x0 for boxes in cine] == pytest.approx(left)


def test_two_lesions_side_by_side_are_two_tracks_from_one_in_order_of_appearance():
    cine = shown([[(200, HIT)]] * 2 + [[]] * 6 + [[(100, HIT)]] * 3 + [[(30, 0.9), (100, HIT)]] * 3)
    assert [[(box.track, box.x0) for box in boxes] for boxes in cine[8:]] == (
        [[(1, 100.0)]] * 3 + [[(1, 100.0), (2, 30.0)]] * 3  # the two hits at 200 took no number
    )


def test_of_lesions_that_appear_together_the_more_confident_is_the_first():
    cine = shown([[(30, 0.6), (200, 0.9)]] * 3)
    assert [(box.track, box.x0) for box in cine[0]] == [(1, 200), (2, 30)]


def test_track_that_proves_itself_later_has_the_higher_number_and_comes_second():
    doubted = [[(30, DOUBTFUL), (200, HIT)]] * 10 + [[(30, HIT), (200, HIT)]] * 3
    cine = shown(doubted)
    assert [[(box.track, box.x0) for box in cine[place]] for place in (0, -1)] == [[(1, 200)], [(1, 200), (2, 30)]]
    early = shown([[(30, DOUBTFUL)], *doubted])
    assert [(box.track, box.x0) for box in early[-1]] == [(1, 200), (2, 30)]  # though it began first


def test_confident_box_goes_before_a_doubtful_one_that_fits_better():
    cine = shown([*still(HIT, HIT, HIT), [(100, DOUBTFUL), (108, HIT)], *still(0)])
    assert [box.x0 for box in cine[3]] == [108]


def test_box_that_overlaps_less_than_a_fifth_starts_another_track():
    # 20 x 20 boxes that are 13 apart share 7 of 33 columns (0.21), 14 apart 6 of 34 (0.18).
    near, far = ([*still(HIT, HIT, HIT), *[[(x, HIT)]] * 3] for x in (113, 114))
    assert {box.track for boxes in shown(near) for box in boxes} == {1}
    assert {box.track for boxes in shown(far) for box in boxes} == {1, 2}


def test_averaging_reduces_jitter():
    rng = np.random.default_rng(0)
    jittered = [[(100 + x, HIT, 50 + y)] for x, y in rng.normal(0, 2, (200, 2))]
    raw, averaged = (np.array([boxes[0][:4] for boxes in shown(jittered, by)]) for by in (STEADY, Tracking(window=5)))
    assert np.abs(np.diff(averaged, axis=0)).mean() < 0.4 * np.abs(np.diff(raw, axis=0)).mean()
    assert averaged.mean(axis=0) == pytest.approx(raw.mean(axis=0), abs=0.1)


def test_averaged_boxes_do_not_lag_behind_a_steady_movement():
    places = [30.0 + 3 * number for number in range(20)]
    cine = shown([[(x, HIT)] for x in places], Tracking(window=5))
    assert [boxes[0].x0 for boxes in cine] == pytest.approx(places)  # at both ends of the track too


@pytest.mark.parametrize("length", [1, 2])
def test_cine_shorter_than_the_hits_shows_every_hit(length):
    cine = still(*[HIT] * length)
    assert counts(shown(cine, Tracking())) == [1] * length
    assert counts(shown(still(*[DOUBTFUL] * length), Tracking())) == [0] * length


def test_cine_without_frames_gives_none():
    assert shown([]) == []


@pytest.mark.parametrize("by", [Tracking(), Tracking(hits=9), Tracking(window=1), Tracking(gap=0, hits=1, window=1)])
def test_tracker_looks_ahead_by_its_lag_and_no_further(by):
    taken = 0

    def cine():
        nonlocal taken
        for taken in range(1, 41):  # noqa: B007 - what has been taken is looked at outside
            yield frame([(100, HIT)])

    ahead = [taken - given for given, _ in enumerate(tracked(cine(), confidence=0.5, settings=by), 1)]
    assert max(ahead) == by.lag
    assert len(ahead) == 40


def test_lag_is_what_three_hits_and_a_gap_at_the_windows_end_need():
    assert Tracking().lag == 5 + 2
    assert Tracking(hits=3, gap=0, window=1).lag == 2


def test_tracker_keeps_no_more_than_its_lag_and_half_a_window():
    by = Tracking()
    tracker = _Tracker(0.5, by)
    kept = []
    for number in range(300):  # one lesion all along with gaps, and something doubtful ever elsewhere
        found = [(100, HIT)] if number % 4 else []
        tracker.look(number, frame([*found, (40 * number % 200, DOUBTFUL, 5)]))
        if number >= by.lag:
            tracker.shown(number - by.lag, by.hits)
        kept.append(max(len(track.rows) + len(track.held) for track in tracker._tracks))
        assert len(tracker._tracks) <= by.lag + 3
    assert max(kept[50:]) <= 2 * (by.lag + 1 + by.window // 2)


def test_followed_gives_the_frames_with_their_boxes_and_lets_them_go():
    alive: weakref.WeakSet[object] = weakref.WeakSet()

    class Picture:
        def __init__(self, number: int) -> None:
            self.found = frame([(100 + number, HIT)])

    def pictures():
        for number in range(60):
            picture = Picture(number)
            alive.add(picture)
            yield picture

    most = 0
    for number, (picture, boxes) in enumerate(followed(pictures(), lambda each: each.found, confidence=0.5)):
        assert picture.found.boxes[0, 0] == 100 + number
        assert [box.x0 for box in boxes] == pytest.approx([100 + number])
        most = max(most, len(alive))
    assert most <= Tracking().lag + 3  # those that wait, the one looked at and the one given


def test_boxes_for_the_network_come_by_falling_confidence():
    boxes = boxes_of([TrackedBox(0, 1, 2, 3, 0.4, 1, False), TrackedBox(4, 5, 6, 7, 0.9, 2, True)])
    assert boxes.boxes.tolist() == [[4, 5, 6, 7], [0, 1, 2, 3]]
    assert boxes.confidences.tolist() == [0.9, 0.4]
    assert boxes_of([]).boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (1, Tracking()),
        (2, Tracking(hits=2, gap=2, window=3)),
        (5, Tracking(hits=2, gap=1, window=3)),
        (6, Tracking(hits=1, gap=0, window=1)),
    ],
)
def test_settings_for_every_nth_frame_are_about_the_same_in_seconds(step, expected):
    assert Tracking().every(step) == expected


def test_frames_further_apart_than_a_gap_show_what_single_frames_show():
    cine = still(HIT, 0, HIT, 0, 0, HIT)
    assert counts(shown(cine, Tracking().every(10))) == [1, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("bad", [{"hits": 0}, {"gap": -1}, {"window": 4}, {"alive": 0.0}, {"overlap": 1.5}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(GuidedsegError, match="odd window"):
        Tracking(**bad)


FOUND = st.lists(st.tuples(st.floats(0, 300), st.floats(0, 1), st.floats(0, 200)), max_size=4)
SETTINGS = st.builds(
    Tracking, hits=st.integers(1, 4), gap=st.integers(0, 4), window=st.sampled_from([1, 3, 5]), alive=st.just(0.5)
)


@settings(deadline=None, max_examples=150)
@given(st.lists(FOUND, max_size=25), SETTINGS)
def test_every_frame_is_given_once_in_order_and_the_same_again(cine, by):
    numbered = list(followed(enumerate(cine), lambda each: frame(each[1]), confidence=0.5, settings=by))
    assert [number for (number, _), _ in numbered] == list(range(len(cine)))
    boxes = [each for _, each in numbered]
    assert boxes == shown(cine, by)
    tracks = [[box.track for box in each] for each in boxes]
    assert all(a < b for each in tracks for a, b in pairwise(each))
    flat = list(dict.fromkeys(number for each in tracks for number in each))
    assert flat == list(range(1, len(flat) + 1))
    for number in flat:
        where = [place for place, each in enumerate(tracks) if number in each]
        assert where == list(range(where[0], where[-1] + 1))  # no holes
    corners = np.array([box[:4] for each in boxes for box in each]).reshape(-1, 4)
    assert (corners >= 0).all()
    assert (corners <= [300, 200, 320, 220]).all()

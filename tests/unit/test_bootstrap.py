"""Whole patients drawn with replacement, against plain loops that really repeat rows."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.evaluation.bootstrap import interval, intervals, mean, ratio, sums, weights

# images 0 to 9; P has three (a lesion in one of them), Q two, R one, N and M two normals each
PATIENTS = np.array(list("QPPNMPRNQM"))
LESION_PX = np.array([5, 0, 7, 0, 0, 0, 3, 0, 4, 0])
IMAGES = pd.DataFrame({"patient_id": PATIENTS, "lesion_px": LESION_PX})
NAMES = ["M", "N", "P", "Q", "R"]  # the order of the columns
WITH_LESION = [2, 3, 4]
WITHOUT = [0, 1]


def population(with_lesion: int, without: int) -> pd.DataFrame:
    """One image per patient."""
    number = with_lesion + without
    return pd.DataFrame(
        {"patient_id": [f"P{n:03}" for n in range(number)], "lesion_px": [1] * with_lesion + [0] * without}
    )


def repeated(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The rows of a draw, a patient drawn twice twice."""
    return np.array([row for name, n in zip(NAMES, times, strict=True) for row in [*values[name == PATIENTS]] * int(n)])


def test_first_row_counts_every_patient_once() -> None:
    drawn = weights(IMAGES, seed=0, draws=3)
    assert drawn.shape == (4, 5)
    assert drawn[0].tolist() == [1, 1, 1, 1, 1]


def test_every_draw_has_as_many_patients_with_and_without_a_lesion_as_there_are() -> None:
    drawn = weights(IMAGES, seed=0, draws=500)
    assert (drawn[:, WITH_LESION].sum(axis=1) == 3).all()
    assert (drawn[:, WITHOUT].sum(axis=1) == 2).all()
    assert (drawn == drawn.round()).all()
    assert (drawn >= 0).all()
    assert len(np.unique(drawn[1:], axis=0)) > 20  # of 10 x 3


@settings(max_examples=30, deadline=None)
@given(with_lesion=st.integers(0, 6), without=st.integers(0, 6), seed=st.integers(0, 2**32 - 1))
def test_strata_keep_their_size_whatever_the_sample(with_lesion: int, without: int, seed: int) -> None:
    drawn = weights(population(with_lesion, without), seed=seed, draws=20)
    assert (drawn[:, :with_lesion].sum(axis=1) == with_lesion).all()
    assert (drawn[:, with_lesion:].sum(axis=1) == without).all()


def test_every_patient_is_drawn_alike() -> None:
    # of 5 drawn among 5 each comes once on average, with a variance of 5 x 1/5 x 4/5; never in (4/5)^5 of the draws
    drawn = weights(population(5, 0), seed=0, draws=20_000)[1:]
    assert drawn.mean(axis=0) == pytest.approx(np.ones(5), abs=0.03)
    assert drawn.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.04)
    assert (drawn == 0).mean(axis=0) == pytest.approx(np.full(5, 0.8**5), abs=0.02)


def test_patient_with_one_lesion_among_normal_images_is_one_with_a_lesion() -> None:
    assert (weights(IMAGES[:6], seed=0, draws=50)[:, [2, 3]].sum(axis=1) == 2).all()  # P and Q; M and N have none


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_draws_depend_on_the_seed_alone(seed: int) -> None:
    drawn = weights(IMAGES, seed=seed, draws=30)
    np.testing.assert_array_equal(weights(IMAGES, seed=seed, draws=30), drawn)
    np.testing.assert_array_equal(weights(IMAGES[::-1], seed=seed, draws=30), drawn)
    assert not np.array_equal(weights(IMAGES, seed=seed + 1, draws=30), drawn)


def test_two_thousand_draws_are_the_default() -> None:
    assert weights(population(3, 0), seed=0).shape == (2001, 3)


def test_sums_are_those_of_repeated_rows() -> None:
    values = np.random.default_rng(0).integers(0, 100, (10, 3)).astype(np.float64)
    drawn = weights(IMAGES, seed=1, draws=40)
    expected = [repeated(values, times).sum(axis=0) for times in drawn]
    np.testing.assert_allclose(sums(values, PATIENTS, drawn), expected)
    np.testing.assert_allclose(sums(values, PATIENTS.tolist(), drawn), expected)


def test_means_are_those_of_repeated_rows_without_the_images_left_out() -> None:
    values = np.random.default_rng(0).random((10, 2))
    values[[1, 5, 6], 0] = np.nan
    drawn = weights(IMAGES, seed=1, draws=40)
    expected = [np.nanmean(repeated(values, times), axis=0) for times in drawn]
    np.testing.assert_allclose(mean(values, PATIENTS, drawn), expected)


def test_mean_of_nothing_is_nan_in_those_draws_only() -> None:
    values = np.where(PATIENTS == "P", 0.5, np.nan)[:, None]
    drawn = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 2, 1], [1, 1, 3, 0, 0]], dtype=np.float64)
    np.testing.assert_array_equal(mean(values, PATIENTS, drawn), [[0.5], [np.nan], [0.5]])


@pytest.mark.filterwarnings("error")
def test_ratio_of_nothing_is_nan_without_a_warning() -> None:
    np.testing.assert_array_equal(ratio(np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.0, 2.0])), [np.nan, np.nan, 1.5])
    assert ratio(np.ones((4, 2)), np.full((4, 1), 2.0)).tolist() == [[0.5, 0.5]] * 4


# --------------------------------------------------------------------------------------------------------- intervals


def test_interval_is_the_middle_95_percent_of_the_draws() -> None:
    # percentiles of 0, 1, ..., 1000 are themselves times 10; the first number is the value and no draw
    draws = np.random.default_rng(0).permutation(1001)
    estimate = np.concatenate([[7000], draws])
    assert interval(estimate) == {"value": 7000, "ci_low": 25, "ci_high": 975}


def test_undefined_value_has_no_interval() -> None:
    estimate = np.concatenate([[np.nan], np.arange(100)])
    assert interval(estimate) == {"value": None, "ci_low": None, "ci_high": None}


@pytest.mark.parametrize(("undefined", "told"), [(0, True), (1, True), (100, True), (101, False), (2000, False)])
def test_interval_is_told_where_at_most_5_percent_of_2000_draws_are_undefined(undefined: int, told: bool) -> None:
    result = interval(np.array([0.5] + [np.nan] * undefined + [0.25] * (2000 - undefined)))
    end = 0.25 if told else None
    assert result == {"value": 0.5, "ci_low": end, "ci_high": end}


def test_undefined_draws_are_left_out_of_the_interval() -> None:
    # 5 of 101 are undefined; the percentiles of the other 96, which are 0, 1, ..., 95, are at 0.025 x 95 and 0.975 x 95
    result = interval(np.concatenate([[50.0], [np.nan] * 5, np.arange(96)]))
    assert result == pytest.approx({"value": 50, "ci_low": 0.025 * 95, "ci_high": 0.975 * 95})


def test_numbers_are_plain_and_have_six_digits() -> None:
    result = interval(np.full(50, np.float64(2 / 3)))
    assert result == {"value": 0.666667, "ci_low": 0.666667, "ci_high": 0.666667}
    assert {type(number) for number in result.values()} == {float}
    assert json.loads(json.dumps(result)) == result


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert "-" not in json.dumps(interval(np.full(50, -1e-17)))


def test_intervals_go_by_name() -> None:
    estimates = np.array([[1.0, 2.0], [1.0, 2.0]])
    one, two = ({"value": v, "ci_low": v, "ci_high": v} for v in (1, 2))
    assert intervals(estimates, ("a", "b")) == {"a": one, "b": two}
    with pytest.raises(ValueError, match="zip"):
        intervals(estimates, ("a",))


def test_interval_is_as_wide_as_the_theory_says() -> None:
    # 40 patients with one image each, half of them 1 and half 0: standard error sqrt(0.25 / 40) = 0.079
    images = population(40, 0)
    scores = (np.arange(40) % 2).astype(np.float64)[:, None]
    result = interval(mean(scores, images["patient_id"].tolist(), weights(images, seed=0))[:, 0])
    assert (result["ci_high"] - result["ci_low"]) / 2 == pytest.approx(1.96 * 0.079, rel=0.1)


def test_patients_are_drawn_whole() -> None:
    # 4 patients of 25 equal images are as uncertain as 4 images, not as 100: five times as wide
    def width(images: pd.DataFrame) -> float:
        scores = (np.arange(100) % 4 < 2).astype(np.float64)[:, None]
        result = interval(mean(scores, images["patient_id"].tolist(), weights(images, seed=0, draws=500))[:, 0])
        assert result["value"] == 0.5
        return result["ci_high"] - result["ci_low"]

    by_image = population(100, 0)
    by_patient = by_image.assign(patient_id=[f"P{n % 4}" for n in range(100)])
    assert width(by_patient) > 4 * width(by_image)


def test_strata_do_not_blur_each_other() -> None:
    # patients with a lesion score 0, those without 1: every draw has five of each, so nothing varies
    images = population(5, 5)
    estimate = mean(np.repeat([[0.0], [1.0]], 5, axis=0), images["patient_id"].tolist(), weights(images, seed=0))
    assert (estimate == 0.5).all()


def test_one_patient_gives_an_interval_without_width() -> None:
    drawn = weights(IMAGES[PATIENTS == "P"], seed=0, draws=20)
    assert (drawn == 1).all()

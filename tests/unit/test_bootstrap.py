"""Whole groups drawn with replacement, against plain loops that really repeat rows; intervals against the formula."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.bootstrap import (
    AMOUNT,
    DIFFERENCE,
    SHARE,
    interval,
    intervals,
    mean,
    per_group,
    ratio,
    sums,
    weights,
    with_seeds,
)

# images 0 to 9; P has three, Q, N and M two each, R one
GROUPS = np.array(list("QPPNMPRNQM"))
IMAGES = pd.DataFrame({"group_id": GROUPS})
NAMES = ["M", "N", "P", "Q", "R"]  # the order of the columns
ALIKE = np.ones(5)  # every group has as much of the denominator


def population(number: int) -> pd.DataFrame:
    """One image per group."""
    return pd.DataFrame({"group_id": [f"P{n:03}" for n in range(number)]})


def repeated(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The rows of a draw, a group drawn twice twice."""
    return np.array([row for name, n in zip(NAMES, times, strict=True) for row in [*values[name == GROUPS]] * int(n)])


def spread(value: float, deviation: float) -> np.ndarray:
    """An estimate whose draws have this standard deviation."""
    return np.concatenate([[value], np.tile([value - deviation, value + deviation], 50)])


def test_first_row_counts_every_group_once() -> None:
    drawn = weights(IMAGES, seed=0, draws=3)
    assert drawn.shape == (4, 5)
    assert drawn[0].tolist() == [1, 1, 1, 1, 1]


def test_every_draw_has_as_many_groups_as_there_are() -> None:
    drawn = weights(IMAGES, seed=0, draws=500)
    assert (drawn.sum(axis=1) == 5).all()
    assert (drawn == drawn.round()).all()
    assert (drawn >= 0).all()
    assert len(np.unique(drawn[1:], axis=0)) > 80  # of 126


def test_every_group_is_drawn_alike() -> None:
    # of 5 drawn among 5 each comes once on average, with a variance of 5 x 1/5 x 4/5; never in (4/5)^5 of the draws
    drawn = weights(population(5), seed=0, draws=20_000)[1:]
    assert drawn.mean(axis=0) == pytest.approx(np.ones(5), abs=0.03)
    assert drawn.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.04)
    assert (drawn == 0).mean(axis=0) == pytest.approx(np.full(5, 0.8**5), abs=0.02)


def test_patients_of_one_group_are_drawn_together() -> None:
    images = IMAGES.assign(patient_id=[f"{group}{n}" for n, group in enumerate(GROUPS)])
    np.testing.assert_array_equal(weights(images, seed=0, draws=9), weights(IMAGES, seed=0, draws=9))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_draws_depend_on_the_seed_alone(seed: int) -> None:
    drawn = weights(IMAGES, seed=seed, draws=30)
    np.testing.assert_array_equal(weights(IMAGES, seed=seed, draws=30), drawn)
    np.testing.assert_array_equal(weights(IMAGES[::-1], seed=seed, draws=30), drawn)
    assert not np.array_equal(weights(IMAGES, seed=seed + 1, draws=30), drawn)


def test_a_thousand_draws_are_the_default() -> None:
    assert weights(population(3), seed=0).shape == (1001, 3)


def test_sums_per_group_go_by_sorted_name() -> None:
    # M: images 4 and 9; N: 3 and 7; P: 1, 2 and 5; Q: 0 and 8; R: 6
    expected = [[13, 2], [10, 2], [8, 3], [8, 2], [6, 1]]
    assert per_group(np.column_stack([np.arange(10), np.ones(10)]), GROUPS).tolist() == expected


def test_sums_are_those_of_repeated_rows() -> None:
    values = np.random.default_rng(0).integers(0, 100, (10, 3)).astype(np.float64)
    drawn = weights(IMAGES, seed=1, draws=40)
    expected = [repeated(values, times).sum(axis=0) for times in drawn]
    np.testing.assert_allclose(sums(values, GROUPS, drawn), expected)
    np.testing.assert_allclose(sums(values, GROUPS.tolist(), drawn), expected)


def test_means_are_those_of_repeated_rows_without_the_images_left_out() -> None:
    values = np.random.default_rng(0).random((10, 2))
    values[[1, 5, 6], 0] = np.nan
    drawn = weights(IMAGES, seed=1, draws=40)
    expected = [np.nanmean(repeated(values, times), axis=0) for times in drawn]
    np.testing.assert_allclose(mean(values, GROUPS, drawn), expected)


def test_mean_of_nothing_is_nan_in_those_draws_only() -> None:
    values = np.where(GROUPS == "P", 0.5, np.nan)[:, None]
    drawn = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 2, 1], [1, 1, 3, 0, 0]], dtype=np.float64)
    np.testing.assert_array_equal(mean(values, GROUPS, drawn), [[0.5], [np.nan], [0.5]])


@pytest.mark.filterwarnings("error")
def test_ratio_of_nothing_is_nan_without_a_warning() -> None:
    np.testing.assert_array_equal(ratio(np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.0, 2.0])), [np.nan, np.nan, 1.5])
    assert ratio(np.ones((4, 2)), np.full((4, 1), 2.0)).tolist() == [[0.5, 0.5]] * 4


# --------------------------------------------------------------------------------------------------------- intervals


def test_interval_of_a_difference_is_a_t_interval() -> None:
    # five groups alike: t of 4 degrees of freedom 2.776445, x sqrt(5/4) x 0.01 = 0.031042
    result = interval(spread(-0.02, 0.01), ALIKE, DIFFERENCE)
    assert result == {"value": -0.02, "ci_low": -0.051042, "ci_high": 0.011042, "groups": 5}


def test_interval_of_a_share_is_made_on_logits() -> None:
    # logit 0.8 = 1.386294; 0.031042 / (0.8 x 0.2) = 0.194013; 1 / (1 + exp(-1.192281)), 1 / (1 + exp(-1.580307))
    result = interval(spread(0.8, 0.01), ALIKE)
    assert result == pytest.approx({"value": 0.8, "ci_low": 0.767149, "ci_high": 0.829248, "groups": 5}, abs=2e-6)


def test_interval_of_an_amount_is_made_on_logarithms() -> None:
    # 0.31042 / 20 = 0.0155209 on the scale of logarithms: 20 x exp(-+0.0155209)
    result = interval(spread(20, 0.1), ALIKE, AMOUNT)
    assert result == pytest.approx({"value": 20, "ci_low": 19.691979, "ci_high": 20.312839, "groups": 5}, abs=2e-5)


def test_groups_of_unequal_size_count_as_fewer() -> None:
    # parts 4, 1, 1, 1, 1: 8^2 / (16 + 4) = 3.2 groups; t of 2.2 degrees of freedom 3.9539, x sqrt(3.2/2.2) = 4.7686
    result = interval(spread(0, 0.01), np.array([4.0, 1, 1, 1, 1]), DIFFERENCE)
    assert result["ci_high"] == pytest.approx(0.04769, abs=1e-4)
    assert result["groups"] == 5


def test_groups_without_a_part_do_not_count() -> None:
    parts = np.array([1.0, 0, 1, 0, 1, 1, 0, 1])
    assert interval(spread(0.5, 0.01), parts) == interval(spread(0.5, 0.01), ALIKE)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.0001, 0.5), st.lists(st.integers(1, 50), min_size=3, max_size=9))
def test_interval_holds_its_value_and_stays_in_range(value: float, deviation: float, sizes: list[int]) -> None:
    parts = np.array(sizes, dtype=np.float64)
    estimate = spread(value, deviation)
    told, mirrored = interval(estimate, parts), interval(1 - estimate, parts)
    assert 0 <= told["ci_low"] <= told["value"] <= told["ci_high"] <= 1
    # a share and what is missing to 1 have the same interval
    assert [told["ci_low"], told["ci_high"]] == pytest.approx(
        [1 - mirrored["ci_high"], 1 - mirrored["ci_low"]], abs=2e-6
    )
    amount = interval(estimate, parts, AMOUNT)
    assert 0 <= amount["ci_low"] <= amount["value"] <= amount["ci_high"]


def test_undefined_value_has_no_interval() -> None:
    estimate = np.concatenate([[np.nan], np.arange(100)])
    assert interval(estimate, np.zeros(5)) == {"value": None, "ci_low": None, "ci_high": None, "groups": 0}


@pytest.mark.parametrize(("undefined", "told"), [(0, True), (1, True), (5, True), (6, False), (100, False)])
def test_interval_is_told_where_at_most_5_percent_of_the_draws_are_undefined(undefined: int, told: bool) -> None:
    estimate = spread(0.5, 0.01)
    estimate[1 : 1 + undefined] = np.nan
    result = interval(estimate, ALIKE)
    assert (result["ci_low"] is not None, result["ci_high"] is not None) == (told, told)
    assert result.get("no_interval") == (None if told else bootstrap.UNDEFINED)


@pytest.mark.parametrize(
    ("estimate", "parts", "bounds", "reason"),
    [
        (spread(0.5, 0.1), [7, 0, 0, 0], SHARE, bootstrap.FEW_GROUPS),
        (spread(0.5, 0.1), [7, 3, 0, 0], SHARE, bootstrap.FEW_GROUPS),
        (spread(1.0, 0.0), [1, 1, 1, 1, 1, 1], SHARE, bootstrap.AT_AN_END),  # every lesion found
        (spread(0.0, 0.0), [1, 1, 1], AMOUNT, bootstrap.AT_AN_END),  # never a false box
        (spread(0.3, 0.0), [1, 1, 1], SHARE, bootstrap.NO_SPREAD),
        (spread(0.3, 1e-17), [1, 1, 1], SHARE, bootstrap.NO_SPREAD),
        (spread(0.0, 0.0), [1, 1, 1], DIFFERENCE, bootstrap.NO_SPREAD),  # the same masks
    ],
)
@pytest.mark.filterwarnings("error")
def test_interval_without_width_is_none_and_says_why(
    estimate: np.ndarray, parts: list[int], bounds: tuple[float, float], reason: str
) -> None:
    result = interval(estimate, np.array(parts, dtype=np.float64), bounds)
    assert result == {
        "value": estimate[0],
        "ci_low": None,
        "ci_high": None,
        "groups": np.count_nonzero(parts),
        "no_interval": reason,
    }


def test_numbers_are_plain_and_have_six_digits() -> None:
    result = interval(spread(2 / 3, 0.01), ALIKE)
    assert result["value"] == 0.666667
    assert {type(number) for number in result.values()} == {float, int}
    assert json.loads(json.dumps(result)) == result


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert "-" not in json.dumps(interval(np.full(50, -1e-17), ALIKE, DIFFERENCE))


def test_intervals_go_by_name() -> None:
    estimates = np.column_stack([spread(0.5, 0.1), spread(20, 1)])
    parts = np.column_stack([ALIKE, 2 * ALIKE])
    one, two = interval(estimates[:, 0], ALIKE), interval(estimates[:, 1], ALIKE, AMOUNT)
    assert intervals(estimates, ("a", "b"), parts, {"b": AMOUNT}) == {"a": one, "b": two}
    assert intervals(estimates, ("a", "b"), ALIKE[:, None], {"b": AMOUNT}) == {"a": one, "b": two}
    with pytest.raises(ValueError, match="broadcast"):
        intervals(estimates, ("a",), parts)


def test_interval_is_as_wide_as_the_theory_says() -> None:
    # 40 groups with one image each, half of them 1 and half 0: standard error sqrt(0.25 / 39) = 0.0801; t(39) = 2.023
    images = population(40)
    scores = (np.arange(40) % 2).astype(np.float64)[:, None]
    estimate = mean(scores, images["group_id"].tolist(), weights(images, seed=0))[:, 0]
    result = interval(estimate, np.ones(40), DIFFERENCE)
    assert (result["ci_high"] - result["ci_low"]) / 2 == pytest.approx(2.023 * 0.0801, rel=0.07)


def test_groups_are_drawn_whole() -> None:
    # 4 groups of 25 equal images are as uncertain as 4 images, not as 100: five times as wide
    def width(images: pd.DataFrame) -> float:
        scores = (np.arange(100) % 4 < 2).astype(np.float64)[:, None]
        names = images["group_id"].tolist()
        result = interval(
            mean(scores, names, weights(images, seed=0, draws=500))[:, 0], per_group(np.ones((100, 1)), names)[:, 0]
        )
        assert result["value"] == 0.5
        return result["ci_high"] - result["ci_low"]

    by_image = population(100)
    assert width(by_image.assign(group_id=[f"P{n % 4}" for n in range(100)])) > 4 * width(by_image)


# ---------------------------------------------------------------------------------------------------------- repeats


def test_spread_of_the_seeds_widens_the_interval() -> None:
    # three seeds 0.7, 0.8, 0.9: t of 2 degrees of freedom 4.302653 x 0.1 / sqrt(3) = 0.248414;
    # 0.8 - sqrt(0.1^2 + 0.248414^2), 0.8 + sqrt(0.05^2 + 0.248414^2) is above 1
    of_groups = {"value": 0.8, "ci_low": 0.7, "ci_high": 0.85, "groups": 9}
    result = with_seeds(of_groups, np.array([0.7, 0.8, 0.9]))
    assert result == {"value": 0.8, "ci_low": 0.532214, "ci_high": 1.0, "groups": 9}
    assert with_seeds(of_groups, np.array([0.7, 0.8, 0.9]), AMOUNT)["ci_high"] == pytest.approx(1.053396, abs=2e-6)


def test_seeds_that_agree_leave_the_interval_as_it_is() -> None:
    of_groups = {"value": -0.1, "ci_low": -0.3, "ci_high": 0.2, "groups": 9}
    assert with_seeds(of_groups, np.full(5, -0.1), DIFFERENCE) == of_groups


def test_seeds_give_no_interval_where_groups_give_none() -> None:
    of_groups = interval(spread(0.5, 0.1), np.array([1.0, 1, 0]))
    assert with_seeds(of_groups, np.array([0.4, 0.5, 0.6])) == of_groups


def test_two_seeds_are_too_few() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        with_seeds(interval(spread(0.5, 0.1), ALIKE), np.array([0.4, 0.6]))

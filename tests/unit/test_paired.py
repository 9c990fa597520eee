"""Swaps of whole groups against an enumeration written down plainly, and Holm against its definition."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from guidedseg.evaluation.paired import DRAWS, EXACT, holm, of_means, of_scores
from guidedseg.evaluation.rules import ratios


def names(number: int) -> np.ndarray:
    return np.array([f"P{n:04}" for n in range(number)])


def p_of(differences: list[float] | np.ndarray, groups: np.ndarray | None = None, seed: int = 0) -> float | None:
    """Of one metric; the other side scores 0.5 everywhere."""
    other = np.full((len(differences), 1), 0.5)
    (p,) = of_means(
        other + np.array(differences)[:, None], other, names(len(other)) if groups is None else groups, seed=seed
    )
    return p


def dice(sums: np.ndarray) -> np.ndarray:
    return ratios(sums)[..., :1]


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        # all of one sign: 2 / 2^n
        ([0.1, 0.2, 0.3, 0.4, 0.5], 2 / 2**5),
        ([-0.1, -0.2, -0.3], 2 / 2**3),
        # 1.5 and 1.3 are at least 1.3, and so are their mirror images: 4 / 2^5
        ([-0.1, 0.2, 0.3, 0.4, 0.5], 4 / 2**5),
        # 0.1 - 0.2 - 0.3 + 0.4 = 0: the middle
        ([0.1, -0.2, -0.3, 0.4], 1),
        # one large against four small: whatever the signs of the small, the sum is at least 0.6 or at most -0.6
        ([1.0, -0.1, -0.1, -0.1, -0.1], 1),
        ([1.0, 0.1, 0.1, 0.1, -0.1], 2 * 5 / 2**5),
    ],
)
def test_p_of_a_few_groups_is_a_share_of_all_swaps(differences: list[float], p: float) -> None:
    assert p_of(differences) == pytest.approx(p, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=7))
def test_p_is_that_of_all_swaps_with_ties_too(steps: list[int]) -> None:
    result = p_of([step / 10 for step in steps])
    if any(steps):
        signs = itertools.product((-1, 1), repeat=len(steps))
        expected = np.mean([abs(np.dot(sign, steps)) >= abs(sum(steps)) for sign in signs])
        assert result == pytest.approx(expected, abs=1e-6)
    else:
        assert result is None


def test_test_is_of_the_mean_over_images() -> None:
    # sums per group 0.6 (three images) and -0.5 (one): |0.1| is the least of 1.1 and 0.1; means would be 0.2 and -0.5
    groups = np.array(["P", "P", "Q", "P", "R"])
    assert p_of([0.1, 0.2, -0.5, 0.3, 0.0], groups) == p_of([0.6, -0.5]) == 1
    # with 0.9 and -0.1 and 0.2: at least 1.0 are +++, ++-... of 1.2, 1.0, 0.8, 0.6, both signs: 4 / 8
    assert p_of([0.3, 0.3, -0.1, 0.3, 0.2], groups) == 0.5


def test_pooled_dice_is_tested_by_swapping_whole_counts() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 50, (2, 12, 4)).astype(np.float64)
    groups = np.repeat(names(6), 2)
    per_group = np.stack([one, other]).reshape(2, 6, 2, 4).sum(axis=2)
    sizes = []
    for swap in itertools.product((0, 1), repeat=6):
        sides = [per_group[[(side + s) % 2 for s in swap], range(6)].sum(axis=0) for side in (0, 1)]
        sizes.append(abs(dice(sides[0]) - dice(sides[1]))[0])
    expected = np.mean(np.array(sizes) >= sizes[0] - 1e-12)
    assert of_scores(one, other, groups, dice, seed=0) == [pytest.approx(expected, abs=1e-6)]


def test_mean_is_the_same_as_a_score_made_of_sums() -> None:
    one, other = np.random.default_rng(0).random((2, 30, 3))
    groups = np.repeat(names(10), 3)
    assert of_means(one, other, groups, seed=0) == of_scores(one, other, groups, lambda sums: sums / 30, seed=0)


@pytest.mark.parametrize("number", [1, 2, 5, 10, EXACT])
@pytest.mark.parametrize("equal", [False, True])
def test_least_p_of_n_groups_is_2_in_2_to_the_n(number: int, equal: bool) -> None:
    differences = np.full(number, 0.25) if equal else np.arange(1, number + 1) / 100
    assert p_of(differences) == pytest.approx(2 / 2**number, rel=1e-5)


@pytest.mark.parametrize("number", [EXACT + 1, 38, 1024, 2000])
@pytest.mark.parametrize("z", [0.5, 1.5, 2.5])
def test_many_groups_agree_with_the_normal_approximation(number: int, z: float) -> None:
    rng = np.random.default_rng(number)
    differences = rng.normal(0, 0.1, number)
    differences -= differences.mean()
    # moved until the sum of the differences is z times its standard deviation under all swaps
    for _ in range(20):
        differences += (z * np.sqrt((differences**2).sum()) - differences.sum()) / number
    # between 17 groups and a normal distribution 0.02 are allowed; of 19,999 draws p has a standard error of 0.0035
    assert p_of(differences) == pytest.approx(2 * norm.sf(z), abs=0.02 if number == EXACT + 1 else 0.012)


def test_drawn_swaps_agree_with_all_swaps() -> None:
    # 2^17 by doubling, two to three standard errors of 19,999 draws
    differences = np.random.default_rng(0).normal(0.05, 0.1, EXACT + 1)
    totals = np.zeros(1)
    for difference in differences:
        totals = np.concatenate([totals + difference, totals - difference])
    expected = np.mean(np.abs(totals) >= abs(differences.sum()) - 1e-12)
    assert p_of(differences) == pytest.approx(expected, abs=2.5 * np.sqrt(expected * (1 - expected) / DRAWS))


def test_drawn_swaps_come_from_the_seed() -> None:
    differences = np.random.default_rng(0).normal(0.02, 0.1, 40)
    assert p_of(differences, seed=1) == p_of(differences, seed=1)
    assert p_of(differences, seed=1) != p_of(differences, seed=2)


def test_p_is_never_zero() -> None:
    assert p_of(np.arange(1, 31) / 100) == 1 / (DRAWS + 1)


def test_metric_with_few_differing_groups_is_exact_beside_one_with_many() -> None:
    one, other = np.zeros((2, 40, 2))
    one[:, 0] = np.random.default_rng(0).random(40)
    one[:3, 1] = 0.25
    assert of_means(one, other, names(40), seed=0)[1] == 2 / 2**3


def test_group_without_a_difference_is_left_out() -> None:
    assert p_of([0.1, 0.2, 0.3, *[0.0] * 30]) == p_of([0.1, 0.2, 0.3]) == 0.25


def test_differences_that_cancel_within_a_group_are_none() -> None:
    # 0.1 + 0.2 - 0.3 is 5.6e-17 in floating point
    assert p_of([0.1, 0.2, -0.3, 0.5], np.array(["P", "P", "P", "Q"])) == 1


def test_equal_sums_in_another_order_are_equal() -> None:
    # the sum of 0.1 to 0.6 with the sign of 0.1 and 0.2 changed is that with the sign of 0.3 changed: ties
    differences = np.array([0.1, 0.2, -0.3, 0.4, 0.5, 0.6])
    for order in itertools.permutations(range(6)):
        assert p_of(differences[list(order)]) == p_of(differences)


def test_images_that_a_rule_leaves_out_do_not_count() -> None:
    assert p_of([0.1, np.nan, 0.2, np.nan, 0.3], np.array(["P", "P", "Q", "N", "R"])) == 0.25


def test_image_that_one_side_lacks_is_left_out_on_both() -> None:
    one = np.array([[0.1], [0.2], [0.3], [np.nan]])
    other = np.array([[0.0], [0.0], [0.0], [0.9]])
    assert of_means(one, other, names(4), seed=0) == [0.25]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("differences", [[0.0, 0.0], [np.nan, np.nan], [0.0, np.nan], []])
def test_where_no_group_differs_there_is_no_test(differences: list[float]) -> None:
    assert p_of(differences) is None


def test_score_that_is_undefined_has_no_test() -> None:
    # no pixel predicted by one side: its precision is 0/0; Dice is 0 against something
    one = np.array([[0.0, 0, 5, 90]] * 3)
    other = np.array([[3.0, 1, 2, 89]] * 3)
    of = dict(zip(("dice", "iou", "precision"), of_scores(one, other, names(3), ratios, seed=0), strict=False))
    assert of == {"dice": 0.25, "iou": 0.25, "precision": None}


def test_score_that_no_swap_changes_has_no_test() -> None:
    # recall is equal on both sides in every group, precision is not
    one, other = np.array([[3.0, 1, 2, 9]] * 4), np.array([[3.0, 2, 2, 8]] * 4)
    of = of_scores(one, other, names(4), ratios, seed=0)
    assert (of[2], of[3]) == (2 / 2**4, None)


@pytest.mark.parametrize("number", [10, 30])
def test_changing_the_sides_changes_nothing(number: int) -> None:
    one, other = np.random.default_rng(0).random((2, number, 2))
    assert of_means(one, other, names(number), seed=0) == of_means(other, one, names(number), seed=0)


@pytest.mark.parametrize("number", [12, 30])
def test_order_of_images_does_not_matter(number: int) -> None:
    rng = np.random.default_rng(0)
    differences, groups = rng.normal(0.03, 0.1, 5 * number), np.repeat(names(number), 5)
    order = rng.permutation(5 * number)
    assert p_of(differences[order], groups[order]) == p_of(differences, groups)


def test_eleven_metrics_of_38_groups_take_no_time() -> None:
    one, other = np.random.default_rng(0).random((2, 683, 11))
    groups = names(38)[np.arange(683) % 38]
    start = time.process_time()
    of_means(one, other, groups, seed=0)
    assert time.process_time() - start < 0.5  # 0.02 on a quiet machine


# -------------------------------------------------------------------------------------------------------------- Holm


def test_holm_multiplies_the_smallest_most() -> None:
    # 0.01 x 4; then 0.02 x 3, 0.03 x 2 = 0.06, and 0.5
    result = holm({"d": 0.5, "a": 0.01, "c": 0.03, "b": 0.02})
    assert result == pytest.approx({"d": 0.5, "a": 0.04, "c": 0.06, "b": 0.06})
    assert list(result) == ["d", "a", "c", "b"]


def test_holm_never_falls_behind_a_smaller_p() -> None:
    # 0.01 x 3 = 0.03; 0.011 x 2 = 0.022 but no less than 0.03; 0.02
    assert holm({"a": 0.01, "b": 0.011, "c": 0.02}) == pytest.approx({"a": 0.03, "b": 0.03, "c": 0.03})


def test_holm_is_1_at_most() -> None:
    assert holm({"a": 0.6, "b": 0.9}) == {"a": 1, "b": 1}


def test_test_that_was_not_made_does_not_count() -> None:
    assert holm({"a": 0.01, "b": None, "c": 0.03}) == pytest.approx({"a": 0.02, "b": None, "c": 0.03})
    assert holm({"a": None}) == {"a": None}
    assert holm({}) == {}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=6))
def test_holm_rejects_what_its_steps_reject(thousandths: list[int]) -> None:
    # Holm 1979: from the smallest p on, reject while p(i) <= alpha / (m - i + 1)
    p_values = {f"t{n}": value / 1000 for n, value in enumerate(thousandths)}
    corrected = holm(p_values)
    for alpha in (0.0105, 0.0505, 0.3005):
        rejected: set[str] = set()
        for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
            if p_values[name] > alpha / (len(p_values) - rank):
                break
            rejected.add(name)
        assert {name for name, p in corrected.items() if p is not None and p <= alpha} == rejected

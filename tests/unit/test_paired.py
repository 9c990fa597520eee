"""Wilcoxon on patient means against an enumeration of all signs, and Holm against its definition."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from guidedseg.evaluation.paired import holm, p_value


def names(number: int) -> np.ndarray:
    return np.array([f"P{n:02}" for n in range(number)])


def enumerated(differences: list[float]) -> float:
    """Two-sided p of the rank sum, over all 2^n signs (Wilcoxon 1945)."""
    values = np.array([value for value in differences if value])
    ranks = rankdata(np.abs(values))
    centre = ranks.sum() / 2
    observed = abs(ranks[values > 0].sum() - centre)
    signs = itertools.product((0, 1), repeat=len(values))
    return float(np.mean([abs(np.dot(sign, ranks) - centre) >= observed - 1e-9 for sign in signs]))


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        # all of one sign: 2 / 2^n
        ([0.1, 0.2, 0.3, 0.4, 0.5], 2 / 2**5),
        ([-0.1, -0.2, -0.3], 2 / 2**3),
        # the smallest against the others: rank sums 0 and 1, each on both sides, 4 / 2^5
        ([-0.1, 0.2, 0.3, 0.4, 0.5], 4 / 2**5),
        # ranks 1 and 4 against 2 and 3: the middle
        ([0.1, -0.2, -0.3, 0.4], 1),
    ],
)
def test_p_of_a_few_patients_is_a_share_of_all_signs(differences: list[float], p: float) -> None:
    assert p_value(np.array(differences), names(len(differences))) == pytest.approx(p, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=7))
def test_p_is_that_of_all_signs_with_ties_too(steps: list[int]) -> None:
    differences = [step / 4 for step in steps]
    result = p_value(np.array(differences), names(len(steps)))
    if any(differences):
        assert result == pytest.approx(enumerated(differences), abs=1e-6)
    else:
        assert result is None


@pytest.mark.parametrize("number", [1, 2, 5, 10])
@pytest.mark.parametrize("equal", [False, True])
def test_least_p_of_n_patients_is_2_in_2_to_the_n(number: int, equal: bool) -> None:
    differences = np.full(number, 0.25) if equal else np.arange(1, number + 1) / 10
    assert p_value(differences, names(number)) == pytest.approx(2 / 2**number, abs=1e-6)


def test_images_of_one_patient_are_one_observation() -> None:
    # means 0.2 and -0.1 over three and one images; the images alone would be three against one
    differences, patients = np.array([0.1, 0.2, -0.1, 0.3]), np.array(["P", "P", "Q", "P"])
    assert p_value(differences, patients) == p_value(np.array([0.2, -0.1]), names(2)) == 1


def test_patient_with_many_images_does_not_count_more() -> None:
    one_each = np.array([0.5, 0.4, 0.3, -0.2, 0.1])
    times = [30, 1, 2, 5, 1]
    assert p_value(np.repeat(one_each, times), np.repeat(names(5), times)) == p_value(one_each, names(5))


def test_patient_without_a_difference_is_left_out() -> None:
    differences = np.array([0.1, 0.2, 0.3, 0.0, 0.0])
    assert p_value(differences, names(5)) == p_value(differences[:3], names(3)) == 0.25


def test_patient_without_a_difference_does_not_make_the_test_less_exact() -> None:
    # with zeros among more than 13 differences scipy would approximate
    differences = np.append(np.arange(1, 18) / 10 * np.tile([1, 1, 1, -1], 5)[:17], 0.0)
    assert p_value(differences, names(18)) == pytest.approx(enumerated(differences[:17].tolist()), abs=1e-6)


def test_differences_that_cancel_within_a_patient_are_none() -> None:
    # 0.1 + 0.2 - 0.3 is 5.6e-17 in floating point
    differences, patients = np.array([0.1, 0.2, -0.3, 0.5]), np.array(["P", "P", "P", "Q"])
    assert p_value(differences, patients) == p_value(np.array([0.5]), names(1)) == 1


def test_images_that_a_rule_leaves_out_do_not_count() -> None:
    differences = np.array([0.1, np.nan, 0.2, np.nan, 0.3])
    patients = np.array(["P", "P", "Q", "N", "R"])
    assert p_value(differences, patients) == 0.25


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("differences", [[0.0, 0.0], [np.nan, np.nan], [0.0, np.nan], []])
def test_where_no_patient_differs_there_is_no_test(differences: list[float]) -> None:
    assert p_value(np.array(differences), names(len(differences))) is None


def test_swapping_the_sides_changes_nothing() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, 20)
    assert p_value(differences, names(20)) == p_value(-differences, names(20))


def test_order_of_images_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    differences, patients = rng.normal(0.3, 1, 60), np.repeat(names(12), 5)
    order = rng.permutation(60)
    assert p_value(differences[order], patients[order]) == p_value(differences, patients)


def test_p_is_never_zero() -> None:
    assert p_value(np.arange(1, 31) / 100, names(30)) == pytest.approx(2 / 2**30)


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

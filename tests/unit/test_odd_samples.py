"""Samples without lesions, normals, boxes or patients enough: numbers or null, and why."""

import json
from pathlib import Path

import pytest
from counted_images import NO_VALUE, evaluation_of, in_groups, leaves, scored, value, without_interval
from drawings import Drawing, disk, drawn, everywhere, named, nothing, square

from guidedseg.evaluated import read
from guidedseg.evaluation.bootstrap import AT_AN_END, FEW_GROUPS, NO_SPREAD, UNDEFINED
from guidedseg.evaluation.counts import write
from guidedseg.evaluation.rules import METRICS, RULES

REASONS = (FEW_GROUPS, UNDEFINED, AT_AN_END, NO_SPREAD)

LESION = Drawing(
    square(4, 4, 10), square(4, 6, 10), ((0.9, (4, 4, 16, 14), everywhere()),), (((4, 4, 14, 14), everywhere()),)
)
NORMAL = Drawing(nothing(), disk(9, 9, 4), ((0.8, (3, 3, 8, 8), everywhere()),), pathology="normal")
QUIET = Drawing(nothing(), nothing(), pathology="normal")
MISSED = Drawing(disk(20, 20, 5), nothing(), (), (((15, 15, 26, 26), everywhere(0)),), pathology="malignant")


ODD = {
    "no lesion": named(NORMAL, QUIET, QUIET, patients="PQR"),
    "nothing at all": named(QUIET, QUIET, patients="PQ"),
    "one patient": named(LESION, MISSED, NORMAL, patients="PPP"),
    "one image": named(LESION, patients="P"),
    "no normals": named(LESION, MISSED, LESION, patients="PQR"),
    "no detection": [each._replace(boxes=()) for each in named(LESION, MISSED, QUIET, patients="PQR")],
    "only misses": named(MISSED, MISSED, patients="PQ"),
    "one patient with a lesion": named(LESION, QUIET, NORMAL, patients="PQR"),
    "two lesions": named(LESION._replace(truth=square(4, 4, 10) | square(25, 25, 3)), NORMAL, patients="PQ"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sample", ODD)
def test_what_cannot_be_divided_is_null_and_never_nan(sample: str) -> None:
    result = scored(drawn(*ODD[sample]))
    json.dumps(result, allow_nan=False)
    for path, leaf in leaves(result):
        assert leaf is None or isinstance(leaf, int | float) or path.endswith(".no_interval"), path
    for rule in ("strict", "literal"):
        for branch in (*result["branches"].values(), *result["differences"].values()):
            for metric in METRICS:  # rules for which every image counts
                assert branch[rule][metric]["value"] is not None
    has_lesion = any(each.truth.any() for each in ODD[sample])
    assert (result["branches"]["guided"]["lesion"]["dice"]["value"] is not None) == has_lesion
    assert (result["branches"]["guided"]["lesionwise"]["recall"]["value"] is not None) == has_lesion


@pytest.mark.parametrize("sample", ODD)
def test_value_without_an_interval_says_why(sample: str) -> None:
    found = dict(leaves(scored(drawn(*ODD[sample]))))
    values = [path.removesuffix("value") for path in found if path.endswith(".value")]
    assert len(values) > 500
    for path in values:
        ends = [found[f"{path}{end}"] for end in ("ci_low", "ci_high")]
        assert (ends[0] is None) == (ends[1] is None), path
        left_open = found[f"{path}value"] is not None and ends[0] is None
        assert (f"{path}no_interval" in found) == left_open, path
        assert found.get(f"{path}no_interval", FEW_GROUPS) in REASONS, path


def test_without_a_detection_guided_is_silent() -> None:
    of = scored(drawn(*ODD["no detection"]))["branches"]
    for rule in RULES:
        assert of["guided"][rule] == of["guided_ungated"][rule] == of["silent"][rule]
        assert of["guided_fallback"][rule] == of["direct"][rule]
    assert of["guided"]["loss"] == {**NO_VALUE, "groups": 0}
    assert value(of["guided"], "literal", "dice") == 1
    assert of["guided"]["cases"]["misses_without_box"] == 2


def test_one_patient_gives_no_interval() -> None:
    of = scored(evaluation_of([("P", "quarter"), ("P", "all")]))["branches"]["guided"]
    assert of["strict"]["dice"] == without_interval(0.625, 1, FEW_GROUPS)


def test_three_patients_in_two_groups_give_no_interval() -> None:
    evaluation = evaluation_of([("P", "quarter"), ("Q", "all"), ("R", "half")])
    assert scored(evaluation)["branches"]["guided"]["strict"]["dice"]["ci_low"] is not None
    of = scored(in_groups(evaluation, {"R": "P"}))["branches"]["guided"]
    assert of["strict"]["dice"] == without_interval(0.583333, 2, FEW_GROUPS)  # 1.75 / 3


@pytest.mark.parametrize("sample", ["one patient", "no lesion", "two lesions", "no normals"])
def test_evaluation_is_scored_in_memory_as_from_its_files(sample: str, tmp_path: Path) -> None:
    made = drawn(*ODD[sample])
    write(made, tmp_path)
    one, other = (dict(leaves(scored(each))) for each in (made, read(tmp_path)))
    assert list(one) == list(other)
    for path, leaf in one.items():
        if isinstance(leaf, float):
            assert leaf == pytest.approx(other[path], rel=1e-4, abs=5e-6), path  # files have six digits
        else:
            assert leaf == other[path], path

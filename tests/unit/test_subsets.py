"""Scores by pathology and by size of the lesion; each has its own number of groups."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from counted_images import NO_VALUE, evaluation_of, scored, value, without_interval

from guidedseg.evaluation.bootstrap import FEW_GROUPS
from guidedseg.evaluation.rules import METRICS
from guidedseg.evaluation.scores import sizes
from guidedseg.reporting.tables.of_run import flags
from guidedseg.reporting.tables.wording import percent


def sizes_of(*areas: int, names: Sequence[str] | None = None, width: Sequence[int] | None = None) -> list[str]:
    rows = pd.DataFrame({"image_id": names or [f"{n}" for n in range(len(areas))], "lesion_px": areas, "height": 10})
    rows["width"] = width or [10] * len(areas)
    return sizes(rows).tolist()


def test_sizes_are_terciles_of_the_images_with_a_lesion() -> None:
    assert sizes_of(50, 0, 10, 30, 0, 20, 60, 40) == ["large", "", "small", "medium", "", "small", "large", "medium"]


def test_size_is_a_share_of_the_image() -> None:
    assert sizes_of(10, 10, 10, width=[20, 5, 10]) == ["small", "large", "medium"]


def test_ties_of_size_go_by_name_and_terciles_differ_by_one_at_most() -> None:
    assert sizes_of(7, 7, 7, 7, names=list("dbca")) == ["large", "small", "medium", "small"]
    assert sizes_of(7, 7, 7, 7, 7, names=list("edcba")) == ["large", "medium", "medium", "small", "small"]
    assert sizes_of(1, 7, 7, 7, 9, 9, names=list("zyxwvu")) == ["small", "medium", "medium", "small", "large", "large"]


@pytest.mark.parametrize(("areas", "expected"), [((0, 0), ["", ""]), ((5,), ["small"]), ((5, 3), ["medium", "small"])])
def test_fewer_lesions_than_terciles(areas: tuple[int, ...], expected: list[str]) -> None:
    assert sizes_of(*areas) == expected


def test_subsets_are_scored_strictly() -> None:
    images = [("P", "half"), ("P", "all"), ("Q", "empty"), ("Q", "false"), ("R", "miss"), ("R", "three quarters")]
    evaluation = evaluation_of(images)
    malignant = evaluation.images["image_id"].isin(["000", "004"])
    evaluation.images.loc[malignant, "pathology"] = "malignant"
    of = scored(evaluation)["branches"]["guided"]
    dice = {name: value(group, "dice") for name, group in of["by_pathology"].items()}
    assert dice == {"normal": 0.5, "benign": 0.875, "malignant": 0.25, "unknown": None}
    # lesions of one size go by name: half and all, then the miss, then three quarters
    dice = {name: value(group, "dice") for name, group in of["by_size"].items()}
    assert dice == {"small": 0.75, "medium": 0, "large": 0.75}
    assert all(tuple(group) == METRICS for part in ("by_pathology", "by_size") for group in of[part].values())


def test_subset_without_images_is_null() -> None:
    of = scored(evaluation_of([("P", "half"), ("Q", "half")]))["branches"]["guided"]
    for part, name in (("by_pathology", "normal"), ("by_pathology", "malignant"), ("by_size", "large")):
        assert of[part][name]["dice"] == {**NO_VALUE, "groups": 0}


def malignant_in(patients: int) -> dict[str, Any]:
    """Dice by pathology of eight patients with one image each, the first ones malignant, and of all of them."""
    kinds = ("quarter", "half", "three quarters")
    evaluation = evaluation_of([(f"P{number}", kinds[number % 3]) for number in range(8)])
    malignant = evaluation.images["patient_id"] < f"P{patients}"
    evaluation.images.loc[malignant, "pathology"] = "malignant"
    of = scored(evaluation, draws=400)["branches"]["guided"]
    return {"all": of["strict"]["dice"], **{name: group["dice"] for name, group in of["by_pathology"].items()}}


def test_reliability_is_that_of_each_subset() -> None:
    # 3 malignant and 5 benign of 8: below 5 groups a score is marked
    of = malignant_in(3)
    groups = {name: leaf["groups"] for name, leaf in of.items()}
    assert groups == {"all": 8, "normal": 0, "benign": 5, "malignant": 3, "unknown": 0}
    assert {name for name, leaf in of.items() if leaf["ci_low"] is not None} == {"all", "benign", "malignant"}
    assert {name for name, leaf in of.items() if percent(leaf).endswith("?")} == {"malignant"}


def test_subset_of_two_patients_has_a_value_and_no_interval() -> None:
    # Dice 0.25 and 0.5
    of = malignant_in(2)
    assert of["malignant"] == without_interval(0.375, 2, FEW_GROUPS)
    assert of["all"]["ci_low"] is not None


def test_rule_that_rests_on_one_patient_has_no_interval() -> None:
    of = scored(evaluation_of([("P0", "half"), *((f"P{number}", "empty") for number in range(1, 8))]))
    of_guided = of["branches"]["guided"]
    assert of_guided["lesion"]["dice"] == without_interval(0.5, 1, FEW_GROUPS)
    assert of_guided["strict"]["dice"]["groups"] == 8


def flagged(*image_ids: str) -> dict[str, Any]:
    """By flag, of three images of Dice 0.5, 1 and 0 (a false positive), of which the named ones show Doppler."""
    evaluation = evaluation_of([("P", "half"), ("Q", "all"), ("R", "false")])
    return scored(evaluation, flagged={"doppler": image_ids})["branches"]["guided"]


def test_scores_without_and_only_of_a_flag() -> None:
    of = flagged("000")["by_flag"]["doppler"]
    assert {part: value(rules["strict"], "dice") for part, rules in of.items()} == {"without": 0.5, "only": 0.5}
    assert {part: value(rules["lesion"], "dice") for part, rules in of.items()} == {"without": 1, "only": 0.5}
    assert value(flagged("000", "001")["by_flag"]["doppler"]["only"]["strict"], "dice") == 0.75


def test_a_flag_that_tells_no_images_apart_is_left_out() -> None:
    assert "by_flag" not in flagged()
    assert "by_flag" not in flagged("000", "001", "002")


def test_the_table_of_a_flag_has_all_without_and_only_and_is_there_only_with_it() -> None:
    evaluation = evaluation_of([("P", "half"), ("Q", "all"), ("R", "false")])
    (table,) = flags(scored(evaluation, flagged={"doppler": ["000"]}), "unet")
    guided = next(row for row in table.rows if row[0] == "guided")
    assert table.header[1:4] == ["strict, all", "strict, without doppler", "strict, doppler only"]
    assert [cell.split()[0] for cell in guided[1:]] == ["50.0", "50.0", "50.0", "75.0", "100.0", "50.0"]
    assert flags(scored(evaluation), "unet") == []

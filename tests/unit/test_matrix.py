"""The leaderboard's matrix: trained on one dataset, tested on others, on made-up runs."""

import io

import pandas as pd
import pytest
from board_runs import REFERENCE, boarded, changed, images, run, tables

from guidedseg.evaluation.matrix import LOST, matrix, unpaired
from guidedseg.evaluation.pooling import Boxes, External, Run, pool
from guidedseg.evaluation.standings import COLUMNS, Leaderboard
from guidedseg.names import BOX
from guidedseg.reporting.board import formats
from guidedseg.reporting.board.page import html
from guidedseg.reporting.tables.table import Table

ALIKE = range(0, 100, 10)
"""Ten patients whose lesions are segmented alike: Dice 2 tp / (100 + tp) of 100 pixels; normals are left empty."""


def boxes(rows: pd.DataFrame, *, found: bool) -> Boxes:
    """A box on every lesion, exactly, or none at all."""
    lesions = rows.loc[(rows["branch"] == "direct") & (rows["lesion_px"] > 0), ["image_id"]]
    true = lesions.assign(**dict(zip(BOX, (0, 0, 10, 10), strict=True)))
    hits = true.assign(confidence=0.9)
    return Boxes(hits if found else hits.iloc[:0], true)


def external(patients: range = ALIKE, version: str = "x1", *, found: bool = True, **tp: int) -> External:
    rows = images(patients, **tp)
    return External(version, rows, boxes(rows, found=found))


def trained(
    name: str = "run", patients: range = ALIKE, version: str = "v1", elsewhere: dict | None = None, **changes: object
) -> Run:
    """direct has 25 of every lesion's 100 pixels, guided 60: Dice 0.4 and 0.75."""
    rows = images(patients)
    return Run(name, name, changed(**changes), version, rows, boxes(rows, found=True), elsewhere or {})


def value(of: Leaderboard, tested_on: str, branch: str = "direct", rule: str = "lesion", **more: object) -> pd.Series:
    wanted = {"tested_on": tested_on, "branch": branch, "rule": rule, **more}
    rows = of.matrix[(of.matrix[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def shown(of: Leaderboard) -> dict[str, Table]:
    (page,) = formats.elsewhere(of)
    return {table.name.removeprefix("matrix_"): table for table in page.tables}


@pytest.fixture(scope="module")
def abroad() -> Leaderboard:
    """Elsewhere direct finds nothing and guided 25 pixels, the detector no box."""
    return boarded(trained(elsewhere={"busi": external(direct=0, guided=25, found=False)}))


# Numbers


def test_scores_at_home_there_and_what_is_lost(abroad):
    # at home direct has a Dice of 50 / 125 on lesions and 1 on as many normals, guided 120 / 160 and 1
    assert value(abroad, "phantom")["value"] == pytest.approx(0.4)
    assert value(abroad, "phantom", rule="strict")["value"] == pytest.approx(0.7)
    assert value(abroad, "phantom", "guided", "strict")["value"] == pytest.approx(0.875)
    assert value(abroad, "busi")["value"] == 0
    assert value(abroad, "busi", rule="strict")["value"] == pytest.approx(0.5)
    assert value(abroad, "busi", "guided", "strict")["value"] == pytest.approx(0.7)
    assert value(abroad, "busi", f"{LOST}direct")["value"] == pytest.approx(0.4)
    assert value(abroad, "busi", f"{LOST}direct", "strict")["value"] == pytest.approx(0.2)
    assert value(abroad, "busi", f"{LOST}guided", "strict")["value"] == pytest.approx(0.175)
    assert value(abroad, "busi")[["images", "normals", "patients", "runs"]].tolist() == [20, 10, 10, 1]


def test_the_detector_is_scored_at_home_and_there(abroad):
    # a perfect detector has 0.995 as Ultralytics reads the curve, one without a box 0
    for metric in ("ap50", "ap50_95"):
        assert value(abroad, "phantom", "detector", "", metric=metric)["value"] == pytest.approx(0.995)
        assert value(abroad, "busi", "detector", "", metric=metric)["value"] == 0
        assert value(abroad, "busi", f"{LOST}detector", "", metric=metric)["value"] == pytest.approx(0.995)


def test_home_has_the_score_and_interval_of_its_section():
    result = boarded(trained(patients=range(10), elsewhere={"busi": external()}))
    for rule in ("strict", "lesion"):
        rows = result.scores.query("branch == 'guided' and metric == 'dice'").set_index("rule")
        for key in ("value", "ci_low", "ci_high", "groups"):
            assert value(result, "phantom", "guided", rule)[key] == rows.loc[rule, key]


def test_every_seed_and_fold_is_a_training_whose_scores_are_averaged():
    # direct finds 0, 25 and 60 pixels of every lesion there: Dice 0, 0.4 and 0.75; the detector only the last time
    there = [external(direct=tp, found=tp == 60) for tp in (0, 25, 60)]
    result = boarded(*(trained(seed=seed, elsewhere={"busi": each}) for seed, each in enumerate(there)))
    found = value(result, "busi")
    assert found["value"] == pytest.approx((0 + 0.4 + 0.75) / 3, abs=1e-6)
    assert (found["runs"], found["images"], found["groups"]) == (3, 20, 10)
    assert value(result, "busi", "detector", "", metric="ap50")["value"] == pytest.approx(0.995 / 3, abs=1e-6)
    folds = [
        trained(f"fold{n}", range(20 * n, 20 * n + 20, 10), split__protocol="folds", split__folds=3, split__fold=n)
        for n in range(3)
    ]
    for one, test in zip(folds, there, strict=True):
        one.external["busi"] = test
    result = boarded(*folds)
    assert value(result, "busi")["value"] == found["value"]
    assert value(result, "phantom")[["images", "groups", "value"]].tolist() == [12, 6, pytest.approx(0.4)]
    assert value(result, "phantom", "detector", "", metric="ap50")["value"] == pytest.approx(0.995)


def test_trainings_are_no_patients():
    once = boarded(trained(elsewhere={"busi": external(range(10))}))
    thrice = boarded(*(trained(seed=seed, elsewhere={"busi": external(range(10))}) for seed in range(3)))
    ends = ["value", "ci_low", "ci_high", "groups"]
    assert value(thrice, "busi")[ends].tolist() == value(once, "busi")[ends].tolist()


# Intervals


def test_the_interval_of_a_difference_of_other_images_joins_those_of_both_sides():
    home = {"value": 0.8, "ci_low": 0.7, "ci_high": 0.86, "groups": 38}
    there = {"value": 0.5, "ci_low": 0.38, "ci_high": 0.58, "groups": 4}
    found = unpaired(home, there)
    # below: sqrt(0.10^2 + 0.08^2) = 0.128062, above: sqrt(0.06^2 + 0.12^2) = 0.134164
    assert found == {"value": 0.3, "ci_low": 0.171938, "ci_high": 0.434164, "groups": 4}


def test_a_difference_without_an_interval_on_a_side_says_why():
    home = {"value": 0.8, "ci_low": 0.7, "ci_high": 0.86, "groups": 38}
    there = {"value": 1.0, "ci_low": None, "ci_high": None, "groups": 9, "no_interval": "the score is at an end"}
    nothing = {"ci_low": None, "ci_high": None, "groups": 9}
    assert unpaired(home, there) == {"value": -0.2, **nothing, "no_interval": "the score is at an end"}
    undefined = {"value": None, "ci_low": None, "ci_high": None, "groups": 0}
    assert unpaired(home, undefined) == {"value": None, **nothing, "groups": 0}


def test_both_sides_have_draws_of_their_own_however_alike_they_are():
    # the same images on both sides: were they paired, nothing would vary
    result = boarded(trained(patients=range(10), elsewhere={"busi": external(range(10))}))
    home, lost = value(result, "phantom"), value(result, "busi", f"{LOST}direct")
    assert lost["value"] == 0
    half = ((home["value"] - home["ci_low"]) ** 2 + (home["ci_high"] - home["value"]) ** 2) ** 0.5
    assert [lost["ci_low"], lost["ci_high"]] == pytest.approx([-half, half], abs=2e-6)


# What stands in it


def test_without_an_external_test_there_is_no_matrix():
    result = boarded(run(images()))
    assert result.matrix.empty
    assert formats.elsewhere(result) == []
    assert "tested elsewhere" not in formats.text(result, "strict", "dice")
    assert pd.read_csv(io.StringIO(formats.csv(result))).columns.tolist() == COLUMNS


def test_a_newer_run_of_the_same_result_keeps_the_external_tests_of_the_older_one():
    newest, older = trained("workspace"), trained("abroad", elsewhere={"busi": external()})
    ((entry,), notes) = pool([newest, older], REFERENCE)
    assert [(one.name, list(one.external)) for one in entry.runs] == [("workspace", ["busi"])]
    assert notes == []


def test_of_two_results_of_the_same_parameters_the_older_ones_tests_are_dropped():
    newest, older = trained("new"), trained("old", range(10), elsewhere={"busi": external()})
    ((entry,), notes) = pool([newest, older], REFERENCE)
    assert entry.runs[0].external == {}
    assert "other result: new and old" in notes[0]


def test_rows_are_what_was_tested_elsewhere_and_what_was_trained_on_a_column():
    result = boarded(
        trained(elsewhere={"busi": external()}),
        trained("turned", version="x1", dataset="busi"),
        trained("bystander", version="x2", dataset="bus_bra"),
    )
    table = shown(result)["lesion"]
    assert table.header[:6] == ["trained on", "section", "network", "branch", "phantom", "busi"]
    assert [row[:6] for row in table.rows] == [
        ["phantom", "1", "unetpp", "direct", "40.0", "40.0"],
        ["phantom", "1", "unetpp", "guided", "75.0", "75.0"],
        ["busi", "2", "unetpp", "direct", "", "40.0"],
        ["busi", "2", "unetpp", "guided", "", "75.0"],
    ]


def test_tables_say_dice_precision_and_loss(abroad):
    found = shown(abroad)
    assert list(found) == ["strict", "lesion", "detector", "loss", "published"]
    assert [row[2:5] for row in found["detector"].rows] == [["AP50", "99.5", "0.0"], ["AP50-95", "99.5", "0.0"]]
    assert [row[2:4] for row in found["loss"].rows] == [
        ["direct, strict", "20.0"],
        ["guided, strict", "17.5"],
        ["direct, lesion", "40.0"],
        ["guided, lesion", "35.0"],
        ["AP50", "99.5"],
        ["AP50-95", "99.5"],
    ]
    assert found["loss"].header[:4] == ["trained on", "network", "score", "busi"]
    assert found["published"].rows[0][:3] == ["busi", "75.14", "nnU-Net ResEnc"]
    assert found["published"].published == {0, 1}


def test_what_does_not_carry_over_is_said(abroad):
    (page,) = formats.elsewhere(abroad)
    printed = " ".join(page.remarks)
    assert "thresholds, which are everywhere those that home's validation images chose" in printed
    assert "Images without a lesion: test images of phantom 10 of 20; busi 10 of 20." in printed
    assert "strict is lesion" not in printed
    rows = images(ALIKE).query("lesion_px > 0")
    without = boarded(trained(elsewhere={"bus_bra": External("b1", rows, boxes(rows, found=True))}))
    (page,) = formats.elsewhere(without)
    assert "bus_bra 0 of 10." in " ".join(page.remarks)
    assert "All images of bus_bra have a lesion: there strict is lesion, and silence has 0." in page.remarks
    assert value(without, "bus_bra", rule="strict")["value"] == value(without, "bus_bra")["value"]


def test_other_versions_of_a_dataset_are_other_columns():
    one, other = external(version="1" * 32), external(version="2" * 32, direct=60)
    result = boarded(trained(elsewhere={"busi": one}), trained(model="transunet", elsewhere={"busi": other}))
    table = shown(result)["lesion"]
    assert table.header[3:6] == ["phantom", "busi (11111111)", "busi (22222222)"]
    assert [row[3:6] for row in table.rows[::2]] == [["40.0", "40.0", ""], ["40.0", "", "75.0"]]
    (page,) = formats.elsewhere(result)
    assert page.remarks[-1] == "Not comparable: the columns of busi, which are other versions of its images."


def test_runs_that_were_not_tested_there_are_counted():
    result = boarded(trained(elsewhere={"busi": external()}), trained(seed=1))
    (page,) = formats.elsewhere(result)
    assert "unetpp on busi: 1 of 2 runs were tested there." in page.remarks


def test_tests_of_other_images_under_one_version_are_not_mixed():
    # dvc.lock of a pipeline that ran in parts may say so
    tests = external(), external(range(5), direct=60)
    result = boarded(*(trained(seed=seed, elsewhere={"busi": each}) for seed, each in enumerate(tests)))
    assert value(result, "busi")[["value", "runs"]].tolist() == [pytest.approx(0.4), 1]


def test_without_boxes_only_the_detector_is_missing():
    rows = images()
    result = boarded(Run("run", "run", changed(), "v1", rows, None, {"busi": external()}))
    detector = result.matrix[result.matrix["branch"].str.endswith("detector")]
    assert set(detector["tested_on"]) == {"busi"}
    assert not detector["branch"].str.startswith(LOST).any()
    assert [row[3:5] for row in shown(result)["detector"].rows] == [["99.5", "quick"], ["99.5", "quick"]]


def test_the_same_runs_give_the_same_matrix(abroad):
    again = matrix(abroad.sections, seed=0, draws=100)
    pd.testing.assert_frame_equal(again, abroad.matrix)


# Formats


def test_every_format_has_it(abroad):
    assert "\nTrained here, tested elsewhere\n" in formats.text(abroad, "strict", "dice")
    assert "## Trained here, tested elsewhere" in formats.markdown(abroad, "strict", "dice")
    assert len(tables(abroad)) == 3 + 5
    assert r"\label{tab:matrix_loss}" in formats.latex(abroad, "strict", "dice")
    page = html(abroad, "strict", "dice", {}, [])
    assert '<a href="#elsewhere">' in page
    assert "Out-of-domain loss" in page


def test_the_csv_has_the_sections_first_and_then_the_matrix(abroad):
    rows = pd.read_csv(io.StringIO(formats.csv(abroad)))
    of_matrix = rows[rows["tested_on"].notna()]
    assert len(of_matrix) == len(abroad.matrix) == 6 + 12  # home; there and what is lost
    assert of_matrix.index.min() == len(abroad.scores)
    assert rows.columns[: len(COLUMNS)].tolist() == COLUMNS

"""What a finished run holds."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from project import ROOT, Project

pytestmark = pytest.mark.pipeline

RULES = {"strict", "lesion", "literal", "pooled", "batch_pooled"}
BRANCHES = {"direct", "guided", "guided_fallback", "oracle", "direct_ungated", "guided_ungated", "cascade"}
BRANCHES |= {"silent", "everything"}
DIFFERENCES = {"guided_minus_direct", "guided_ungated_minus_direct_ungated", "guided_minus_guided_fallback"}
DIFFERENCES |= {"oracle_minus_guided", "cascade_minus_direct", "guided_minus_cascade"}
INTERVAL = {"value", "ci_low", "ci_high", "groups"}
SHOWN = ("segmentation", "detection", "split")
"""What `dvc metrics` shows."""


def metrics(project: Project, name: str):
    return json.loads((project.folder / "metrics" / f"{name}.json").read_text())


def scalars(values):
    for value in values.values():
        yield from scalars(value) if isinstance(value, dict) else [value]


def test_headline_is_dice_of_the_chosen_mode_under_every_rule(finished: Project):
    values, branches = metrics(finished, "segmentation"), metrics(finished, "comparison")
    assert set(values) == RULES | {"operating"}
    for rule in RULES:
        assert values[rule]["dice"] == branches["guided"][rule]["dice"]["value"]
    assert set(values["strict"]) == {"dice", "iou", "precision", "recall", "hd95"}


def test_operating_values_are_told_with_the_scores(finished: Project):
    values = metrics(finished, "segmentation")["operating"]
    assert {"confidence", "direct_gate", "direct_threshold", "guided_threshold"} < set(values)
    assert metrics(finished, "detection")["operating_confidence"] == values["confidence"]


def test_branches_and_differences_stand_side_by_side(finished: Project):
    values = metrics(finished, "comparison")
    assert set(values) == BRANCHES | DIFFERENCES
    for name, rules in values.items():
        for rule in RULES:
            assert set(rules[rule]["dice"]) - {"p", "p_holm", "no_interval"} == INTERVAL, name
            assert ("p" in rules[rule]["dice"]) == (name in DIFFERENCES and rule != "batch_pooled")


def test_silence_scores_1_under_the_literal_rule_and_0_on_lesions(finished: Project):
    silent = metrics(finished, "comparison")["silent"]
    assert silent["literal"]["dice"]["value"] == 1
    assert silent["lesion"]["dice"]["value"] == 0


def test_details_hold_every_metric_under_every_rule(finished: Project):
    details = metrics(finished, "details")
    for rule in RULES:
        pooled = rule in ("pooled", "batch_pooled")
        assert len(details[rule]) == (6 if pooled else 11)
    assert set(details["by_pathology"]) == {"normal", "benign", "malignant", "unknown"}
    assert set(details["by_size"]) == {"small", "medium", "large"}
    assert {"cases", "normals", "lesionwise", "mask_calibration", "loss", "sample", "detection"} < set(details)


def test_metrics_that_dvc_shows_are_numbers_and_none_is_the_end_of_an_interval(finished: Project):
    for name in SHOWN:
        for value in scalars(metrics(finished, name)):
            assert value is None or (isinstance(value, int | float) and math.isfinite(value))
        assert not set(keys(metrics(finished, name))) & {"ci_low", "ci_high"}


def leaves(values):
    for value in values.values():
        if isinstance(value, dict):
            yield from [value] if "ci_low" in value else leaves(value)


def test_every_score_has_an_interval_or_says_why_not(finished: Project):
    for name in ("comparison", "details"):
        for leaf in leaves(metrics(finished, name)):
            missing = leaf["value"] is not None and leaf["ci_low"] is None
            assert isinstance(leaf.get("no_interval"), str) == missing
            assert (leaf["ci_low"] is None) == (leaf["ci_high"] is None)


def keys(values):
    for key, value in values.items():
        yield key
        if isinstance(value, dict):
            yield from keys(value)


def test_every_key_of_the_metrics_is_documented(finished: Project):
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text)) | {f"froc_1_{share}" for share in (2, 4)} | {f"froc_{n}" for n in (1, 2, 4)}
    for name in ("segmentation", "comparison", "details", "detection", "split"):
        assert f"metrics/{name}.json" in text
        assert not set(keys(metrics(finished, name))) - words, name


def test_detection_json_tells_ap_recall_and_false_boxes_as_the_details_do(finished: Project):
    values, details = metrics(finished, "detection"), metrics(finished, "details")["detection"]
    for name in ("ap50", "ap50_95", "lesion_recall", "precision", "false_boxes_per_normal_image"):
        assert values[name] == details[name]["value"]


def test_no_patient_is_in_two_splits(finished: Project):
    assert set(metrics(finished, "split")["leakage"].values()) == {0}


def test_split_csv_is_tracked_by_git_and_names_every_image(finished: Project):
    finished.git("ls-files", "--error-unmatch", "data/split.csv")
    split = pd.read_csv(finished.folder / "data" / "split.csv")
    assert len(split) == 32
    assert set(split["split"]) == {"train", "val", "test"}


def test_counts_cover_every_pixel_of_every_test_image(finished: Project):
    rows = pd.read_csv(finished.folder / "evaluations" / "unetpp" / "images.csv")
    assert (rows[["tp", "fp", "fn", "tn"]].sum(axis=1) == 96 * 72).all()
    split = pd.read_csv(finished.folder / "data" / "split.csv")
    assert set(rows["image_id"]) == set(split.loc[split["split"] == "test", "image_id"])
    assert rows.groupby("image_id")["branch"].agg(set).map(BRANCHES.__eq__).all()


def claim_everything_is_lesion(project: Project, copy: Path, chosen: str) -> None:
    """Replace the true masks of one split by full frames."""
    split = pd.read_csv(project.folder / "data" / "split.csv")
    for image_id in split.loc[split["split"] == chosen, "image_id"]:
        path = copy / "data" / "prepared" / "masks" / f"{image_id}.png"
        path.unlink()  # it may be a link into DVC's cache
        cv2.imwrite(str(path), np.full((72, 96), 255, dtype=np.uint8))


@pytest.mark.parametrize(("split", "matters"), [("test", False), ("val", True)])
def test_operating_values_depend_on_validation_truth_alone(
    finished: Project, tmp_path: Path, split: str, matters: bool
):
    copy = tmp_path / "copy"
    shutil.copytree(finished.folder, copy, ignore=shutil.ignore_patterns(".git", ".dvc", "raw"))
    claim_everything_is_lesion(finished, copy, split)
    command = [sys.executable, "-m", "stages.evaluate", "unetpp"]
    subprocess.run(command, cwd=copy, env=finished.environment, check=True, capture_output=True)
    before, after = (folder / "evaluations" / "unetpp" for folder in (finished.folder, copy))
    same_values = (before / "operating.json").read_text() == (after / "operating.json").read_text()
    same_scores = (before / "images.csv").read_text() == (after / "images.csv").read_text()
    assert same_values != matters
    assert split == "val" or not same_scores  # the false truth was really read


def test_ultralytics_left_nothing_in_the_dataset(finished: Project):
    assert {path.suffix for path in (finished.folder / "data" / "yolo").rglob("*") if path.is_file()} == {
        ".png",
        ".txt",
        ".yaml",
    }


FIGURES = {"rules", "failures", "contours", "masks", "boxes", "lesion_size", "patients", "detector", "reliability"}
FIGURES |= {"training", "patient_slices"}


def test_figures_and_curves_are_there(finished: Project):
    plots = finished.folder / "plots"
    curves = {"segmenter_direct", "segmenter_guided", "detector", "froc", "rules"}
    curves |= {"reliability_boxes", "reliability_direct", "reliability_guided"}
    assert {path.name for path in plots.iterdir()} == {"png", "svg", *(f"{curve}.csv" for curve in curves)}
    for kind in ("png", "svg"):
        assert {path.name for path in (plots / kind).iterdir()} == {f"{name}.{kind}" for name in FIGURES}


def test_rule_chart_holds_what_the_metrics_say(finished: Project):
    chart = pd.read_csv(finished.folder / "plots" / "rules.csv").set_index(["branch", "rule"])
    for branch in BRANCHES:
        for rule in RULES:
            value = metrics(finished, "comparison")[branch][rule]["dice"]["value"]
            assert chart.loc[(branch, rule), "dice"] == pytest.approx(100 * value, rel=1e-5)


def test_report_holds_the_page_the_tables_and_all_scores(finished: Project):
    report = finished.folder / "report"
    assert {path.name for path in report.iterdir()} - {".gitignore"} == {
        *("index.html", "comparison.md", "scores.json", "run.js", "tables")
    }
    assert "control: silent" in (report / "comparison.md").read_text()
    names = {path.stem for path in (report / "tables").iterdir()}
    assert {"table3_direct", "table4_detector", "table5_guided", "table6_side_by_side", "table7_others"} < names
    assert {path.name for path in (report / "tables").iterdir()} == {
        f"{name}.{ending}" for name in names for ending in ("csv", "md", "tex")
    }


def test_dvc_shows_curves_rule_chart_and_pictures(finished: Project):
    shown = json.loads(finished.dvc("plots", "show", "--json"))
    assert "errors" not in shown
    assert f"plots{os.sep}png{os.sep}rules.png" in shown["data"]
    chart = next(key for key in shown["data"] if key.startswith("Dice under every rule"))
    points = shown["data"][chart][0]["content"]["data"]["values"]
    assert {point["branch"] for point in points} == BRANCHES


def test_no_absolute_path_leaks_into_the_artifacts(finished: Project):
    for path in [
        *finished.folder.glob("models/**/*"),
        *finished.folder.glob("bundles/**/*"),
        *finished.folder.glob("data/yolo/*.yaml"),
        finished.folder / "dvc.lock",
    ]:
        if path.is_file():
            assert str(finished.folder).encode() not in path.read_bytes(), path

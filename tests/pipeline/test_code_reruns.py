"""Which stages a change of code reruns: a table of every module, and a real run after words were changed."""

import shutil
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project, ran

pytestmark = pytest.mark.pipeline

ACQUIRED = "outside acquire prepare"
KNOWN = f"{ACQUIRED} bundle"
EARLY = "split yolo_labels frames crop_rois"
DETECTOR = "pretrain_detector train_detector"
TRAINED = "train_segmenter predict"
JUDGED = "evaluate report"

# The stages that have a module in their deps, and so run when its text changes; those behind them run only where what
# these make is another. What is in no dep, and why, says `HARMLESS` in tests/unit/stage_imports.py.
TABLE = {
    "array_files.py": "frames crop_rois predict",
    "bundles/example.py": "bundle",
    "bundles/loading.py": "bundle",
    "bundles/making.py": "bundle",
    "bundles/schema.py": "bundle",
    "bundles/zipped.py": "bundle",
    "datasets/acquiring.py": "acquire",
    "datasets/alike.py": "prepare",
    "datasets/breast.py": KNOWN,
    "datasets/bus_bra.py": KNOWN,
    "datasets/bus_uclm.py": KNOWN,
    "datasets/busi.py": KNOWN,
    "datasets/busis.py": KNOWN,
    "datasets/catalogue.py": KNOWN,
    "datasets/dataset.py": KNOWN,
    "datasets/duplicates.py": "prepare",
    "datasets/folder.py": KNOWN,
    "datasets/locating.py": "outside acquire",
    "datasets/outlines.py": KNOWN,
    "datasets/pairs.py": KNOWN,
    "datasets/phantom.py": KNOWN,
    "datasets/phantom_anatomy.py": f"{ACQUIRED} pretrain_detector bundle",
    "datasets/phantom_imaging.py": f"{ACQUIRED} pretrain_detector bundle",
    "datasets/phantom_wide.py": "pretrain_detector",
    "datasets/places.py": "outside acquire",
    "datasets/prepared.py": f"prepare split yolo_labels detect frames crop_rois {JUDGED}",
    "datasets/preparing.py": "prepare",
    "datasets/reading.py": "acquire prepare",
    "datasets/records.py": "acquire prepare",
    "datasets/sources.py": "acquire",
    "datasets/splits.py": "yolo_labels frames crop_rois evaluate",
    "datasets/splitting.py": "split",
    "datasets/tables.py": KNOWN,
    "datasets/udiat.py": KNOWN,
    "datasets/union.py": "acquire prepare",
    "detection/boxes.py": "crop_rois report",
    "detection/fcos/data.py": DETECTOR,
    "detection/fcos/network.py": f"{DETECTOR} detect bundle",
    "detection/fcos/trained.py": f"{DETECTOR} detect bundle",
    "detection/fcos/training.py": DETECTOR,
    "detection/labels.py": "yolo_labels pretrain_detector",
    "detection/letterbox.py": f"{DETECTOR} detect bundle",
    "detection/pretraining.py": "pretrain_detector",
    "detection/suppression.py": f"{DETECTOR} detect bundle",
    "detection/trained.py": "train_detector detect bundle",
    "detection/training.py": DETECTOR,
    "detection/yolo/__init__.py": f"{DETECTOR} detect bundle",
    "detection/yolo/checkpoint.py": f"{DETECTOR} detect bundle",
    "detection/yolo/head.py": f"{DETECTOR} detect bundle",
    "detection/yolo/network.py": f"{DETECTOR} detect bundle",
    "detection/yolo/trained.py": f"{DETECTOR} detect bundle",
    "detection/yolo/training.py": DETECTOR,
    "detection/yolo/weights.py": DETECTOR,
    "encoders/encoders.py": f"{DETECTOR} detect {TRAINED} bundle",
    "encoders/normalisation.py": f"{DETECTOR} detect {TRAINED} bundle",
    "evaluation/bootstrap.py": f"{DETECTOR} {JUDGED} bundle",
    "evaluation/box_ranking.py": f"{DETECTOR} report",
    "evaluation/calibration.py": f"{DETECTOR} {JUDGED} bundle",
    "evaluation/counts.py": f"{JUDGED} bundle",
    "evaluation/detection.py": "report",
    "evaluation/estimates.py": "report bundle",
    "evaluation/lesions.py": f"{JUDGED} bundle",
    "evaluation/matching.py": f"{DETECTOR} frames crop_rois report",
    "evaluation/operating.py": f"{JUDGED} bundle",
    "evaluation/paired.py": "report bundle",
    "evaluation/recipe.py": "report",
    "evaluation/rules.py": "report bundle",
    "evaluation/scores.py": "report bundle",
    "evaluation/surfaces.py": f"{JUDGED} bundle",
    "exporting.py": f"{DETECTOR} detect {TRAINED} bundle",
    "fitting/callbacks.py": f"{DETECTOR} train_segmenter",
    "fitting/fingerprint.py": f"{DETECTOR} train_segmenter",
    "fitting/loop.py": f"{DETECTOR} train_segmenter",
    "fitting/optimisation.py": f"{DETECTOR} train_segmenter",
    "fitting/sampling.py": f"{DETECTOR} train_segmenter",
    "grey.py": "acquire prepare bundle",
    "inference/detect.py": "detect",
    "inference/detector.py": "detect bundle",
    "inference/engines/engine.py": "detect predict bundle",
    "inference/engines/onnx_runtime.py": "detect predict bundle",
    "inference/engines/open_vino.py": "detect predict bundle",
    "inference/engines/opening.py": "detect predict bundle",
    "inference/engines/pytorch.py": "detect predict bundle",
    "inference/filling.py": "predict bundle",
    "inference/lesions.py": "bundle",
    "inference/pasting.py": f"{JUDGED} bundle",
    "inference/patchwork.py": JUDGED,
    "inference/predict.py": "predict",
    "inference/result.py": "bundle",
    "inference/segmenter.py": "bundle",
    "inference/tiles.py": JUDGED,
    "json_files.py": f"outside split pretrain_detector {JUDGED}",
    "junk.py": KNOWN,
    "lock.py": "report",
    "lookahead.py": f"acquire prepare {DETECTOR} detect frames crop_rois predict report bundle",
    "names.py": f"{ACQUIRED} split yolo_labels {DETECTOR} frames crop_rois train_segmenter {JUDGED} bundle",
    "outside.py": "outside",
    "regions.py": f"frames crop_rois train_segmenter {JUDGED} bundle",
    "reporting/card": "bundle",
    "reporting/cases.py": "report",
    "reporting/figures": "report",
    "reporting/page": "report",
    "reporting/results.py": "report",
    "reporting/selection.py": "report",
    "reporting/tables": "report bundle",
    "resizing.py": f"acquire prepare frames crop_rois train_segmenter {JUDGED} bundle",
    "scoring.py": "evaluate",
    "segmentation/answers.py": f"{TRAINED} bundle",
    "segmentation/crops.py": "frames crop_rois",
    "segmentation/data.py": "train_segmenter",
    "segmentation/inputs.py": f"frames crop_rois {TRAINED} {JUDGED}",
    "segmentation/losses.py": TRAINED,
    "segmentation/models/${item.model}.py": f"{TRAINED} bundle",
    "segmentation/models/__init__.py": f"{TRAINED} bundle",
    "segmentation/models/attention_gate.py": f"{TRAINED} bundle",
    "segmentation/models/layers.py": f"{TRAINED} bundle",
    "segmentation/models/plain_encoder.py": f"{TRAINED} bundle",
    "segmentation/models/u_shaped.py": f"{TRAINED} bundle",
    "segmentation/trained.py": f"{TRAINED} bundle",
    "segmentation/training.py": "train_segmenter",
    "sources/frame.py": "acquire prepare",
    "sources/levels.py": "acquire prepare",
    "sources/opening.py": "acquire prepare",
    "sources/pictures.py": "acquire prepare",
    "sources/source.py": "acquire prepare",
    "sources/stack.py": "acquire prepare",
}


def test_the_table_is_that_of_dvc_yaml():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    found: dict[str, list[str]] = {}
    for name, stage in stages.items():
        for dep in stage["deps"]:
            if dep.startswith("src/guidedseg/"):
                found.setdefault(dep.removeprefix("src/guidedseg/"), []).append(name)
    assert {module: " ".join(names) for module, names in sorted(found.items())} == TABLE


def reword(project: Project, module: str, old: str, new: str) -> None:
    path = project.folder / "src" / "guidedseg" / module
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """Its own copy, in which code may be changed."""
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_other_words_about_a_raw_dataset_train_nothing(project: Project):
    reword(project, "datasets/bus_uclm.py", "is not in INFO.csv", "has no row in INFO.csv")
    reword(project, "datasets/sources.py", "cannot be unpacked", "does not unpack")
    reword(project, "errors.py", "... and", "and")
    reword(project, "progress.py", "training goes on without live curves", "no live curves")
    # these two import what was reworded; what they make is the same, so DVC stops behind them
    assert ran(project.dvc("repro")) == {"outside@phantom", "acquire@phantom", "prepare"}


def test_other_words_of_what_cannot_change_a_result_rerun_nothing(project: Project):
    reword(project, "errors.py", "... and", "and")
    reword(project, "params/__init__.py", "Mend these keys", "Correct these keys")
    reword(project, "writing.py", "beside ``target``", "next to ``target``")
    assert ran(project.dvc("repro")) == {"outside@phantom"}

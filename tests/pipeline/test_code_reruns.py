"""Which stages a change of code reruns: a table of every module, and a real run after words were changed."""

import shutil
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project, ran

pytestmark = pytest.mark.pipeline

ACQUIRED = "outside acquire prepare"
EARLY = "split yolo_labels frames crop_rois"
TRAINED = "train_segmenter predict"
JUDGED = "evaluate report"

# The stages that have a module in their deps, and so run when its text changes; those behind them run only where what
# these make is another. What is in no dep, and why, says `HARMLESS` in tests/unit/stage_imports.py.
TABLE = {
    "array_files.py": "frames crop_rois predict",
    "datasets/alike.py": "prepare",
    "datasets/bus_uclm.py": ACQUIRED,
    "datasets/duplicates.py": "prepare",
    "datasets/phantom.py": "acquire",
    "datasets/phantom_anatomy.py": "acquire",
    "datasets/phantom_imaging.py": "acquire",
    "datasets/places.py": ACQUIRED,
    "datasets/prepared.py": f"prepare split yolo_labels detect frames crop_rois {JUDGED}",
    "datasets/preparing.py": "prepare",
    "datasets/records.py": ACQUIRED,
    "datasets/sources.py": "acquire",
    "datasets/splits.py": "yolo_labels frames crop_rois evaluate",
    "datasets/splitting.py": "split",
    "detection/boxes.py": "crop_rois report",
    "detection/labels.py": "yolo_labels",
    "detection/yolo/__init__.py": "train_detector detect",
    "detection/yolo/checkpoint.py": "train_detector detect",
    "detection/yolo/head.py": "train_detector detect",
    "detection/yolo/network.py": "train_detector detect",
    "detection/yolo/trained.py": "train_detector detect",
    "detection/yolo/training.py": "train_detector",
    "detection/yolo/weights.py": "train_detector",
    "evaluation/bootstrap.py": JUDGED,
    "evaluation/box_ranking.py": "report",
    "evaluation/calibration.py": JUDGED,
    "evaluation/counts.py": JUDGED,
    "evaluation/detection.py": "report",
    "evaluation/estimates.py": "report",
    "evaluation/lesions.py": JUDGED,
    "evaluation/matching.py": "report",
    "evaluation/operating.py": JUDGED,
    "evaluation/paired.py": "report",
    "evaluation/recipe.py": "report",
    "evaluation/rules.py": "report",
    "evaluation/scores.py": "report",
    "evaluation/surfaces.py": JUDGED,
    "exporting.py": f"train_detector detect {TRAINED}",
    "inference/detect.py": "detect",
    "inference/detector.py": "detect",
    "inference/engines/engine.py": "detect predict",
    "inference/engines/onnx_runtime.py": "detect predict",
    "inference/engines/open_vino.py": "detect predict",
    "inference/engines/opening.py": "detect predict",
    "inference/engines/pytorch.py": "detect predict",
    "inference/filling.py": "predict",
    "inference/letterbox.py": "detect",
    "inference/pasting.py": JUDGED,
    "inference/patchwork.py": JUDGED,
    "inference/predict.py": "predict",
    "inference/tiles.py": JUDGED,
    "json_files.py": f"outside split {JUDGED}",
    "lock.py": "report",
    "lookahead.py": f"{ACQUIRED} detect frames crop_rois predict report",
    "names.py": f"{EARLY} {JUDGED}",
    "outside.py": "outside",
    "regions.py": f"frames crop_rois {JUDGED}",
    "reporting/cases.py": "report",
    "reporting/figures": "report",
    "reporting/page": "report",
    "reporting/results.py": "report",
    "reporting/selection.py": "report",
    "reporting/tables": "report",
    "resizing.py": f"{ACQUIRED} frames crop_rois {JUDGED}",
    "scoring.py": "evaluate",
    "segmentation/answers.py": TRAINED,
    "segmentation/callbacks.py": "train_segmenter",
    "segmentation/crops.py": "frames crop_rois",
    "segmentation/data.py": "train_segmenter",
    "segmentation/inputs.py": f"frames crop_rois {TRAINED} {JUDGED}",
    "segmentation/losses.py": TRAINED,
    "segmentation/models/${item.model}.py": TRAINED,
    "segmentation/models/__init__.py": TRAINED,
    "segmentation/models/attention_gate.py": TRAINED,
    "segmentation/models/encoders.py": TRAINED,
    "segmentation/models/layers.py": TRAINED,
    "segmentation/models/plain_encoder.py": TRAINED,
    "segmentation/models/u_shaped.py": TRAINED,
    "segmentation/optimisation.py": "train_segmenter",
    "segmentation/trained.py": TRAINED,
    "segmentation/training.py": "train_segmenter",
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

"""Which stages a change of code reruns: a table of every module, and a real run after words were changed."""

import shutil
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project, ran

pytestmark = pytest.mark.pipeline

ACQUIRED = "outside acquire prepare"
KNOWN = f"{ACQUIRED} report bundle"
EARLY = "split yolo_labels frames crop_rois"
DETECTOR = "pretrain_detector train_detector"
TRAINED = "train_segmenter predict"
JUDGED = "evaluate report"
SHIPPED = "external bundle"
SHARDED = "prepare evaluate external"

# The stages that have a module in their deps, and so run when its text changes; those behind them run only where what
# these make is another. What is in no dep, and why, says `HARMLESS` in tests/unit/stage_imports.py.
TABLE = {
    "array_files.py": "frames crop_rois predict cascade external",
    "bundles/example.py": "bundle",
    "bundles/loading.py": SHIPPED,
    "bundles/making.py": "bundle",
    "bundles/schema.py": SHIPPED,
    "bundles/zipped.py": SHIPPED,
    "cascading.py": "cascade external",
    "cluster/cutting.py": SHARDED,
    "cluster/local.py": SHARDED,
    "cluster/on_ray.py": SHARDED,
    "cluster/tasks.py": SHARDED,
    "code.py": f"{SHARDED} synthetic",
    "counting.py": "evaluate external",
    "datasets/acquiring.py": "acquire",
    "datasets/alike.py": "prepare synthetic",
    "datasets/balance.py": "yolo_labels frames crop_rois",
    "datasets/breast.py": KNOWN,
    "datasets/bus_bra.py": KNOWN,
    "datasets/bus_uclm.py": KNOWN,
    "datasets/busi.py": KNOWN,
    "datasets/busis.py": KNOWN,
    "datasets/catalogue.py": KNOWN,
    "datasets/dataset.py": f"{KNOWN} synthetic",
    "datasets/duplicates.py": "prepare synthetic",
    "datasets/folder.py": f"{KNOWN} synthetic",
    "datasets/harmonised.py": "prepare synthetic",
    "datasets/images.py": "yolo_labels frames crop_rois",
    "datasets/locating.py": "outside acquire prepare synthetic",
    "datasets/masks.py": "acquire prepare synthetic",
    "datasets/outlines.py": f"{KNOWN} synthetic",
    "datasets/pairs.py": f"{KNOWN} synthetic",
    "datasets/phantom.py": KNOWN,
    "datasets/phantom_anatomy.py": f"{ACQUIRED} pretrain_detector report bundle synthetic",
    "datasets/phantom_elsewhere.py": KNOWN,
    "datasets/phantom_imaging.py": f"{ACQUIRED} pretrain_detector report bundle synthetic",
    "datasets/phantom_wide.py": "pretrain_detector synthetic",
    "datasets/places.py": "outside acquire",
    "datasets/prepared.py": f"{EARLY} {JUDGED} prepare synthetic detect cascade external",
    "datasets/preparing.py": "prepare synthetic",
    "datasets/reading.py": "acquire prepare synthetic",
    "datasets/records.py": "acquire prepare synthetic",
    "datasets/sharded.py": "prepare",
    "datasets/sources.py": "acquire",
    "datasets/splits.py": "split yolo_labels frames crop_rois evaluate synthetic",
    "datasets/splitting.py": "split",
    "datasets/synthesizing.py": "synthetic",
    "datasets/synthetic.py": f"{DETECTOR} synthetic yolo_labels coarse frames crop_rois cascade external",
    "datasets/tables.py": f"{KNOWN} synthetic",
    "datasets/udiat.py": KNOWN,
    "datasets/unfinished.py": "prepare synthetic",
    "datasets/union.py": "acquire prepare",
    "datasets/workbooks.py": f"{KNOWN} synthetic",
    "datasets/zips.py": "acquire",
    "detection/average_precisions.py": f"{DETECTOR} coarse",
    "detection/boxes.py": "crop_rois report",
    "detection/pyramid/data.py": DETECTOR,
    "detection/pyramid/fcos.py": f"{DETECTOR} detect {SHIPPED}",
    "detection/pyramid/maskrcnn.py": f"{DETECTOR} {SHIPPED} detect",
    "detection/pyramid/networks.py": f"{DETECTOR} {SHIPPED} detect",
    "detection/pyramid/trained.py": f"{DETECTOR} detect {SHIPPED}",
    "detection/pyramid/training.py": DETECTOR,
    "detection/labels.py": f"{DETECTOR} yolo_labels coarse",
    "detection/letterbox.py": f"{DETECTOR} {SHIPPED} coarse detect cascade",
    "detection/pretraining.py": "pretrain_detector",
    "detection/suppression.py": f"{DETECTOR} {SHIPPED} coarse detect cascade",
    "detection/trained.py": f"train_detector detect {SHIPPED}",
    "detection/training.py": DETECTOR,
    "detection/training_list.py": f"{DETECTOR} yolo_labels coarse",
    "detection/yolo/__init__.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "detection/yolo/checkpoint.py": f"{DETECTOR} detect {SHIPPED}",
    "detection/yolo/head.py": f"{DETECTOR} detect {SHIPPED}",
    "detection/yolo/network.py": f"{DETECTOR} detect {SHIPPED}",
    "detection/yolo/trained.py": f"{DETECTOR} detect {SHIPPED}",
    "detection/yolo/training.py": DETECTOR,
    "detection/yolo/weights.py": DETECTOR,
    "encoders/encoders.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "encoders/normalisation.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "encoders/pyramid.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "evaluation/bootstrap.py": f"{DETECTOR} {JUDGED} {SHIPPED} coarse",
    "evaluation/box_ranking.py": f"{DETECTOR} coarse report",
    "evaluation/calibration.py": f"{DETECTOR} {JUDGED} {SHIPPED} coarse",
    "evaluation/counts.py": f"{JUDGED} {SHIPPED}",
    "evaluation/detection.py": "report",
    "evaluation/estimates.py": "report bundle",
    "evaluation/lesions.py": f"{JUDGED} {SHIPPED}",
    "evaluation/matching.py": f"{DETECTOR} coarse frames crop_rois cascade external report",
    "evaluation/operating.py": f"{JUDGED} {SHIPPED} coarse detect cascade",
    "evaluation/paired.py": "report bundle",
    "evaluation/recipe.py": "report",
    "evaluation/rules.py": f"report {SHIPPED}",
    "evaluation/scores.py": "report bundle",
    "evaluation/surfaces.py": f"{JUDGED} {SHIPPED}",
    "exporting.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "external.py": "external",
    "fitting/callbacks.py": f"{DETECTOR} train_segmenter",
    "fitting/fingerprint.py": f"{DETECTOR} train_segmenter",
    "fitting/loop.py": f"{DETECTOR} train_segmenter",
    "fitting/optimisation.py": f"{DETECTOR} train_segmenter",
    "fitting/ranks.py": f"{DETECTOR} train_segmenter",
    "fitting/sampling.py": f"{DETECTOR} train_segmenter",
    "fitting/shares.py": f"{DETECTOR} train_segmenter",
    "grey.py": f"acquire prepare {SHIPPED} synthetic",
    "harmonising/marks.py": f"prepare {SHIPPED} synthetic",
    "harmonising/picture.py": f"prepare {SHIPPED} synthetic",
    "harmonising/region.py": f"prepare {SHIPPED} synthetic",
    "inference/cascade.py": f"{SHIPPED} coarse detect cascade",
    "inference/coarse.py": "coarse",
    "inference/detect.py": "detect external",
    "inference/detector.py": f"{SHIPPED} coarse detect cascade",
    "inference/engines/engine.py": f"{SHIPPED} coarse detect predict cascade",
    "inference/engines/onnx_runtime.py": f"{SHIPPED} coarse detect predict cascade",
    "inference/engines/open_vino.py": f"{SHIPPED} coarse detect predict cascade",
    "inference/engines/opening.py": f"{SHIPPED} coarse detect predict cascade",
    "inference/engines/pytorch.py": f"{SHIPPED} coarse detect predict cascade",
    "inference/filling.py": f"{SHIPPED} coarse detect predict cascade",
    "inference/lesions.py": SHIPPED,
    "inference/pasting.py": f"{JUDGED} {SHIPPED} coarse detect cascade",
    "inference/patchwork.py": f"{JUDGED} external",
    "inference/predict.py": "predict cascade external",
    "inference/proposing.py": f"{SHIPPED} coarse detect",
    "inference/result.py": SHIPPED,
    "inference/segmenter.py": SHIPPED,
    "inference/tiles.py": f"{JUDGED} cascade external",
    "instances/maskrcnn.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "instances/merging.py": f"{TRAINED} {SHIPPED} cascade",
    "instances/network.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "instances/suppression.py": f"{DETECTOR} {TRAINED} {SHIPPED} detect cascade",
    "json_files.py": f"outside split pretrain_detector {JUDGED} external",
    "junk.py": f"{KNOWN} synthetic",
    "lock.py": "report",
    "lookahead.py": f"{DETECTOR} {JUDGED} {SHIPPED} acquire prepare synthetic detect frames crop_rois predict cascade",
    "names.py": f"{KNOWN} {EARLY} {DETECTOR} {TRAINED} synthetic coarse detect cascade evaluate external",
    "outside.py": "outside",
    "prompted": f"{TRAINED} {SHIPPED} cascade",
    "regions.py": f"{JUDGED} {SHIPPED} coarse detect frames crop_rois train_segmenter cascade",
    "reporting/card": "bundle",
    "reporting/cases.py": "report",
    "reporting/elsewhere.py": "report",
    "reporting/figures": "report",
    "reporting/page": "report",
    "reporting/results.py": "report",
    "reporting/selection.py": "report",
    "reporting/tables": "report bundle",
    "resizing.py": (
        f"{JUDGED} {SHIPPED} acquire prepare synthetic coarse detect frames crop_rois train_segmenter cascade"
    ),
    "scoring.py": "evaluate external",
    "segmentation/answers.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/crops.py": "frames crop_rois cascade external",
    "segmentation/data.py": "train_segmenter",
    "segmentation/inputs.py": f"{TRAINED} {JUDGED} frames crop_rois cascade external",
    "segmentation/losses.py": f"{TRAINED} cascade",
    "segmentation/measuring.py": "train_segmenter",
    "segmentation/models/${item.model}.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/models/__init__.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/models/attention_gate.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/models/layers.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/models/plain_encoder.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/models/u_shaped.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/trained.py": f"{TRAINED} {SHIPPED} cascade",
    "segmentation/training.py": "train_segmenter",
    "sources/dicom.py": "acquire prepare synthetic",
    "sources/dicom_levels.py": "acquire prepare synthetic",
    "sources/dicom_region.py": "acquire prepare synthetic",
    "sources/frame.py": "acquire prepare synthetic",
    "sources/levels.py": "acquire prepare synthetic",
    "sources/opening.py": "acquire prepare synthetic",
    "sources/pictures.py": "acquire prepare synthetic",
    "sources/source.py": "acquire prepare synthetic",
    "sources/stack.py": "acquire prepare synthetic",
    "sources/video.py": "acquire prepare synthetic",
    "sources/video_length.py": "acquire prepare synthetic",
    "tested.py": "external report",
    "evaluated.py": "external report",
}


def test_the_table_is_that_of_dvc_yaml():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    found: dict[str, set[str]] = {}
    for name, stage in stages.items():
        for dep in stage["deps"]:
            if dep.startswith("src/guidedseg/") and not name.endswith(
                "_external"
            ):  # which are `acquire` and others again
                found.setdefault(dep.removeprefix("src/guidedseg/"), set()).add(name)
    assert found == {module: set(names.split()) for module, names in TABLE.items()}


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
    reword(project, "datasets/bus_uclm.py", "not Yes or No", "neither Yes nor No")
    reword(project, "datasets/zips.py", "cannot be unpacked", "does not unpack")
    reword(project, "errors.py", "... and", "and")
    reword(project, "progress.py", "training goes on without live curves", "no live curves")
    # these import what was reworded; what they make is the same, so DVC stops behind them
    assert ran(project.dvc("repro")) == {"outside@phantom", "acquire@phantom", "prepare", "report", "bundle@unetpp"}


def test_other_words_of_what_cannot_change_a_result_rerun_nothing(project: Project):
    reword(project, "errors.py", "... and", "and")
    reword(project, "params/__init__.py", "Mend these keys", "Correct these keys")
    reword(project, "writing.py", "beside ``target``", "next to ``target``")
    assert ran(project.dvc("repro")) == {"outside@phantom"}

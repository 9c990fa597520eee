"""What a run hands on: it is whole, scores what the pipeline scored, and can be fetched."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from project import Project

import guidedseg
from guidedseg.bundles import checking
from guidedseg.datasets import prepared, splits
from guidedseg.detection.boxes import read_detections
from guidedseg.evaluation.operating import Operating
from guidedseg.inference import tiles
from guidedseg.inference.patchwork import patchworks
from guidedseg.names import MODES

pytestmark = pytest.mark.pipeline


def images(project: Project, *names: str) -> list[str]:
    index = prepared.read_index(project.folder / "data/prepared")
    split = splits.read(project.folder / "data/split.csv", index)
    return split.loc[split["split"].isin(names), "image_id"].tolist()


def test_folder_and_zip_are_whole_and_segment_their_example(finished: Project):
    for name in ("unetpp", "unetpp.zip"):
        lines = checking.check(finished.folder / "bundles" / name)
        assert lines[0].startswith("guidedseg-phantom-unetpp")
        assert "the same" in lines[-1]


@pytest.mark.parametrize("point", ["chosen", "where half of the pixels count"])
def test_masks_are_those_that_the_pipeline_scored(finished: Project, point: str):
    """Pixel by pixel, for every validation and test image, in every branch that can be asked for.

    At what the validation images chose, and where even a detector and networks of three epochs mark something.
    """
    folder = finished.folder
    segmenter = guidedseg.load(folder / "bundles/unetpp").segmenter
    of_mode = {mode: tiles.load(folder / "predictions/unetpp" / mode) for mode in MODES}
    operating = Operating(**json.loads((folder / "evaluations/unetpp/operating.json").read_text()))
    if point != "chosen":
        half = {mode: float(np.median(of_mode[mode].probabilities)) / 255 for mode in MODES}
        operating = replace(
            operating,
            confidence=segmenter.detector.floor,
            direct_gate=0.0,
            **{f"{mode}_threshold": threshold for mode, threshold in half.items()},
        )
        segmenter = replace(
            segmenter,
            confidence=operating.confidence,
            direct=replace(segmenter.direct, threshold=half["direct"], gate=0.0),
            guided=replace(segmenter.guided, threshold=half["guided"]),
        )
    ids = prepared.read_index(folder / "data/prepared")["image_id"]
    found = read_detections(folder / "data/detections.csv", ids).groupby("image_id")
    lesions = 0
    for image_id in images(finished, "val", "test"):
        image = prepared.load_image(folder / "data/prepared", image_id)
        patches = patchworks(of_mode["direct"], of_mode["guided"], image_id, operating)
        for branch in ("guided", "direct", "guided_fallback"):
            result = segmenter.segment(image, branch)
            np.testing.assert_array_equal(result.mask, patches[branch].mask(*image.shape), f"{image_id} {branch}")
            lesions += len(result.lesions)
        boxes, confidences = segmenter.boxes(image)
        rows = found.get_group(image_id) if image_id in found.groups else None
        assert boxes.tolist() == ([] if rows is None else rows[["x0", "y0", "x1", "y1"]].to_numpy().tolist())
        assert confidences.tolist() == ([] if rows is None else rows["confidence"].tolist())
    assert lesions > 0 or point == "chosen"


def test_card_tells_the_scores_of_the_run(finished: Project):
    text = (finished.folder / "bundles/unetpp/README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    (result,) = front["model-index"][0]["results"]
    values = {metric["name"]: metric["value"] for metric in result["metrics"]}
    comparison = json.loads((finished.folder / "metrics/comparison.json").read_text())
    for mode in MODES:
        for rule in ("strict", "lesion", "literal"):
            assert values[f"Dice, {mode}, {rule}"] == comparison[mode][rule]["dice"]["value"]
    assert "not a medical device" in text


def test_description_names_images_split_and_code(finished: Project):
    described = json.loads((finished.folder / "bundles/unetpp/bundle.json").read_text(encoding="utf-8"))
    assert described["data"]["dataset"] == "phantom"
    assert described["data"]["images"]["test"] == len(images(finished, "test"))
    assert len(described["made"]["commit"]) == 40
    assert described["made"]["params"]["seed"] == 0


def test_bundle_is_fetched_by_name(finished: Project, tmp_path: Path):
    finished.git("tag", "--annotate", "bundle@v1.0.0", "--message", "v1.0.0")  # what `gto register bundle` does
    output = finished.dvc("artifacts", "get", str(finished.folder), "bundle", "--out", str(tmp_path / "got.zip"))
    assert (tmp_path / "got.zip").read_bytes() == (finished.folder / "bundles/unetpp.zip").read_bytes(), output


def test_segment_writes_the_masks_of_the_pipeline(finished: Project, tmp_path: Path):
    from typer.testing import CliRunner

    from guidedseg.cli import app

    image_id = images(finished, "test")[0]
    source = finished.folder / "data/raw/phantom/images" / f"{image_id}.png"
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["segment", str(source), "--bundle", str(finished.folder / "bundles/unetpp.zip"), "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    mask = cv2.imread(str(out / "masks" / f"{image_id}.png"), cv2.IMREAD_GRAYSCALE)
    image = prepared.load_image(finished.folder / "data/prepared", image_id)
    expected = guidedseg.load(finished.folder / "bundles/unetpp").segment(image).mask
    np.testing.assert_array_equal(mask > 0, expected)

"""The stage that puts a bundle together, on what the stages before it leave."""

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import small_bundle
from drawings import OPERATING
from runs import run_of
from segmenting import contents
from three_images import A, B, N

from guidedseg.bundles import checking
from guidedseg.bundles.loading import load, sha256
from stages import bundle as stage

CHOSEN = {"confidence": 0.41, "direct_gate": 0.125, "direct_threshold": 0.35, "guided_threshold": 0.65}

SIZES = {"profile": "quick", "model": "unet", "profiles.quick.inputs.image_size": small_bundle.SIZE}


@pytest.fixture
def project(networks, changed, tmp_path, monkeypatch):
    """The files that it reads, of a run with the smallest network."""
    changed({**SIZES, "predict.flips": True, "roi.margin": 0.2, "detect.max_boxes": 7})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bundle", "unet"])
    for mode in ("direct", "guided"):
        shutil.copytree(networks[mode], Path("models/unet") / mode)
    shutil.copytree(networks["detector"], "models/detector")
    texts = {
        "report/scores.json": json.dumps(run_of(A, B, N).scores),
        "metrics/split.json": json.dumps(small_bundle.SPLIT),
        "evaluations/unet/operating.json": json.dumps({**asdict(OPERATING), **CHOSEN}),
        "data/prepared/index.csv": "image_id\na\n",
        "data/split.csv": "image_id,split\na,test\n",
    }
    for name, text in texts.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_bundle_has_the_values_of_the_run_and_passes_its_check(project):
    out, line = stage.main()
    assert out == Path("bundles/unet")
    assert line.startswith("guidedseg-phantom-unet, ")
    assert {path.name for path in (project / "bundles").iterdir()} == {"unet", "unet.zip"}
    for path in (out, out.with_suffix(".zip")):
        assert len(checking.check(path)) == 3
    made = load(out, threads=1)
    used, described = made.segmenter, made.description
    assert (used.confidence, used.margin, used.flips) == (0.41, 0.2, True)
    assert (used.direct.threshold, used.direct.gate, used.direct.image_size) == (0.35, 0.125, small_bundle.SIZE)
    assert (used.guided.threshold, used.guided.gate, used.guided.image_size) == (0.65, 0.0, small_bundle.SIZE)
    assert (used.detector.image_size, used.detector.max_boxes) == (small_bundle.DETECTOR_SIZE, 7)
    assert described.data.index_sha256 == sha256(Path("data/prepared/index.csv"))
    assert described.data.split_sha256 == sha256(Path("data/split.csv"))
    assert described.data.images == {part: small_bundle.SPLIT[part]["images"] for part in ("train", "val", "test")}
    assert described.made.params["profile"] == "quick"
    assert described.made.commit is None  # there is no repository here
    assert (out / "README.md").read_text(encoding="utf-8").count("\n## ") > 5


def test_a_union_has_a_name_that_a_file_may_have(project, changed):
    changed({**SIZES, "dataset": "phantom+phantom_elsewhere"})
    _, line = stage.main()
    assert line.startswith("guidedseg-phantom-phantom_elsewhere-unet, ")
    assert (project / "bundles" / "unet.zip").is_file()


def test_made_again_it_has_the_same_bytes(project):
    stage.main()
    before = contents(project / "bundles")
    stage.main()
    assert contents(project / "bundles") == before


def test_it_names_nothing_of_the_machine(project, changed):
    keys = ("yolo.weights", "network.encoder_weights")
    changed({**SIZES, **{f"profiles.quick.{key}": f"/home/maria/{key}.pt" for key in keys}})
    stage.main()
    recipe = json.loads(Path("bundles/unet/bundle.json").read_text(encoding="utf-8"))["made"]["params"]["profiles"]
    assert recipe["quick"]["network"]["encoder_weights"] == "network.encoder_weights.pt"
    words = [str(project).encode(), b"site-packages", b"maria"]
    assert not [name for name, data in contents(project / "bundles").items() if any(word in data for word in words)]


@pytest.mark.usefixtures("project")
def test_what_prepare_makes_of_pictures_the_bundle_makes_too_and_its_card_says_so(changed):
    sizes = {"model": "unet", "profiles.quick.inputs.image_size": small_bundle.SIZE}
    changed({**sizes, "prepare.region": True, "prepare.intensity": [2, 98]})
    out, _ = stage.main()
    used = load(out, threads=1).segmenter.harmonising
    assert (used.region, used.marks, used.intensity, used.mm_per_pixel) == (True, False, [2, 98], None)
    assert "| made of every picture before | region True, intensity [2.0, 98.0] |" in (out / "README.md").read_text()
    assert len(checking.check(out)) == 3

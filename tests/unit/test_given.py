"""A network whose weights are given is read, measured once and handed on like one that was trained here."""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import small_sam
import small_training
import torch
from safetensors.torch import load_file

from guidedseg import checks, given, needs, params
from guidedseg.errors import GuidedsegError
from guidedseg.inference.engines.opening import open_engine
from guidedseg.segmentation import inputs, measuring, models, trained, training
from stages import outside, train_segmenter

pytestmark = pytest.mark.usefixtures("one_thread")

OPTIONS: dict[str, Any] = {"weights": str(small_sam.file()), "pixels": small_sam.PIXELS, "normalised": True}
MARGIN = 0.25
INPUTS = small_training.make_inputs()
INPUTS.training["margin"] = MARGIN
CHOSEN = {"model": "sam", **{f"models.sam.{key}": value for key, value in OPTIONS.items()}}


def measure(target: Path, **changes: Any) -> dict[str, Any]:
    target.mkdir()
    options, recipe = OPTIONS | changes, small_training.RECIPE
    return measuring.measure(INPUTS, name="sam", options=options, recipe=recipe, target=target)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sam") / "guided"
    measure(folder)
    trained.export(folder)
    return folder


def test_files_are_those_of_a_training(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {*small_training.RESULTS, "network.onnx"}
    config = json.loads((made / "config.json").read_text(encoding="utf-8"))
    assert config["given"] == {
        "file": "tiny.pth",
        "sha256": hashlib.sha256(small_sam.file().read_bytes()).hexdigest(),
        "kind": "SAM, 3 blocks from 32 channels on",
        "margin": MARGIN,
    }
    assert config["encoder_weights"] == "tiny.pth"
    assert str(small_sam.file().parent) not in json.dumps(config)  # a bundle has it in it
    curve = pd.read_csv(made / "curve.csv")
    assert curve.columns.tolist() == ["epoch", "train_loss", "val_loss", "val_dice", "val_strict"]
    assert curve["epoch"].tolist() == [1]
    assert curve["train_loss"].isna().all()


def test_kept_network_is_the_checkpoints_prompted_by_the_margins_box(made: Path) -> None:
    net, _ = trained.load(made)
    low = MARGIN / (1 + 2 * MARGIN)
    torch.testing.assert_close(net.box, torch.tensor([low, low, 1 - low, 1 - low]))
    own = load_file(made / "weights.safetensors")
    for name, tensor in small_sam.network().state_dict().items():
        torch.testing.assert_close(own[f"network.{name}"].float(), tensor, atol=1e-3, rtol=1e-3)


def test_dice_is_that_of_the_kept_network_on_the_validation_items(made: Path) -> None:
    net, config = trained.load(made)
    images = torch.from_numpy(np.array(INPUTS.images)).float()[:, None] / 255
    found, truth = net(images).numpy()[:, 0] >= 0, np.array(INPUTS.masks) > 0
    both = (found & truth).sum()
    assert config["val_dice"] == pytest.approx(2 * both / (found.sum() + truth.sum()), abs=1e-6)


def test_every_engine_gives_torchs_answers(made: Path) -> None:
    images = np.array(INPUTS.images, dtype=np.float32)[:, None] / 255
    expected = open_engine("torch", made, 1, trained.answers).run(images, ["logits"])[0]
    assert expected.std() > 1e-3
    for kind in ("onnxruntime", "openvino"):
        found = open_engine(kind, made, 1, trained.answers).run(images, ["logits"])[0]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_made_again_it_has_the_same_bytes(made: Path, tmp_path: Path) -> None:
    measure(tmp_path / "again")
    assert all(
        (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes() for name in small_training.RESULTS
    )


def test_without_weights_nothing_is_measured(tmp_path: Path) -> None:
    with pytest.raises(GuidedsegError, match=r"models\.sam\.weights: None given, but sam is not trained"):
        measure(tmp_path / "none", weights=None)


def test_without_validation_items_nothing_is_measured(tmp_path: Path) -> None:
    few = INPUTS.items.assign(split="test")
    with pytest.raises(GuidedsegError, match="no validation item"):
        measuring.measure(
            inputs.Inputs(**{**vars(INPUTS), "items": few}),
            name="sam",
            options=OPTIONS,
            recipe=small_training.RECIPE,
            target=tmp_path,
        )


def test_training_it_is_refused(tmp_path: Path) -> None:
    network = {"encoder": "original", "encoder_weights": None, "decoder_width": 1.0}
    with pytest.raises(GuidedsegError, match=r"sam is not trained: its weights are given \(models\.sam\.weights\)"):
        training.train(
            INPUTS,
            name="sam",
            options=OPTIONS,
            network=network,
            recipe=small_training.RECIPE,
            seed=0,
            workers=0,
            scratch=tmp_path,
            target=tmp_path,
        )


class TestStages:
    """In a folder with the repository's params.yaml, some keys set anew."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_stage_makes_the_folder_of_a_mode_and_says_what_it_took(
        self, changed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed(CHOSEN | {"profiles.quick.train.devices": 4})  # on which nothing depends
        monkeypatch.setattr(inputs, "load", lambda _: INPUTS)
        monkeypatch.setattr(sys, "argv", ["train_segmenter", "sam", "direct"])
        told = train_segmenter.main()
        assert told is not None
        assert told[0] == Path("models/sam/direct")
        assert told[1].startswith("tiny.pth (SAM, 3 blocks from 32 channels on; sha256 ")
        assert ", not trained, 0.10 M parameters, validation Dice " in told[1]
        assert (told[0] / "network.onnx").is_file()

    def test_look_outside_keeps_the_hash_and_tells_where_to_get_what_is_missing(
        self, changed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["outside", "phantom"])
        record = Path("data/outside/phantom/network.json")
        changed({"models.sam.weights": OPTIONS["weights"]})
        outside.main()
        assert json.loads(record.read_text()) == {"named": None, "sha256": None}  # another network is chosen
        changed(CHOSEN)
        outside.main()
        sha256 = hashlib.sha256(small_sam.file().read_bytes()).hexdigest()
        assert json.loads(record.read_text()) == {"named": OPTIONS["weights"], "sha256": sha256}
        changed(CHOSEN | {"models.sam.weights": "none.pth"})
        with pytest.raises(GuidedsegError) as caught:
            outside.main()
        told = "models.sam.weights: there is no file 'none.pth'. Put it there, or give another path. "
        assert str(caught.value) == told + given.had()

    def test_no_weights_are_a_problem_of_params(self, changed: Callable[..., Path]) -> None:
        with pytest.raises(GuidedsegError, match=r"1 problem\(s\)\n  - models\.sam\.weights: None given, but sam is"):
            params.load(changed({"model": "sam"}))

    def check(self, path: Path) -> tuple[list[str], str]:
        lines: list[str] = []
        try:
            lines.extend(checks.run(path))
        except GuidedsegError as error:
            return lines, str(error)
        return lines, ""

    def test_check_tells_what_it_is_and_what_memory_it_needs(
        self, changed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines, error = self.check(changed(CHOSEN))
        assert error == ""
        assert "sam: tiny.pth (SAM, 3 blocks from 32 channels on), not trained: 0.10 M parameters" in lines
        assert any("GB to run sam on 1 core(s)" in line for line in lines)
        monkeypatch.setattr(needs, "memory", lambda: (0.5, 0.5))
        assert "Lower models.sam.pixels" in self.check(changed(CHOSEN))[1]

    def test_check_tells_of_a_file_that_does_not_fit(self, changed: Callable[..., Path]) -> None:
        torch.save({"a": torch.zeros(1)}, "other.pth")
        assert (
            "models.sam.weights: other.pth is of no use"
            in self.check(changed(CHOSEN | {"models.sam.weights": "other.pth"}))[1]
        )


@pytest.mark.parametrize(("pixels", "least", "most"), [(1024, 2.0, 3.0), (512, 0.1, 0.3)])
def test_memory_of_a_picture_is_that_of_the_attention_over_the_whole_map(
    pixels: int, least: float, most: float
) -> None:
    """ViT-B: 12 heads x 4096 x 4096 places x 4 bytes are 0.8 GB."""
    with torch.device("meta"):
        net = models.build(
            "sam", {"pixels": pixels}, encoder="original", encoder_weights=None, decoder_width=1.0, image_size=96
        )
    once, each = needs.running(net, 96)
    assert 1.3 < once < 1.5
    assert least < each < most

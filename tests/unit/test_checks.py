"""`guidedseg check`: what would fail is told before hours of work, all of it at once, and what is odd as a warning."""

import json
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from drawn_datasets import LESION, grey, mask, save

from guidedseg import checks, params
from guidedseg.errors import GuidedsegError

ROOT = Path(__file__).parents[2]
Check = Callable[..., tuple[list[str], str]]
INDEX = "data/prepared/index.csv"
SMALL = {"profiles.quick.network.encoder": "tu-test_efficientnet"}  # built in an instant
USAGE = namedtuple("USAGE", "total used free")


@pytest.fixture(autouse=True)
def free_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 GB: these tests ask for datasets that are never made, and the disk that they run on may be smaller."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: USAGE(10**12, 9 * 10**11, 10**11))


@pytest.fixture
def check(changed: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """The lines and the error of a check in a folder with the repository's params.yaml, some keys set anew."""
    monkeypatch.chdir(tmp_path)

    def checked(changes: dict[str, Any]) -> tuple[list[str], str]:
        lines: list[str] = []
        try:
            lines.extend(checks.run(changed({**SMALL, **changes})))
        except GuidedsegError as error:
            return lines, str(error)
        return lines, ""

    return checked


def warnings(lines: list[str]) -> list[str]:
    return [line.removeprefix("warning: ") for line in lines if line.startswith("warning: ")]


def test_default_is_in_order_and_nothing_in_it_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    lines = list(checks.run())
    assert [line.split(":")[0].split()[0] for line in lines if not line.startswith("split")] == [
        *("params.yaml", "folders", "disk", "detector", "unetpp", "memory", "device")
    ]
    assert warnings(lines) == []


def test_all_that_is_wrong_is_told_in_one_error_after_what_is_in_order(check: Check) -> None:
    Path(".scratch").write_text("a file where a folder has to be")
    lines, error = check(
        {
            "dataset": "bus_uclm",
            "datasets.bus_uclm.source": "nowhere.zip",
            "profiles.quick.yolo.weights": "nowhere.pt",
            "profiles.quick.network.encoder": "resnet3",
        }
    )
    assert [line.split(":")[0].split()[0] for line in lines[1:]] == ["disk", "device"]
    for told in ("4 problem(s)", ".scratch: Not a directory", "nowhere.zip", "'nowhere.pt'", "resnet34"):
        assert told in error


def test_ranks_are_told_and_more_devices_than_there_are(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidedseg.fitting.launching._cores", lambda: 2)
    lines, error = check({"profiles.quick.train.devices": 2})
    assert "profiles.quick.train: 2 ranks, 4 items of each batch for each" in lines
    assert "devices" not in error
    lines, error = check({"profiles.quick.train.nodes": 2})
    assert [line for line in warnings(lines) if "profiles.quick.train.nodes: srun or torchrun must start" in line]
    assert "profiles.quick.train: devices is 4, and this machine has" in check({"profiles.quick.train.devices": 4})[1]


def test_braces_in_the_path_of_the_project_are_told(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "a [b] #c {d}"
    odd.mkdir()
    monkeypatch.chdir(odd)
    assert "a [b] #c {d}: DVC takes what is in braces" in check({})[1]


def test_full_disk_is_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: USAGE(10**12, 10**12, 3 * 10**8))
    assert "0.3 GB free on the disk of" in check({})[1]


def test_memory_that_is_not_there_is_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidedseg.needs.memory", lambda: (16.0, 1.1))
    lines, error = check({})
    assert [line for line in warnings(lines) if line.startswith("memory: about 1.")]
    assert not error
    assert "Lower profiles.quick.train.batch" in check({"profiles.quick.train.batch": 4096})[1]


def test_images_that_do_not_fit_the_disk_are_told(check: Check) -> None:
    assert "GB needed" in check({"datasets.phantom.images": 10**7})[1]


class TestDetector:
    """What it starts from, and a recipe that cannot do what it says."""

    KEY = "profiles.quick.yolo"

    @pytest.mark.parametrize("weights", ["weights/nowhere.pt", "yolo99x.yaml", "nowhere.pt"])
    def test_weights_that_are_nowhere_are_told(self, check: Check, weights: str) -> None:
        assert f"profiles.*.yolo.weights: {weights!r} " in check({f"{self.KEY}.weights": weights})[1]

    def test_weights_that_would_run_a_program_are_told(self, check: Check) -> None:
        Path("odd.pt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
        assert "profiles.*.yolo.weights: 'odd.pt' is refused" in check({f"{self.KEY}.weights": "odd.pt"})[1]

    def test_released_weights_are_not_downloaded_yet(self, check: Check) -> None:
        lines, error = check({f"{self.KEY}.weights": "yolo11n.pt"})
        assert "detector: yolo11n.pt: downloaded when the detector is first trained" in lines
        assert not error

    @pytest.mark.parametrize(("epochs", "warned"), [(25.0, True), (24.5, False)])
    def test_warm_up_that_does_not_end_is_a_warning(self, check: Check, epochs: float, warned: bool) -> None:
        lines, error = check({f"{self.KEY}.warmup_epochs": epochs})
        assert [f"{self.KEY}.warmup_epochs: 25 of 25 epochs" in line for line in warnings(lines)] == [True] * warned
        assert not error

    def test_smallest_image_size_is_a_warning(self, check: Check) -> None:
        assert f"{self.KEY}.image_size: 32 leaves" in warnings(check({f"{self.KEY}.image_size": 32})[0])[0]


class TestSplit:
    """Prepared images are split as the split stage would, where they are those that the parameters ask for."""

    @pytest.fixture(autouse=True)
    def prepared(self, check: Check) -> None:
        """Four patients with two images each; P0 alone has lesions."""
        assert check  # whose folder is the working directory
        rows = [(f"P{n // 2}_{n}", f"P{n // 2}", "benign" if n < 2 else "normal", int(n < 2), "") for n in range(8)]
        index = pd.DataFrame(rows, columns=["image_id", "patient_id", "pathology", "lesion_count", "official_split"])
        others = dict.fromkeys(("width", "height", "lesion_px", "stretched", "patient_known"), 1)
        others |= {"dataset": "phantom", "flags": "", "mm_per_pixel": "", "source": "", "sha256": "0" * 64}
        Path("data/prepared").mkdir(parents=True)
        index.assign(group_id=index["patient_id"], **others).to_csv(INDEX, index=False)
        self.lock("phantom", params.load(ROOT / "params.yaml").datasets.phantom.model_dump())

    def lock(self, dataset: str, found: dict[str, Any]) -> None:
        """dvc.lock and the record of the dataset: of which data/prepared was made, and with which of its parameters."""
        raw = [{"path": f"data/raw/{dataset}", "md5": "1"}]
        record = Path("data/outside") / dataset / "dataset.json"
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({dataset: {"options": found}}))
        acquire = {"outs": raw}
        code = {"path": "prepare.py", "md5": "9dd4e461268c8034f5c8564e155c67a6"}  # of an x
        Path("prepare.py").write_text("x")
        prepare = {"deps": [*raw, code], "outs": [{"path": "data/prepared", "md5": "2"}]}
        Path("dvc.lock").write_text(yaml.safe_dump({"stages": {f"acquire@{dataset}": acquire, "prepare": prepare}}))

    def test_set_without_a_lesion_is_told(self, check: Check) -> None:
        lines, error = check({})
        assert "has no image with a lesion" in error
        assert not any(line.startswith("split") for line in lines)

    def test_images_that_will_be_replaced_are_not_judged(self, check: Check) -> None:
        assert not check({"datasets.phantom.patients": 25})[1]
        Path("prepare.py").write_text("y")
        assert not check({})[1]
        self.lock("bus_uclm", {})
        assert not check({})[1]
        Path("dvc.lock").unlink()
        assert not check({})[1]

    def test_batch_of_more_than_the_training_images_is_a_warning(self, check: Check) -> None:
        index = pd.read_csv(INDEX, dtype=str, keep_default_na=False).assign(lesion_count=1, pathology="benign")
        index.to_csv(INDEX, index=False)
        # half of eight are test and validation images by groups of two: four or fewer are left
        lines, error = check({"split.val": 0.25, "split.test": 0.25, "profiles.quick.train.batch": 5})
        assert not error
        assert any(line.startswith("split: 4 train, 2 val, 2 test images") for line in lines)
        assert warnings(lines) == [
            "profiles.quick.yolo.batch: 8 is more than the 4 training images",
            "profiles.quick.train.batch: 5 is more than the 4 training images",
        ]

    @pytest.fixture
    def useful(self) -> dict[str, Any]:
        """All eight images have lesions: four are trained on."""
        index = pd.read_csv(INDEX, dtype=str, keep_default_na=False).assign(lesion_count=1, pathology="benign")
        index.to_csv(INDEX, index=False)
        return {"split.val": 0.25, "split.test": 0.25}

    def test_share_of_synthetic_images_is_told_in_numbers(self, check: Check, useful: dict[str, Any]) -> None:
        assert not [line for line in check(useful)[0] if line.startswith("synthetic")]
        lines, error = check({**useful, "synthetic.share": 0.5, "synthetic.use": "detector"})
        assert "synthetic: 2 images beside 4 real training images, drawn, for the detector alone" in lines
        assert not error

    def test_synthetic_images_that_make_epochs_longer_are_a_warning(self, check: Check, useful: dict[str, Any]) -> None:
        steps = {"profiles.quick.train.steps": None}
        told = "profiles.quick.train.steps: null has every item once, so that epochs are longer by the synthetic ones"
        assert told in warnings(check({**useful, **steps, "synthetic.share": 0.5})[0])
        assert told not in warnings(check({**useful, **steps, "synthetic.share": 0.5, "synthetic.use": "detector"})[0])
        assert told not in warnings(check({**useful, **steps})[0])

    def test_folder_of_synthetic_images_is_looked_at(self, check: Check, useful: dict[str, Any]) -> None:
        for number in range(3):
            save(Path(f"made/images/{number}.png"), grey(number))
            save(Path(f"made/masks/{number}.png"), mask(LESION))
        asked = {**useful, "synthetic.source": "made"}
        lines, error = check({**asked, "synthetic.share": 0.75})
        assert "synthetic: 3 images beside 4 real training images, of the 3 in made, 3 with a lesion" in " ".join(lines)
        assert not error
        assert "4 synthetic images are wanted, made has 3" in check({**asked, "synthetic.share": 1.0})[1]
        Path("made/masks/1.png").unlink()
        assert "images/1.png: has no mask" in check({**asked, "synthetic.share": 0.5})[1]
        assert "'nowhere' is neither phantom" in check({"synthetic.share": 0.5, "synthetic.source": "nowhere"})[1]
        assert not check({**useful, "synthetic.source": "nowhere"})[1]

    def test_what_two_checks_meet_is_told_once(self, check: Check) -> None:
        assert check({"synthetic.share": 0.5})[1].count("has no image with a lesion") == 1


class TestSegmenter:
    """The network that would be trained, and the size of its images."""

    KEY = "profiles.quick.inputs.image_size"

    def test_encoder_that_does_not_go_with_the_network_is_told(self, check: Check) -> None:
        assert "stride 2" in check({"model": "unet", "profiles.quick.network.encoder": "tu-test_convnext"})[1]

    @pytest.mark.parametrize(("size", "warned"), [(32, 1), (64, 0)])
    def test_convolutions_that_reach_beyond_the_map_are_a_warning(self, check: Check, size: int, warned: int) -> None:
        # stride 8 of 32 pixels leaves 4, and the last stage of the encoder, which has no stride then, has rate 4
        resnet = {"model": "deeplabv3", "profiles.quick.network.encoder": "resnet18"}
        lines, error = check({**resnet, self.KEY: size})
        assert not error
        told = f"{self.KEY}: 32 gives deeplabv3 maps of 4 x 4, too small for convolutions of rate 4"
        assert warnings(lines) == [told] * warned

    def test_map_of_one_pixel_is_a_warning(self, check: Check) -> None:
        lines, _ = check({self.KEY: 32, "profiles.quick.network.encoder": "resnet18"})
        assert ["maps of 1 x 1, too small" in line for line in warnings(lines)] == [True]

"""An epoch of a detector is as long as without synthetic images, and a page tells of them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from runs import run_of
from small_detector import write_dataset
from test_page import MADE, ORDINARY, PARAMS, SPLIT, TABLE

from guidedseg import params
from guidedseg.datasets.synthetic import PREFIX
from guidedseg.detection import training, training_list
from guidedseg.detection.pyramid import training as fcos
from guidedseg.detection.yolo import training as yolo
from guidedseg.params import Params
from guidedseg.reporting.page import index

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four real training pictures, and twice as many synthetic ones."""
    place = write_dataset(tmp_path / "yolo")
    for number in range(4):
        for kind, ending in (("images", "png"), ("labels", "txt")):
            of = place / kind / "train" / f"train_{number}.{ending}"
            for copy in "ab":
                shutil.copy(of, of.with_name(f"{PREFIX}{copy}{number}.{ending}"))
    return place


def settings(**changes: Any) -> Params:
    whole = params.load(ROOT / "params.yaml").model_dump()
    small = {"image_size": 64, "epochs": 2, "patience": 2, "batch": 2}
    whole["profiles"]["quick"]["yolo"] |= small | {"mosaic": 0.0, "warmup_epochs": 0.0}
    whole["profiles"]["quick"]["fcos"] |= small | {"channels": 32, "encoder": "tu-test_efficientnet"} | changes
    return Params.model_validate(whole)


def test_length_is_that_of_the_real_pictures_and_none_where_all_are(dataset: Path) -> None:
    assert len(training_list.read(dataset)) == 12
    assert training_list.length(dataset) == 4
    for path in (dataset / "images/train").glob(f"{PREFIX}*"):
        path.unlink()
    assert training_list.length(dataset) is None


def test_yolo_takes_as_many_steps_and_meets_synthetic_pictures(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[list[str]] = []

    class Noting(yolo.DetectionTrainer):
        def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
            if self.model.training:
                met.append([Path(path).stem for path in batch["im_file"]])
            return super().preprocess_batch(batch)

    monkeypatch.setattr(yolo, "DetectionTrainer", Noting)
    (tmp_path / "target").mkdir()
    places = {"scratch": tmp_path / "scratch", "target": tmp_path / "target", "live": tmp_path / "live"}
    training.train("yolo", settings(), dataset, start=None, **places)
    assert [len(names) for names in met] == [2, 2, 2, 2]  # two epochs of four pictures
    for epoch in (met[0] + met[1], met[2] + met[3]):
        assert len(set(epoch)) == 4
    assert any(name.startswith(PREFIX) for names in met for name in names)


@pytest.mark.parametrize(("given", "steps"), [(None, 2), (5, 5)])
def test_fcos_takes_as_many_steps(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: int | None, steps: int
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(fcos, "train", lambda _, __, recipe, **___: seen.update(recipe))
    training.train("fcos", settings(steps=given), dataset, start=None, scratch=tmp_path, target=tmp_path, live=tmp_path)
    assert seen["steps"] == steps


def page(**more: Any) -> str:
    return index.index(run_of(*ORDINARY), index.Facts({**PARAMS, **more}, SPLIT, MADE), [TABLE], [], [])


def test_page_tells_of_synthetic_images_where_there_were_any() -> None:
    assert "Synthetic training images" not in page()
    chosen = {"share": 0.5, "source": "made/<up>", "use": "segmenters", "seed": 0}
    assert "0.5 times as many as real ones, for segmenters (source: made/&lt;up&gt;)" in page(synthetic=chosen)

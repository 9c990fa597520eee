"""A tiny, valid dataset in the layout of BUS-UCLM and the repository's params.yaml: each test damages its own. And an
evaluation of many made-up images with its scores, which tests only read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from counted_images import many_images, scored

from guidedseg.evaluation.counts import Evaluation

ROOT = Path(__file__).parents[2]

WIDTH, HEIGHT = 64, 48
INFO_ROWS = (
    "AAAA_000.png;64x48;Normal;No;No;No",
    "AAAA_001.png;64x48;Benign;Y;Yes;No",
    "BBBB_000.png;64x48;Malignant;Yes;No;Yes",
    "COPE_000.png;64x48;Normal;No;No;No",
    "MENE_000.png;64x48;Benign;No;No;No",
)
COLOURS = {"Benign": (0, 255, 0), "Malignant": (0, 0, 255)}  # BGR


def write_tiny_bus_uclm(folder: Path) -> Path:
    """Five images of four patients; every lesion is the box 10, 20, 30, 32 with an area of 240 px."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for row in INFO_ROWS:
        name, _, label, *_ = row.split(";")
        cv2.imwrite(str(folder / "images" / name), rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
        mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        mask[20:32, 10:30] = COLOURS.get(label, (0, 0, 0))
        cv2.imwrite(str(folder / "masks" / name), mask)
    lines = ["Image;Resolution;Label;Doppler;Marks;Combined", *INFO_ROWS]
    (folder / "INFO.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_bus_uclm(tmp_path / "tiny")


@pytest.fixture
def small_original(monkeypatch):
    """The original TransUNet gets a hybrid of a hundredth of its size."""
    from guidedseg.segmentation.models import transunet

    monkeypatch.setattr(transunet, "R50_VIT_B16", "small_hybrid")


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """The repository's params.yaml with some keys (``a.b.c``) set anew, or left out where the value is ``...``."""

    def write(changes: dict[str, Any]) -> Path:
        content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        for key, value in changes.items():
            *groups, last = key.split(".")
            group = content
            for name in groups:
                group = group[name]
            if value is ...:
                del group[last]
            else:
                group[last] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def many() -> Evaluation:
    """Six patients with eight images each."""
    return many_images()


@pytest.fixture(scope="session")
def of_many(many: Evaluation) -> dict[str, Any]:
    """Its scores."""
    return scored(many)

"""Six drawn images with a split, as ``prepare`` and ``split`` leave them, and masks of them by another tool."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from guidedseg.datasets.prepared import INDEX_TYPES
from guidedseg.exchange import data
from guidedseg.exchange.data import Data

WIDTH, HEIGHT = 40, 24
SPLIT = {"t0": "train", "t1": "train", "v0": "val", "v1": "val", "x0": "test", "x1": "test"}
"""Those that end in 0 have a lesion."""

LESION = np.s_[4:12, 10:30]


def mask(image_id: str) -> np.ndarray:
    """The truth, (H, W) bool."""
    truth = np.zeros((HEIGHT, WIDTH), np.bool_)
    truth[LESION] = image_id.endswith("0")
    return truth


def image(image_id: str) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), 100 + [*SPLIT].index(image_id), np.uint8)


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def load(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def drawn(folder: Path, masks: Mapping[str, np.ndarray] | None = None) -> Data:
    """Write the images below ``folder`` and read them; ``masks`` take the place of some."""
    prepared = folder / "data" / "prepared"
    rows = []
    for image_id in SPLIT:
        truth = (masks or {}).get(image_id, mask(image_id))
        save(prepared / "images" / f"{image_id}.png", image(image_id))
        save(prepared / "masks" / f"{image_id}.png", truth.astype(np.uint8) * 255)
        named = {"image_id": image_id, "dataset": "phantom", "patient_id": f"P{image_id}", "group_id": f"G{image_id}"}
        size = {"width": WIDTH, "height": HEIGHT, "lesion_count": int(truth.any()), "lesion_px": int(truth.sum())}
        rest = {"patient_known": 1, "pathology": "benign" if truth.any() else "normal", "sha256": "0" * 64}
        rows.append({**named, **size, **rest})
    index = pd.DataFrame(rows).reindex(columns=[*INDEX_TYPES]).fillna({"stretched": 0}).astype({"stretched": int})
    index.to_csv(prepared / "index.csv", index=False)
    split = index[["image_id", "group_id"]].assign(split=list(SPLIT.values()))
    split.to_csv(folder / "data" / "split.csv", index=False)
    return data.read(prepared, folder / "data" / "split.csv")


def probabilities(image_id: str) -> np.ndarray:
    """(H, W) float32 of another tool: 0.4 on the left half of a lesion, 0.32 on its right one, 0.2 on 2 x 2 pixels of a
    normal."""
    found = np.zeros((HEIGHT, WIDTH), np.float32)
    if image_id.endswith("0"):
        found[4:12, 10:20], found[4:12, 20:30] = 0.4, 0.32
    else:
        found[:2, :2] = 0.2
    return found


def grey(folder: Path, *image_ids: str) -> Path:
    """A folder of them as probability x 255."""
    for image_id in image_ids:
        save(folder / f"{image_id}.png", np.rint(probabilities(image_id) * 255).astype(np.uint8))
    return folder


def nnunet(folder: Path, *image_ids: str, threshold: float = 0.35, npz: bool = True) -> Path:
    """A folder of nnU-Net's labels, with its probabilities."""
    for image_id in image_ids:
        lesion = probabilities(image_id)
        save(folder / f"{image_id}.png", (lesion >= threshold).astype(np.uint8))
        if npz:
            np.savez_compressed(folder / f"{image_id}.npz", probabilities=np.stack([1 - lesion, lesion])[:, None])
    return folder

"""Boxes against lesions: what a detector found, missed and made up."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

BOX = ["x0", "y0", "x1", "y1"]


def read_detections(path: Path) -> pd.DataFrame:
    """``detections.csv``: image_id, x0, y0, x1, y1 (original pixels), confidence."""
    return pd.read_csv(path, dtype={"image_id": str}, keep_default_na=False)


def overlaps(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of every box of ``a`` (K, 4) with every box of ``b`` (L, 4): (K, L)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    area_a = (a[:, 2:] - a[:, :2]).prod(axis=1)
    area_b = (b[:, 2:] - b[:, :2]).prod(axis=1)
    union = area_a[:, None] + area_b[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def match(detections: pd.DataFrame, lesions: pd.DataFrame, match_iou: float) -> pd.Series:
    """Which boxes find a lesion: by falling confidence, each takes the unfound lesion it overlaps most (COCO's rule).

    A box's answer does not depend on weaker boxes, so it holds at every confidence threshold.

    Args:
        detections: image_id, x0, y0, x1, y1, confidence.
        lesions: image_id, x0, y0, x1, y1.
        match_iou: least intersection over union.

    Returns:
        bool per row of ``detections``.
    """
    found = pd.Series(data=False, index=detections.index)
    truth = {key: group[BOX].to_numpy(dtype=np.float64) for key, group in lesions.groupby("image_id")}
    for image_id, group in detections.groupby("image_id"):
        if image_id not in truth:
            continue
        ordered = group.sort_values("confidence", ascending=False, kind="stable")
        iou = overlaps(ordered[BOX].to_numpy(dtype=np.float64), truth[image_id])
        for row, label in enumerate(ordered.index):
            lesion = int(iou[row].argmax())
            if iou[row, lesion] >= match_iou:
                found[label] = True
                iou[:, lesion] = -1
    return found


def operating_confidence(detections: pd.DataFrame, lesions: pd.DataFrame, match_iou: float) -> float:
    """The confidence threshold with the best F1 of boxes against lesions; to be given validation images only.

    Args:
        detections: of the validation images.
        lesions: of the validation images.
        match_iou: as in ``match``.

    Returns:
        A threshold half way between the last box kept and the first dropped, so that it does not sit on a box; of
        equally good ones the highest. 0.5 where no box finds a lesion.
    """
    ordered = detections.assign(found=match(detections, lesions, match_iou)).sort_values(
        "confidence", ascending=False, kind="stable"
    )
    confidences = ordered["confidence"].to_numpy()
    hits = ordered["found"].cumsum().to_numpy()
    if not len(hits) or hits[-1] == 0:
        return 0.5
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + len(lesions))
    last_of_tie = np.append(confidences[1:] < confidences[:-1], True)
    best = int(np.argmax(np.where(last_of_tie, f1, -1)))
    following = confidences[best + 1] if best + 1 < len(confidences) else 0.0
    return round(float(confidences[best] + following) / 2, 6)  # a digit more than confidences have


def summary(
    detections: pd.DataFrame, lesions: pd.DataFrame, index: pd.DataFrame, *, confidence: float, match_iou: float
) -> dict[str, float | int | None]:
    """What the detector did at one threshold.

    Args:
        detections: of these images.
        lesions: of these images.
        index: image_id, pathology of these images.
        confidence: the operating threshold.
        match_iou: as in ``match``.

    Returns:
        ``lesion_recall`` (share of lesions found), ``precision`` (share of boxes that find one),
        ``false_boxes_per_normal_image``, ``normal_images_with_a_box`` (share), and the counts behind them; null for
        0/0.
    """
    kept = detections[detections["confidence"] >= confidence]
    hits = int(match(kept, lesions, match_iou).sum())
    normal = index.loc[index["pathology"] == "normal", "image_id"]
    on_normals = kept[kept["image_id"].isin(normal)]
    return {
        "lesion_recall": _ratio(hits, len(lesions)),
        "precision": _ratio(hits, len(kept)),
        "false_boxes_per_normal_image": _ratio(len(on_normals), len(normal)),
        "normal_images_with_a_box": _ratio(on_normals["image_id"].nunique(), len(normal)),
        "lesions": len(lesions),
        "boxes": len(kept),
        "images": len(index),
        "normal_images": len(normal),
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None

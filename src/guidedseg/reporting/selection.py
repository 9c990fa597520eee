"""Which test images are shown: by rule, not by taste; ties are broken by image_id."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from guidedseg.names import BOX

SHOWN = 4
"""Images of a group, a line of pictures."""


def at_equal_steps(ordered: Sequence[str], count: int) -> list[str]:
    """Up to ``count`` (at least 2) of ``ordered``, the first and the last among them, each once."""
    places = [round(step * (len(ordered) - 1) / (count - 1)) for step in range(count)]
    return list(dict.fromkeys(str(ordered[place]) for place in places)) if len(ordered) else []


def by_quantile(scores: pd.Series, count: int = 5) -> list[str]:
    """The images nearest to the quantiles of a score, worst first, each once.

    Args:
        scores: image_id -> score; images without one (NaN) are left out.
        count: of quantiles at equal steps from 0 to 1; 5: 0, 25, 50, 75, 100 %.

    Returns:
        Up to ``count`` image ids.
    """
    return at_equal_steps(smallest(scores, len(scores)), count)


def smallest(scores: pd.Series, count: int = SHOWN) -> list[str]:
    """Up to ``count`` images, the smallest score first; ``scores``: image_id -> score."""
    return [str(name) for name in scores.dropna().sort_index().sort_values(kind="stable").index[:count]]


def largest(scores: pd.Series, count: int = SHOWN) -> list[str]:
    """Up to ``count`` images, the largest score first; ``scores``: image_id -> score."""
    return smallest(-scores, count)


def of_each(kinds: pd.Series, scores: pd.Series, count: int) -> list[str]:
    """Up to ``count`` images of all kinds: the places are shared out evenly, the images of a kind stand at equal steps.

    Each kind is shown from its lowest to its highest score; places that a rare kind cannot fill go to the others.

    Args:
        kinds: image_id -> kind.
        scores: image_id -> score, of the same images.
        count: places, at least two for each kind.

    Returns:
        Image ids, sorted by kind, then by score.
    """
    of_kind = dict(iter(scores.groupby(kinds)))
    chosen: dict[object, list[str]] = {}
    places = count
    for kind in sorted(of_kind, key=lambda kind: len(of_kind[kind])):
        chosen[kind] = by_quantile(of_kind[kind], places // (len(of_kind) - len(chosen)))
        places -= len(chosen[kind])
    return [image_id for kind in sorted(chosen, key=str) for image_id in chosen[kind]]


def spread(images: pd.DataFrame, dice: pd.Series) -> list[str]:
    """Images with a lesion at the quantiles 0, 25, 50, 75, 100 % of their Dice, and the normal with the lowest.

    Args:
        images: image_id, lesion_px.
        dice: image_id -> Dice.
    """
    lesion = dice.index.isin(images.loc[images["lesion_px"] > 0, "image_id"])
    return [*by_quantile(dice[lesion]), *smallest(dice[~lesion], 1)]


def slices(images: pd.DataFrame, count: int = 8) -> list[str]:
    """Images of the patient who has most with a lesion (without any lesion: most images), at equal steps by name.

    Args:
        images: image_id, patient_id, lesion_px.
        count: at most so many.
    """
    lesion = images["lesion_px"] > 0
    if images.empty:
        return []
    patient = (images[lesion] if lesion.any() else images).groupby("patient_id").size().idxmax()
    return at_equal_steps(sorted(images.loc[images["patient_id"] == patient, "image_id"]), count)


def failures(rows: pd.DataFrame, dice: pd.DataFrame) -> dict[str, list[str]]:
    """Five ways to go wrong, or right; an image may be in several groups.

    Args:
        rows: of the guided branch, one per image: image_id, lesion_px, tp, fp.
        dice: a row per image_id; direct, guided.

    Returns:
        ``worst``: lesion and prediction, lowest guided Dice first. ``misses``: lesion but no prediction, the largest
        lesion first. ``false_positives``: prediction but no lesion, the largest prediction first. ``worse``: lesion,
        guided below direct, the largest loss first. ``better``: likewise above. (A normal that only one of them leaves
        empty would lose or gain the most there is, and hide all others.)
    """
    rows = rows.set_index("image_id").loc[dice.index]
    lesion, predicted = rows["lesion_px"], rows["tp"] + rows["fp"]
    gain = (dice["guided"] - dice["direct"])[lesion > 0]
    return {
        "worst": smallest(dice["guided"][(lesion > 0) & (predicted > 0)]),
        "misses": largest(lesion[(lesion > 0) & (predicted == 0)]),
        "false_positives": largest(predicted[(lesion == 0) & (predicted > 0)]),
        "worse": smallest(gain[gain < 0]),
        "better": largest(gain[gain > 0]),
    }


def detections(boxes: pd.DataFrame, lesions: pd.DataFrame, confidence: float) -> dict[str, list[str]]:
    """What a detector does; an image is shown once, in the first group that chooses it.

    Args:
        boxes: image_id, confidence, finds (position in ``lesions``, -1 for none).
        lesions: image_id, x0, y0, x1, y1.
        confidence: boxes below it do not count.

    Returns:
        ``found``: all lesions found, the best finding box's confidence at the quantiles 0, 33, 67, 100 %, lowest
        first. ``missed``: some lesion not found, the largest box of such a lesion first. ``false``: boxes that find no
        lesion, the highest confidence first.
    """
    counted = boxes[boxes["confidence"] >= confidence]
    missed = lesions[~np.isin(np.arange(len(lesions)), counted["finds"])]
    x0, y0, x1, y1 = (missed[side] for side in BOX)
    area = ((x1 - x0) * (y1 - y0)).groupby(missed["image_id"]).max()
    finds = counted["finds"] >= 0
    best, false = (rows.groupby("image_id")["confidence"].max() for rows in (counted[finds], counted[~finds]))
    groups = {"found": by_quantile(best.drop(area.index, errors="ignore"), SHOWN), "missed": largest(area)}
    return {**groups, "false": largest(false.drop([*groups["found"], *groups["missed"]], errors="ignore"))}

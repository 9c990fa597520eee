"""How branches, scores and their limits are called, and how a score is written."""

from collections.abc import Mapping
from typing import Any

from guidedseg.evaluation.bootstrap import RELIABLE

TITLES = {
    "direct": "direct",
    "guided": "guided",
    "guided_fallback": "guided, frame where no box",
    "oracle": "oracle (true boxes)",
    "direct_ungated": "direct, no gate",
    "guided_ungated": "guided, no gate",
    "cascade": "cascade (direct's own boxes)",
    "silent": "control: silent",
    "everything": "control: everything",
    "guided_minus_direct": "guided - direct",
    "guided_ungated_minus_direct_ungated": "guided - direct, no gates",
    "guided_minus_guided_fallback": "guided - fallback",
    "cascade_minus_direct": "cascade - direct",
    "guided_minus_cascade": "guided - cascade",
    "oracle_minus_guided": "oracle - guided",
}

HEADINGS = {**TITLES, "guided_fallback": "with fallback", "cascade": "cascade", "oracle": "oracle"}
"""Where branches are columns; ``COLUMNS_MEAN`` says what the short ones stand for."""

COLUMNS_MEAN = (
    "With fallback: guided, the frame where there is no box; cascade: guided, in boxes around what direct outlined; "
    "oracle: the true boxes."
)

DETECTOR_TITLES = {
    "ap50": "AP at IoU 0.5 (mAP@50)",
    "ap50_95": "AP over IoU 0.5 to 0.95 (mAP@50:95)",
    "lesion_recall": "lesions found",
    "precision": "boxes that find a lesion",
    "false_boxes_per_normal_image": "false boxes per normal image",
    "normal_images_with_a_box": "normal images with a box",
    **{
        f"froc_{number.replace('/', '_')}": f"sensitivity at {number} false boxes per image"
        for number in ("1/8", "1/4", "1/2", "1", "2", "4", "8")
    },
    "froc_mean": "mean of these sensitivities",
    "confidence_ece": "calibration error of the confidence",
    "confidence_brier": "Brier score of the confidence",
}

TEST = "p: the share of all ways to swap the two within whole groups of patients that differ at least as much."

INTERVALS = (
    f"Brackets: 95 % intervals for other patients; with ? from fewer than {RELIABLE} groups of them, not reliable; "
    "where there is none, no_interval in report/scores.json or the leaderboard's CSV says why."
)

FAMILY = "p (Holm): corrected over all tests of {metric} in this report, under every rule."

SILENT = "Under literal a detector that never fires has a perfect score."

MISSING: Mapping[str, Any] = {"value": None, "ci_low": None, "ci_high": None}


def percent(score: Mapping[str, Any]) -> str:
    """``84.0 (71.7 to 90.3)``, with a ? where the interval is not reliable; a dash where there is no value."""
    return number(score, scale=100, digits=1)


def number(score: Mapping[str, Any], *, scale: float = 1, digits: int = 3) -> str:
    """Value and interval, times ``scale``, as ``percent`` writes them."""
    value, low, high = score["value"], score["ci_low"], score["ci_high"]
    if value is None:
        return "-"
    text = f"{scale * value:z.{digits}f}"
    if low is None or high is None:
        return text
    groups = score.get("groups")
    doubt = "?" if groups is not None and groups < RELIABLE else ""
    return f"{text} ({scale * low:z.{digits}f} to {scale * high:z.{digits}f}){doubt}"

"""The scores as Markdown tables, in percent unless a title says otherwise."""

from collections.abc import Iterable, Sequence
from typing import Any

from guidedseg.reporting import published

TITLES = {
    "direct": "direct",
    "guided": "guided",
    "guided_fallback": "guided, frame where no box",
    "oracle": "oracle (true boxes)",
    "silent": "control: silent",
    "everything": "control: everything",
    "guided_minus_direct": "guided - direct",
    "guided_minus_guided_fallback": "guided - fallback",
    "oracle_minus_guided": "oracle - guided",
}

Nested = dict[str, Any]


def document(scores: Nested, detection: Nested, *, model: str) -> str:
    """All tables of one run, report/comparison.md.

    Args:
        scores: what ``evaluation.scores.scores`` gives, with ``operating``.
        detection: name -> value, ci_low, ci_high.
        model: the network, for the paper's numbers beside ours.
    """
    parts = [
        f"# {model}: direct and guided on the same test images",
        _sample(scores["sample"], scores["operating"]),
        "## Dice, %, by rule",
        dice_by_rule(scores),
        "## Differences: Dice in points, 95 % interval, p of Wilcoxon's test on patient means",
        differences(scores),
        "## All metrics under `strict`, %",
        by_metric(scores, "strict", ("dice", "iou", "precision", "recall", "specificity", "accuracy", "nsd")),
        "## All metrics under `lesion`, %",
        by_metric(scores, "lesion", ("dice", "iou", "precision", "recall", "specificity", "accuracy", "nsd")),
        "## Distances of contours, pixels; a miss or a false positive is the image's diagonal",
        _distances(scores),
        "## By pathology and by lesion size (terciles of the images with a lesion): Dice under `strict`, %",
        _subsets(scores),
        "## Normals, lesions, calibration, loss",
        _others(scores),
        "## The detector",
        _detector(detection),
        "## Beside the paper",
        beside_the_paper(scores, model),
    ]
    return "\n\n".join(parts) + "\n"


def dice_by_rule(scores: Nested) -> str:
    """Branch x rule."""
    rules = list(scores["differences"]["guided_minus_direct"])
    rows = [
        [TITLES[branch], *(percent(of[rule]["dice"]) for rule in rules)] for branch, of in scores["branches"].items()
    ]
    return markdown(["", *(f"`{rule}`" for rule in rules)], rows)


def differences(scores: Nested) -> str:
    """Paired difference x rule."""
    rules = list(scores["differences"]["guided_minus_direct"])
    rows = [
        [TITLES[name], *(percent(of[rule]["dice"]) + _p(of[rule]["dice"]) for rule in rules)]
        for name, of in scores["differences"].items()
    ]
    return markdown(["", *(f"`{rule}`" for rule in rules)], rows)


def by_metric(scores: Nested, rule: str, metrics: Sequence[str]) -> str:
    """Branch x metric under one rule."""
    rows = [
        [TITLES[branch], *(percent(of[rule][metric]) for metric in metrics)]
        for branch, of in scores["branches"].items()
    ]
    return markdown(["", *metrics], rows)


def beside_the_paper(scores: Nested, model: str) -> str:
    """The paper's line for this network and ours under the rule that fits it best, with the reason."""
    if model not in published.DIRECT:
        return f"The paper has no numbers for {model}."
    rows = []
    for branch, table in published.TABLES.items():
        paper, rule = table[model], published.RULES[branch]
        ours = scores["branches"][branch]
        metrics = ("dice", "iou", "recall", "precision")
        rows.append([f"{branch}, paper", f"{paper.loss:.4f}", *(f"{getattr(paper, metric):.2f}" for metric in metrics)])
        rows.append(
            [f"{branch}, ours, `{rule}`", _plain(ours["loss"]), *(percent(ours[rule][metric]) for metric in metrics)]
        )
    reasons = "\n".join(f"- {branch}, `{published.RULES[branch]}`: {why}." for branch, why in published.REASONS.items())
    table_of_both = markdown(["%", "loss", "Dice", "IoU", "recall", "precision"], rows)
    note = (
        "The paper's split, training and scoring are not published in full; equal numbers would not make them the same "
        "experiment. The loss is that of params.yaml, its mean over regions."
    )
    return f"{table_of_both}\n\n{reasons}\n\n{note}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; numbers to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(score: Nested) -> str:
    """``84.0 (71.7 to 90.3)``; a dash where there is no value, no bracket where there is no interval."""
    return _cell(score, scale=100, digits=1)


def _plain(score: Nested) -> str:
    return _cell(score, scale=1, digits=3)


def _cell(score: Nested, *, scale: float, digits: int) -> str:
    value, low, high = score["value"], score["ci_low"], score["ci_high"]
    if value is None:
        return "-"
    text = f"{scale * value:z.{digits}f}"
    return text if low is None or high is None else f"{text} ({scale * low:z.{digits}f} to {scale * high:z.{digits}f})"


def _p(score: Nested) -> str:
    return f", p {score['p']:.3g}" if score.get("p") is not None else ""


def _sample(sample: Nested, operating: Nested) -> str:
    confidence, direct, guided = (operating[key] for key in ("confidence", "direct_threshold", "guided_threshold"))
    text = (
        f"{sample['images']} test images of {sample['patients']} patients, {sample['images_with_lesion']} of them with "
        f"{sample['lesions']} lesions ({sample['patients_with_lesion']} patients). Boxes count from confidence "
        f"{confidence}, pixels from probability {direct} (direct) and {guided} (guided): chosen on the validation "
        "images for Dice under `strict`, unless params.yaml fixes them. Brackets are 95 % intervals: 2,000 bootstrap "
        "draws of whole patients."
    )
    if not sample["intervals_reliable"]:
        text += "\n\n**Fewer than 8 patients with a lesion: the intervals are unreliable.**"
    return text


def _distances(scores: Nested) -> str:
    header = ["", "HD95, `strict`", "mean distance, `strict`", "HD95, `lesion`", "mean distance, `lesion`"]
    columns = [("strict", "hd95"), ("strict", "msd"), ("lesion", "hd95"), ("lesion", "msd")]
    rows = [
        [
            TITLES[branch],
            *(_cell(of[rule][metric], scale=1, digits=1) for rule, metric in columns),
            str(of["cases"]["misses"]),
            str(of["cases"]["false_positives"]),
        ]
        for branch, of in scores["branches"].items()
    ]
    return markdown([*header, "misses", "false positives"], rows)


def _subsets(scores: Nested) -> str:
    groups = [("by_pathology", name) for name in ("normal", "benign", "malignant")]
    groups += [("by_size", name) for name in ("small", "medium", "large")]
    rows = [
        [TITLES[branch], *(percent(of[group][name]["dice"]) for group, name in groups)]
        for branch, of in scores["branches"].items()
    ]
    return markdown(["", *(name for _, name in groups)], rows)


def _others(scores: Nested) -> str:
    header = ["", "normals with a false positive, %", "false area on normals, %", "lesions outlined, %"]
    header += ["false areas per image", "calibration error, %", "Brier score", "loss"]
    rows = []
    for branch, of in scores["branches"].items():
        calibration = of.get("mask_calibration")
        rows.append(
            [
                TITLES[branch],
                percent(of["normals"]["share_with_false_positive"]),
                percent(of["normals"]["false_area_share"]),
                percent(of["lesionwise"]["recall"]),
                _cell(of["lesionwise"]["false_areas_per_image"], scale=1, digits=2),
                percent(calibration["ece"]) if calibration else "-",
                _plain(calibration["brier"]) if calibration else "-",
                _plain(of["loss"]) if "loss" in of else "-",
            ]
        )
    return markdown(header, rows)


def _detector(detection: Nested) -> str:
    rows = [
        [
            name.replace("_", " "),
            _plain(score),
            *([f"{published.DETECTOR[name]:.1f} %"] if name in published.DETECTOR else [""]),
        ]
        for name, score in detection.items()
    ]
    return markdown(["", "ours", "paper, Table 4"], rows)

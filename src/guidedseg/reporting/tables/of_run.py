"""The scores of one run as tables, and report/comparison.md."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from guidedseg.evaluation.rules import OVERLAP, RULES
from guidedseg.evaluation.scores import SIZES, Nested
from guidedseg.names import PATHOLOGIES
from guidedseg.reporting.tables.table import Table, markdown
from guidedseg.reporting.tables.wording import (
    DETECTOR_TITLES,
    FAMILY,
    INTERVALS,
    MISSING,
    TEST,
    TITLES,
    number,
    percent,
)


def tables(scores: Nested, model: str) -> list[Table]:
    """All tables of one run.

    Args:
        scores: ``Results.scores``.
        model: the network.
    """
    return [
        dice_by_rule(scores, model),
        differences(scores, model),
        by_metric(scores, model, "strict"),
        by_metric(scores, model, "lesion"),
        _distances(scores, model),
        subsets(scores, model),
        *flags(scores, model),
        _others(scores, model),
        detector(scores, model),
    ]


def document(scores: Nested, model: str, beside: Sequence[Table]) -> str:
    """All tables of one run in Markdown, report/comparison.md.

    Args:
        scores: ``Results.scores``.
        model: the network.
        beside: ``of_paper.tables`` of the run.
    """
    parts = [
        f"# {model}: direct and guided on the same test images",
        *sample_sentences(scores),
        *_chapters(tables(scores, model), "##"),
        "## Beside the paper",
        *_chapters(beside, "###"),
    ]
    return "\n\n".join(parts) + "\n"


def sample_sentences(scores: Nested) -> list[str]:
    """What was scored, and at which values."""
    sample, operating = scores["sample"], scores["operating"]
    of_lesion = (
        f"{sample['images_with_lesion']} of them with {_number(sample['lesions'], 'lesion')} "
        f"({_number(sample['patients_with_lesion'], 'patient')})"
        if sample["lesions"]
        else "none of them with a lesion"
    )
    images, patients, groups = (_number(sample[f"{what}s"], what) for what in ("image", "patient", "group"))
    counted = f"{images} in the test set, of {patients} in {groups} (who share pictures are one), {of_lesion}."
    frames = f"frames that reach {operating['direct_gate']:g}" if operating["direct_gate"] else "every frame"
    chosen = (
        f"Direct: pixels count from probability {operating['direct_threshold']:g}, in {frames}; guided: from "
        f"{operating['guided_threshold']:g}, in boxes from confidence {operating['confidence']:g}. Without gates: from "
        f"{operating['direct_ungated_threshold']:g}; from {operating['guided_ungated_threshold']:g}, in boxes from "
        f"{operating['guided_ungated_confidence']:g} and in "
        "every image's most confident one. Chosen on the validation images for Dice under strict, unless params.yaml "
        "fixes them."
    )
    return [counted, chosen, INTERVALS]


def dice_by_rule(scores: Nested, model: str) -> Table:
    """Branch x rule."""
    caption = "Percent. All rules score the same masks: what differs along a row is the rule's doing."
    columns = {rule: (f"{rule}.dice", percent) for rule in RULES}
    return _by_branch(scores, model, "dice_by_rule", "Dice by rule", caption, columns)


def differences(scores: Nested, model: str) -> Table:
    """Paired difference x rule."""
    caption = (
        "Points, on the same images. With gates both may leave an image empty, without neither may: so the gain of "
        f"localisation is told from that of being allowed to be silent. {TEST} Behind it in brackets: by Holm. "
        f"{FAMILY.format(metric='Dice')}"
    )
    rows = [
        [TITLES[name], *(percent(of[rule]["dice"]) + _p(of[rule]["dice"]) for rule in RULES)]
        for name, of in scores["differences"].items()
    ]
    return Table("differences", "Differences of Dice", f"{caption} {_of(scores, model)}", ["", *RULES], rows)


def by_metric(scores: Nested, model: str, rule: str) -> Table:
    """Branch x metric under one rule."""
    columns = {metric: (f"{rule}.{metric}", percent) for metric in (*OVERLAP, "nsd")}
    title = f"All metrics under {rule}"
    return _by_branch(scores, model, f"metrics_{rule}", title, "Percent; nsd is the normalized surface Dice.", columns)


def _distances(scores: Nested, model: str) -> Table:
    caption = "Pixels. A miss or a false positive is worth the image's diagonal; the last columns count such images."
    pixels = partial(number, digits=1)
    columns: Columns = {
        f"{title}, {rule}": (f"{rule}.{metric}", pixels)
        for rule in ("strict", "lesion")
        for title, metric in (("HD95", "hd95"), ("mean distance", "msd"))
    }
    counts: Columns = {"misses": ("cases.misses", str), "false positives": ("cases.false_positives", str)}
    return _by_branch(scores, model, "distances", "Distances of contours", caption, {**columns, **counts})


def subsets(scores: Nested, model: str) -> Table:
    """Dice by pathology and by lesion size."""
    caption = "Dice under strict, percent. Sizes: terciles of the lesion area among the images with a lesion."
    groups = [f"by_pathology.{name}" for name in PATHOLOGIES]
    groups += [f"by_size.{name}" for name in SIZES]
    columns = {group.split(".")[1]: (f"{group}.dice", percent) for group in groups}
    return _by_branch(scores, model, "subsets", "By pathology and by lesion size", caption, columns)


def flags(scores: Nested, model: str) -> list[Table]:
    """Dice with and without the images of a flag (Doppler, say), a table each; none where no test image has one."""
    made = []
    for flag in scores["branches"]["direct"].get("by_flag", {}):
        columns: Columns = {
            f"{rule}, {title}": (path, percent)
            for rule in ("strict", "lesion")
            for title, path in (
                ("all", f"{rule}.dice"),
                (f"without {flag}", f"by_flag.{flag}.without.{rule}.dice"),
                (f"{flag} only", f"by_flag.{flag}.only.{rule}.dice"),
            )
        }
        caption = f"Dice, percent: of all images, of those without the flag {flag}, and of those with it."
        made.append(_by_branch(scores, model, f"flag_{flag}", f"With and without {flag}", caption, columns))
    return made


def _others(scores: Nested, model: str) -> Table:
    caption = (
        "A lesion is outlined when a predicted area overlaps it enough. The controls have neither probabilities nor a "
        "loss."
    )
    columns: Columns = {
        "normals with a false positive, %": ("normals.share_with_false_positive", percent),
        "false area on normals, %": ("normals.false_area_share", percent),
        "lesions outlined, %": ("lesionwise.recall", percent),
        "false areas per image": ("lesionwise.false_areas_per_image", partial(number, digits=2)),
        "calibration error, %": ("mask_calibration.ece", percent),
        "Brier score": ("mask_calibration.brier", number),
        "loss": ("loss", number),
    }
    return _by_branch(scores, model, "others", "Normals, lesions, calibration, loss", caption, columns)


def detector(scores: Nested, model: str) -> Table:
    """What the detector finds."""
    caption = "Shares and counts; lesions found, precision and boxes on normals at the operating confidence."
    rows = [[DETECTOR_TITLES.get(name, name), number(score)] for name, score in scores["detection"].items()]
    return Table("detector", "The detector", f"{caption} {_of(scores, model)}", ["", "value"], rows)


Columns = Mapping[str, tuple[str, Callable[[Any], str]]]
"""Heading -> where a branch has the score (keys joined by dots), and how it is written."""


def _by_branch(scores: Nested, model: str, name: str, title: str, caption: str, columns: Columns) -> Table:
    rows = [
        [TITLES[branch], *(write(_at(of, path)) for path, write in columns.values())]
        for branch, of in scores["branches"].items()
    ]
    return Table(name, title, f"{caption} {_of(scores, model)}", ["", *columns], rows)


def _at(of: Nested, path: str) -> Any:  # noqa: ANN401 - a score or a count
    """What lies there; no value where a branch has no such score."""
    return reduce(lambda group, key: group.get(key, MISSING), path.split("."), of)


def _of(scores: Nested, model: str) -> str:
    """Whose numbers these are, for a table that stands alone."""
    sample = scores["sample"]
    return " ".join([f"{model}, {_number(sample['images'], 'test image')}.", INTERVALS])


def _p(score: Nested) -> str:
    return f", p {score['p']:.3g} ({score['p_holm']:.3g})" if score.get("p") is not None else ""


def _number(count: int, of: str) -> str:
    return f"{count} {of}" if count == 1 else f"{count} {of}s"


def _chapters(shown: Iterable[Table], level: str) -> list[str]:
    return [part for each in shown for part in (f"{level} {each.title}", each.caption, markdown(each))]

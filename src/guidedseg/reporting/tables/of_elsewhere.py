"""The trained pair at home and on the external datasets, side by side."""

from collections.abc import Mapping

from guidedseg.evaluation.scores import Nested
from guidedseg.reporting.elsewhere import Elsewhere
from guidedseg.reporting.tables import of_published
from guidedseg.reporting.tables.table import Table
from guidedseg.reporting.tables.wording import INTERVALS, MISSING, percent

HEADER = [
    *("images of", "images", "with a lesion", "direct, strict", "guided, strict", "direct, lesion", "guided, lesion"),
    *("guided - direct, lesion", "oracle, lesion", "normals marked by direct", "normals marked by guided"),
    *("detector AP50", "lesions found", "direct, strict, in hindsight", "guided, strict, in hindsight"),
]

CAPTION = (
    "Dice in percent, of all images of datasets that nothing was trained or chosen on, at the confidence, gates and "
    "thresholds of home. What does not carry over: sizes of images and of lesions, marks and margins, another "
    "machine's speckle, and the share of images without a lesion, which strict depends on (a dash: there is none). "
    "In hindsight: at the values that would have been best there, which nobody can know beforehand; how far above "
    "they are is what choosing them at home costs."
)


def tables(home: Nested | None, elsewhere: Mapping[str, Elsewhere], dataset: str) -> list[Table]:
    """Ours, and what others report on these datasets; those that have a row.

    Args:
        home: ``Results.scores``; None: without a row of it.
        elsewhere: ``Results.elsewhere``; empty: there is nothing to tell.
        dataset: that was trained on.
    """
    found = (_ours(home, elsewhere, dataset), of_published.table(list(elsewhere))) if elsewhere else ()
    return [each for each in found if each.rows]


def _ours(home: Nested | None, elsewhere: Mapping[str, Elsewhere], dataset: str) -> Table:
    """A row of the run's own test images, then one per external dataset."""
    rows = [] if home is None else [[f"{dataset}, test part", *_cells(home), "", ""]]
    for name, each in elsewhere.items():
        best = [percent({**MISSING, "value": dice}) for dice in each.hindsight.values()]
        rows.append([name, *_cells(each.scores), *best])
    return Table("external", "Trained here, tested elsewhere", f"{CAPTION} {INTERVALS}", HEADER, rows)


def _cells(scores: Nested) -> list[str]:
    branches, sample, detection = scores["branches"], scores["sample"], scores["detection"]
    return [
        str(sample["images"]),
        str(sample["images_with_lesion"]),
        *(percent(branches[mode][rule]["dice"]) for rule in ("strict", "lesion") for mode in ("direct", "guided")),
        percent(scores["differences"]["guided_minus_direct"]["lesion"]["dice"]),
        percent(branches["oracle"]["lesion"]["dice"]),
        *(percent(branches[mode]["normals"]["share_with_false_positive"]) for mode in ("direct", "guided")),
        percent(detection["ap50"]),
        percent(detection["lesion_recall"]),
    ]

"""What others report on datasets, in a table of its own: none of it is by our rules, or of our images."""

from collections.abc import Sequence

from guidedseg.datasets.catalogue import DATASETS
from guidedseg.reporting.tables.table import Table

HEADER = ["dataset", "Dice", "method", "tested on", "reported by"]

CAPTION = (
    "In percent, as others report it or cite it, on images and splits of their own choice, and by rules for images "
    "without a lesion and for misses that are mostly not told. No number of ours is to be compared with them but with "
    "that in mind."
)


def table(datasets: Sequence[str]) -> Table:
    """A row per result, dataset by dataset; without rows where none is known.

    Args:
        datasets: their names; one may stand there twice, or be an older version's that is known no more.
    """
    rows = [
        [name, each.dice, each.method, each.on, each.source]
        for name in dict.fromkeys(datasets)
        if name in DATASETS
        for each in DATASETS[name].published
    ]
    return Table(
        "published", "Published, by others' rules", CAPTION, HEADER, rows, published=frozenset(range(len(rows)))
    )

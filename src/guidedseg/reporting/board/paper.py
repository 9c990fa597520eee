"""The published numbers as rows of the leaderboard, beside entries on the paper's dataset."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from guidedseg.evaluation import standings
from guidedseg.evaluation.pooling import Section
from guidedseg.evaluation.standings import Leaderboard
from guidedseg.reporting.tables import published

PREFIX = "paper_"
"""Of the branches."""


def beside(board: Leaderboard) -> Leaderboard:
    """The same with the published numbers of the networks that a section has, as shares, after the section's rows."""
    rows = standings.table([record for section in board.sections for record in _records(section)])
    scores = pd.concat([board.scores, rows]) if len(rows) else board.scores
    return replace(board, scores=scores.sort_values("section", kind="stable", ignore_index=True))


def _records(section: Section) -> Iterable[dict[str, Any]]:
    if section.first.dataset != published.DATASET:
        return
    common = {"section": section.number, "dataset": published.DATASET, "split": section.first.split}
    networks = {entry.model for entry in section.entries}
    for branch, table in published.TABLES.items():
        for model in sorted(networks & set(table)):
            for metric in ("dice", "iou", "precision", "recall"):
                value = round(getattr(table[model], metric) / 100, 6)
                named = {**common, "model": model, "branch": f"{PREFIX}{branch}", "rule": published.RULES[branch]}
                yield {**named, "metric": metric, "value": value}

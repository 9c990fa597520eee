"""The leaderboard as a page, with the same look as that of one run."""

from collections.abc import Mapping, Sequence

from guidedseg.evaluation.standings import Leaderboard
from guidedseg.reporting.board.formats import elsewhere, not_comparable, pages
from guidedseg.reporting.page.index import Shown, environment


def html(board: Leaderboard, rule: str, metric: str, masks: Mapping[int, Shown], notes: Sequence[str]) -> str:
    """All sections.

    Args:
        board: pooled and scored.
        rule: to rank by.
        metric: likewise.
        masks: number of a section -> its networks' masks.
        notes: what was left out, and why.
    """
    return (
        environment()
        .get_template("leaderboard.html.j2")
        .render(
            rule=rule,
            metric=metric,
            sections=list(zip(board.sections, pages(board, rule, metric), strict=True)),
            masks=masks,
            elsewhere=elsewhere(board),
            notes=[*notes, *board.notes, *not_comparable(board.sections)],
        )
    )

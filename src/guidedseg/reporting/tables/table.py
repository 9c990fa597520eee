"""A table of text, and how it is written: aligned, Markdown, LaTeX, CSV. The page writes it as HTML."""

import csv as csv_module
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NEEDS = r"% needs \usepackage{adjustbox,booktabs,xcolor}"
"""First line of a file with ``latex`` tables."""


@dataclass(frozen=True)
class Table:
    """Cells as text.

    Attributes:
        name: of its files.
        title: over it.
        caption: what the numbers are, and under which rule.
        header: of the columns.
        rows: as wide as the header.
        best: (row, column) of the cells that stand out.
        published: rows with a paper's numbers, which are not ours.

    Raises:
        ValueError: a row is not as wide as the header, or ``best`` or ``published`` names a cell that there is not.
    """

    name: str
    title: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: frozenset[tuple[int, int]] = frozenset()
    published: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.header):
                raise ValueError(f"table {self.name}, row {number}: {len(row)} cells under {len(self.header)} headings")
        named = {*self.best, *((row, 0) for row in self.published)}
        missing = [cell for cell in named if cell[0] >= len(self.rows) or cell[1] >= len(self.header)]
        if missing:
            raise ValueError(f"table {self.name} has no cell {min(missing)} (row, column)")

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Of every column: whether all that it says are numbers, which stand to the right."""
        columns = ([row[column] for row in self.rows] for column in range(len(self.header)))
        return tuple(
            any(re.match(r"-?\d", cell) for cell in cells) and all(re.match(r"-?\d|-?$", cell) for cell in cells)
            for cells in columns
        )


def text(table: Table) -> str:
    """Aligned columns, for a terminal; the best with a star."""
    rows = [
        [f"{cell} *" if (number, column) in table.best else cell for column, cell in enumerate(row)]
        for number, row in enumerate(table.rows)
    ]
    lines = [list(table.header), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([*aligned, *(["* the best"] if table.best else [])])


def markdown(table: Table) -> str:
    """As GitHub reads it; the best in bold."""
    rows = [
        [f"**{_marked(cell)}**" if (number, column) in table.best else _marked(cell) for column, cell in enumerate(row)]
        for number, row in enumerate(table.rows)
    ]
    rule = ["---:" if numeric else "---" for numeric in table.numeric]
    return "\n".join("| " + " | ".join(line) + " |" for line in [[_marked(cell) for cell in table.header], rule, *rows])


def latex(table: Table) -> str:
    """The best in bold, published rows grey; wide ones shrunk to the page."""
    lines = [
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{_escaped(f'{table.title}. {table.caption}')}}}",
        rf"\label{{tab:{table.name}}}",
        r"\begin{adjustbox}{max width=\textwidth}",
        rf"\begin{{tabular}}{{{''.join('r' if numeric else 'l' for numeric in table.numeric)}}}",
        r"\toprule",
        " & ".join(map(_escaped, table.header)) + r" \\",
        r"\midrule",
    ]
    for number, row in enumerate(table.rows):
        cells = list(map(_escaped, row))
        cells = [rf"\textbf{{{cell}}}" if (number, column) in table.best else cell for column, cell in enumerate(cells)]
        if number in table.published:
            cells = [rf"\textcolor{{gray}}{{{cell}}}" if cell else "" for cell in cells]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{adjustbox}", r"\end{table}"])


def csv(table: Table) -> str:
    """Header and rows, the cells as printed."""
    target = io.StringIO()
    csv_module.writer(target, lineterminator="\n").writerows([table.header, *table.rows])
    return target.getvalue()


def write(table: Table, folder: Path) -> None:
    """``NAME.csv``, ``NAME.md`` and ``NAME.tex``, the latter two with title and caption."""
    title = f"**{_marked(table.title)}.** {_marked(table.caption)}"
    for suffix, content in (
        ("csv", csv(table)),
        ("md", f"{title}\n\n{markdown(table)}\n"),
        ("tex", f"{NEEDS}\n{latex(table)}\n"),
    ):
        (folder / f"{table.name}.{suffix}").write_text(content, encoding="utf-8")


def best_of(values: Sequence[float | None], *, smallest: bool = False) -> list[int]:
    """Places of the best among two or more; none where all are equal."""
    there = {value for value in values if value is not None}
    if len(there) < 2:
        return []
    best = min(there) if smallest else max(there)
    return [place for place, value in enumerate(values) if value == best]


def _marked(plain: str) -> str:
    """Text as it is in Markdown: no tag, formula or column of its own, and one line."""
    return re.sub(r"([\\|<$*`])", r"\\\1", " ".join(plain.split()))


def _escaped(plain: str) -> str:
    """Text as it is in LaTeX; minus signs as such."""
    special = {"\\": "backslash", "~": "asciitilde", "^": "asciicircum", "<": "less", ">": "greater", "|": "bar"}
    safe = "".join(
        rf"\text{special[letter]}{{}}" if letter in special else f"\\{letter}" if letter in "&%$#_{}" else letter
        for letter in plain
    )
    return re.sub(r"(^|[ (])-(?=\d)", r"\1$-$", safe)

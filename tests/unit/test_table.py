"""How a table is written."""

import csv as csv_module
import io
from pathlib import Path

import pytest

from guidedseg.reporting.tables.table import NEEDS, Table, best_of, csv, latex, markdown, text, write


def table(*rows: list[str], header: tuple[str, ...] = ("network", "Dice, %"), **more: frozenset) -> Table:
    return Table("name", "A title", "A caption", header, rows, **more)


ODD = table(["a|b <script>", "5 $ & 3 %"], [r'back\slash_{~^}#"q"', "-5.1 (-10.0 to 2.0)"])
TWO = table(["unetpp", "80.0"], ["paper", "79.19"], best=frozenset({(0, 1)}), published=frozenset({1}))


def body(printed: str) -> list[str]:
    """Lines of a LaTeX table between its rules."""
    lines = printed.splitlines()
    return lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]


# What a table is


def test_ragged_row_is_refused() -> None:
    with pytest.raises(ValueError, match="table name, row 1: 3 cells under 2 headings"):
        table(["a", "1"], ["b", "2", "3"])


@pytest.mark.parametrize(
    "more", [{"best": frozenset({(1, 0)})}, {"best": frozenset({(0, 2)})}, {"published": frozenset({1})}]
)
def test_best_and_published_must_exist(more: dict) -> None:
    with pytest.raises(ValueError, match="table name has no cell"):
        table(["a", "1"], **more)


def test_columns_of_numbers_and_dashes_are_numeric() -> None:
    rows = [["1", "unetpp", "-5.1 (-10.0 to 2.0), p 0.6", "-", "", ""], ["", "2", "-", "-", "0 1", ""]]
    shown = table(*rows, header=("rank", "network", "value", "none", "seeds", "empty"))
    # a column with a name, one of dashes and an empty one are text
    assert shown.numeric == (True, False, True, False, True, False)


@pytest.mark.parametrize(
    ("values", "smallest", "best"),
    [
        ([0.1, 0.3, None, 0.3], False, [1, 3]),
        ([0.1, 0.3, None], True, [0]),
        ([0.3, None], False, []),  # one value is no best
        ([0.3, 0.3], False, []),  # nor are equal ones
        ([], False, []),
    ],
)
def test_best_is_the_best_of_two_different_values(values: list, smallest: bool, best: list[int]) -> None:
    assert best_of(values, smallest=smallest) == best


# Text


def test_text_is_aligned_and_the_best_has_a_star() -> None:
    assert text(TWO).splitlines() == ["network  Dice, %", "unetpp   80.0 *", "paper    79.19", "* the best"]


def test_text_without_a_best_has_no_star() -> None:
    assert text(table(["a", "1"])).splitlines() == ["network  Dice, %", "a        1"]


# Markdown


def test_markdown_sets_numbers_to_the_right_and_the_best_in_bold() -> None:
    assert markdown(TWO).splitlines() == [
        "| network | Dice, % |",
        "| --- | ---: |",
        "| unetpp | **80.0** |",
        "| paper | 79.19 |",
    ]


def test_markdown_has_no_column_tag_or_formula_of_a_name() -> None:
    first, second = markdown(ODD).splitlines()[2:]
    assert first == r"| a\|b \<script> | 5 \$ & 3 % |"
    assert second.startswith(r"| back\\slash_{~^}#")


def test_markdown_cell_is_one_line() -> None:
    assert markdown(table(["two\nlines", "1"])).splitlines()[2] == "| two lines | 1 |"


# LaTeX


def test_latex_escapes_what_latex_reads() -> None:
    first, second = body(latex(ODD))
    assert first == r"a\textbar{}b \textless{}script\textgreater{} & 5 \$ \& 3 \% \\"
    assert second.startswith(r"back\textbackslash{}slash\_\{\textasciitilde{}\textasciicircum{}\}\#")


def test_latex_has_minus_signs_before_numbers_only() -> None:
    (row,) = body(latex(table(["guided - direct", "-5.1 (-10.0 to -2.0)"])))
    assert row == r"guided - direct & $-$5.1 ($-$10.0 to $-$2.0) \\"


def test_latex_marks_the_best_and_greys_what_is_published() -> None:
    assert body(latex(TWO)) == [
        r"unetpp & \textbf{80.0} \\",
        r"\textcolor{gray}{paper} & \textcolor{gray}{79.19} \\",
    ]


def test_latex_has_caption_label_and_a_column_each() -> None:
    printed = latex(TWO)
    assert r"\caption{A title. A caption}" in printed
    assert r"\label{tab:name}" in printed
    assert r"\begin{tabular}{lr}" in printed
    assert r"network & Dice, \% \\" in printed
    opened = [line.split("{")[1].split("}")[0] for line in printed.splitlines() if line.startswith(r"\begin")]
    closed = [line.split("{")[1].split("}")[0] for line in printed.splitlines() if line.startswith(r"\end")]
    assert opened == closed[::-1] == ["table", "adjustbox", "tabular"]
    assert all(package in NEEDS for package in ("adjustbox", "booktabs", "xcolor"))


# CSV and files


def test_csv_gives_back_what_was_put_in() -> None:
    read = list(csv_module.reader(io.StringIO(csv(ODD))))
    assert read == [list(ODD.header), *map(list, ODD.rows)]
    assert csv(TWO).splitlines()[0] == 'network,"Dice, %"'


def test_a_table_is_written_three_times(tmp_path: Path) -> None:
    write(TWO, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"name.csv", "name.md", "name.tex"}
    assert (tmp_path / "name.csv").read_text() == csv(TWO)
    assert (tmp_path / "name.md").read_text() == f"**A title.** A caption\n\n{markdown(TWO)}\n"
    assert (tmp_path / "name.tex").read_text() == f"{NEEDS}\n{latex(TWO)}\n"


def test_a_table_without_rows_stands() -> None:
    empty = table()
    assert text(empty) == "network  Dice, %"
    assert markdown(empty).splitlines() == ["| network | Dice, % |", "| --- | --- |"]
    assert body(latex(empty)) == []

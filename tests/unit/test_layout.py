"""Files stay small, imports go down only, and evaluation needs no more than numpy, scipy and pandas."""

import sys
from pathlib import Path

import pytest
from stage_imports import ROOT, imported, imported_names

MOST_LINES = 300

# From the top: a room imports from its own row and from those below it.
LAYERS = (
    ("stages", "guidedseg/cli.py", "guidedseg/cli_exchange.py", "guidedseg/checks.py"),
    ("guidedseg/reporting", "guidedseg/sweeps"),
    ("guidedseg/experiments.py",),
    ("guidedseg/exchange",),
    ("guidedseg/external.py",),
    ("guidedseg/counting.py",),
    ("guidedseg/scoring.py", "guidedseg/cascading.py"),
    ("guidedseg/jobs",),
    ("guidedseg/bundles", "guidedseg/outputs"),
    ("guidedseg/inference",),
    ("guidedseg/cine",),
    ("guidedseg/segmentation", "guidedseg/detection", "guidedseg/prompted"),
    ("guidedseg/outside.py",),
    ("guidedseg/params",),  # which keys a dataset has, its own file says
    ("guidedseg/datasets",),
    ("guidedseg/sources",),
    ("guidedseg/tested.py",),
    ("guidedseg/evaluated.py",),
    ("guidedseg/evaluation",),  # a leaf: what makes masks needs the operating values, what judges them needs no masks
    ("guidedseg",),  # all that no row above names: regions, writing, progress, errors, names, ...
)


def source_files() -> list[Path]:
    return sorted(path for folder in ("src", "stages", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """The path as the table above has it."""
    return path.relative_to(ROOT).as_posix().removeprefix("src/")


def layer_of(path: Path) -> int:
    return next(
        number
        for number, rooms in enumerate(LAYERS)
        for room in rooms
        if name_of(path) == room or name_of(path).startswith(f"{room}/")
    )


CODE = [path for path in source_files() if name_of(path).startswith(("guidedseg/", "stages/"))]
EVALUATION = [path for path in CODE if name_of(path).startswith("guidedseg/evaluation/")]


def test_no_file_is_longer_than_a_reader_keeps_in_mind():
    texts = [*source_files(), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    templates = [path for path in (ROOT / "src").rglob("templates/*") if path.is_file()]
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in [*texts, *templates]}
    long = {name: count for name, count in lines.items() if count > MOST_LINES}
    assert not long, f"split by subject into files of at most {MOST_LINES} lines: {long}"


@pytest.mark.parametrize("rooms", LAYERS, ids=", ".join)
def test_imports_go_down_only(rooms):
    number = LAYERS.index(rooms)
    upwards = [
        f"{name_of(path)} imports {name_of(other)}"
        for path in CODE
        if layer_of(path) == number
        for other in sorted(imported(path))
        if layer_of(other) < number
    ]
    assert not upwards, f"these belong in a higher row, or what they import in a lower one: {upwards}"


def test_evaluation_imports_numbers_and_tables_only():
    libraries = {"numpy", "scipy", "pandas", *sys.stdlib_module_names}
    foreign = [
        f"{name_of(path)} imports {name}"
        for path in EVALUATION
        for name in sorted(imported_names(path))
        if name.split(".")[0] not in {*libraries, "guidedseg"}
    ]
    assert not foreign, f"evaluation/ is numpy, scipy and pandas alone: {foreign}"


def test_evaluation_imports_of_the_project_itself_and_words_only():
    allowed = {"guidedseg/__init__.py", "guidedseg/errors.py", "guidedseg/names.py"}
    own = [
        f"{name_of(path)} imports {name_of(other)}"
        for path in EVALUATION
        for other in sorted(imported(path))
        if other not in EVALUATION and name_of(other) not in allowed
    ]
    assert not own, f"evaluation/ imports guidedseg.errors and guidedseg.names alone: {own}"

"""``guidedseg external``: a bundle on a dataset that it never saw."""

import json
from pathlib import Path
from typing import Any

import pytest
import small_bundle
from drawn_datasets import DRAWN
from typer.testing import CliRunner

from guidedseg import external
from guidedseg.cli import app
from guidedseg.datasets import preparing
from guidedseg.reporting import elsewhere, external_test


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """With what the parts of a test were called, which is done for real."""
    said: dict[str, Any] = {}
    for module, name in ((preparing, "write"), (external, "test"), (elsewhere, "read")):
        real = getattr(module, name)

        def listening(*given: Any, real: Any = real, name: str = name, **named: Any) -> Any:
            said.update(vars(given[0]) if name == "test" else named)
            return real(*given, **named)

        monkeypatch.setattr(module, name, listening)
    return said


def printed_by(bundle: Path, tmp_path: Path) -> str:
    DRAWN["busi"](tmp_path / "busi")
    arguments = ["external", str(bundle), "busi", "--at", str(tmp_path / "busi"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_table_of_ours_and_one_of_what_others_report(bundle_folder: Path, tmp_path: Path) -> None:
    printed = printed_by(bundle_folder, tmp_path)
    assert "Trained here, tested elsewhere:\n" in printed
    assert "Published, by others' rules:\n" in printed
    assert "75.14" in printed
    metrics = json.loads((tmp_path / "out/external.json").read_text(encoding="utf-8"))
    assert 0 <= metrics["busi"]["direct"]["strict"]["dice"] <= 1
    assert {path.name for path in (tmp_path / "out").glob("*.csv")} == {"external.csv", "published.csv"}


def test_it_is_scored_as_the_bundle_was_made(networks: dict[str, Path], tmp_path: Path, heard: dict[str, Any]) -> None:
    made = small_bundle.description()["made"]
    scoring = {"match_iou": 0.25, "surface_tolerance": 0.01, "batch": 4}
    params = {**made["params"], "seed": 7, "prepare": {"duplicate_similarity": 0.9}, "scoring": scoring}
    folder = small_bundle.write(tmp_path / "bundle", networks, made={**made, "params": params})
    printed_by(folder, tmp_path)
    wanted = {"match_iou": 0.25, "surface_tolerance": 0.01, "batch": 4, "seed": 7, "duplicate_threshold": 0.9}
    assert {key: heard[key] for key in wanted} == wanted


def test_what_an_older_bundle_does_not_say_is_as_usual(
    bundle_folder: Path, tmp_path: Path, heard: dict[str, Any]
) -> None:
    printed_by(bundle_folder, tmp_path)
    usual = external_test.USUAL
    assert heard["match_iou"] == usual["scoring.match_iou"]
    assert heard["duplicate_threshold"] == usual["prepare.duplicate_similarity"]
    assert heard["batch"] == usual["scoring.batch"]

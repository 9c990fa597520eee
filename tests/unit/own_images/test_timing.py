"""``guidedseg bundle check --time`` tells which engine is the fastest here."""

import importlib.util
import re

from typer.testing import CliRunner

from guidedseg.bundles import timing
from guidedseg.cli import app


def test_every_installed_engine_is_timed_and_the_quickest_is_named(bundle_folder):
    result = CliRunner().invoke(app, ["bundle", "check", str(bundle_folder), "--time"])
    assert result.exit_code == 0, result.output
    sums = {
        engine: float(total)
        for engine, total in re.findall(r"^time: (\w+) [\d.]+: ([\d.]+) ms", result.output, re.MULTILINE)
    }
    assert set(sums) == {"onnxruntime", "openvino"}
    (fastest,) = re.findall(r"fastest here: --engine (\w+)$", result.output, re.MULTILINE)
    assert sums[fastest] == min(sums.values())


def test_an_engine_that_is_not_installed_is_left_out(bundle_folder, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else found(name))
    lines = timing.times(bundle_folder)
    assert "time: openvino is not installed" in lines
    assert lines[-1] == "the fastest here: --engine onnxruntime"

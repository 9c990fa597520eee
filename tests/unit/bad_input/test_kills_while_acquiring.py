"""A process that is killed while it acquires or prepares leaves nothing half-written, and the next run works."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from layouts import masks


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_killed_at_any_change_of_the_disk_the_next_run_works(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "drawn"
    masks(source)
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "own.zip", "w") as bundle:
            for path in sorted(source.rglob("*")):
                bundle.write(path, path.relative_to(source))
        source = tmp_path / "own.zip"
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, str(here / "killing_acquire.py"), str(source), str(tmp_path / "work")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (here, here.parent, here.parents[2] / "src")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 20

"""Temporary folders: gone at the end, and those of killed processes are removed by the next."""

import subprocess
import sys
from pathlib import Path

from guidedseg.temporary import Temporary

LEAVE = """
import os, signal, sys
from pathlib import Path
from guidedseg.temporary import Temporary
folder = Temporary(Path(sys.argv[1]))
Path(folder.name, "file").touch()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_folder_is_gone_when_the_block_ends(tmp_path: Path) -> None:
    with Temporary(tmp_path) as place:
        assert Path(place).parent == tmp_path
        Path(place, "file").touch()
    assert not any(tmp_path.iterdir())


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("guidedseg-another-1-x", "guidedseg-data", "tmp123")]
    for folder in others:  # of another machine on a shared disk, a user's, another program's
        folder.mkdir()
    with Temporary(tmp_path) as mine:
        subprocess.run([sys.executable, "-c", LEAVE, str(tmp_path)], check=False)
        assert len(list(tmp_path.iterdir())) == 5
        with Temporary(tmp_path):
            assert len(list(tmp_path.iterdir())) == 5
        assert sorted(tmp_path.iterdir()) == sorted([*others, Path(mine)])

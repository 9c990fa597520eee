"""Acquires and prepares a dataset, killed before each of its changes of the file system, one after the other.

Run as a program, for the hook that it needs is never to be removed: SOURCE WORK. Prints how many changes there were.
"""

import itertools
import shutil
import sys
from pathlib import Path

from acquired import Acquired
from killer import Killed, Killer

from guidedseg.datasets import preparing, reading
from guidedseg.datasets.catalogue import DATASETS

Content = dict[str, bytes] | None


def made(source: Path, root: Path) -> None:
    acquired = Acquired(root)
    acquired("folder", source)
    records = reading.read(DATASETS["folder"], acquired.target)
    preparing.write(records, root / "data/prepared", duplicate_threshold=0.8)


def content(folder: Path) -> Content:
    if not folder.exists():
        return None
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def contents(root: Path) -> list[Content]:
    return [content(root / "data" / name) for name in ("raw/it", "prepared")]


def main() -> None:
    source, work = Path(sys.argv[1]), Path(sys.argv[2])
    made(source, work / "undisturbed")
    expected = contents(work / "undisturbed")
    assert None not in expected
    killer, root = Killer(), work / "project"
    for step in itertools.count():
        shutil.rmtree(root, ignore_errors=True)
        killer.left, killer.place = step, str(root)
        try:
            made(source, root)
        except Killed:
            killer.place = None
        else:
            break
        for found, whole in zip(contents(root), expected, strict=True):
            assert found in (None, whole), f"half of a folder after change {step}"
        made(source, root)
        assert contents(root) == expected, f"not the same after change {step}"
        left = sorted(path.name for path in root.rglob(".*")) + sorted(each.name for each in root.glob(".scratch/*"))
        assert left == [".scratch", "hashes.json"][: len(left)], f"{left} is left after change {step}"
    print(step)


if __name__ == "__main__":
    main()

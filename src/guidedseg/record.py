"""The record of a run: code, versions, machine, and how long every stage took.

It depends on clock and machine, so it is no out of DVC: hashes in dvc.lock stay equal between runs. Git tracks it.
A duration belongs to a result: it is kept for as long as dvc.lock has the same entry for its stage.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from textwrap import shorten
from typing import Any

from guidedseg.writing import whole_file

JOURNALS = Path(".scratch/durations")
"""A file per stage that has run since the last record."""

RECORD = Path("report/run.js")

PACKAGES = (
    *("guidedseg", "torch", "torchvision", "ultralytics", "segmentation-models-pytorch", "timm", "albumentations"),
    *("lightning", "dvc", "numpy"),
)

CACHED = "from DVC's cache"

_HEAD, _TAIL = "window.guidedsegRun = ", ";\n"

Nested = dict[str, Any]


def note(root: Path, stage: str, seconds: float) -> None:
    """Note how long a stage took that has just ended.

    Args:
        root: of the project.
        stage: as dvc.lock has it.
        seconds: wall time of the attempt that succeeded.
    """
    finished = f"finished {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    parts = [_duration(seconds), f"{threads} thread{'s' * (threads > 1)}", _gpu(), finished]
    journal = root / JOURNALS / f"{stage}.json"
    with whole_file(journal) as path:
        path.write_text(json.dumps({"text": ", ".join(filter(None, parts))}), encoding="utf-8")


def settle(root: Path) -> None:
    """Tie new notes to results. By the time that another stage starts, DVC has written dvc.lock."""
    journals = {path: json.loads(path.read_text(encoding="utf-8")) for path in (root / JOURNALS).glob("*.json")}
    new = {path: journal for path, journal in journals.items() if "digest" not in journal}
    lock = _lock(root) if new else {}
    for path, journal in new.items():
        digest = _digest(lock[path.stem]) if path.stem in lock else None
        path.write_text(json.dumps({**journal, "digest": digest}), encoding="utf-8")


def collect(root: Path, of: str) -> Nested:
    """The record of all that led to one out, and of the code and the machine of this process.

    The notes that it takes up are removed: write the record.

    Args:
        root: of the project.
        of: path of the out.

    Returns:
        ``run`` and ``versions``: name -> text, None where unknown. ``durations`` and ``digests``: stage -> text, in the
        order of dvc.lock; a digest names the result that a duration belongs to.
    """
    before, lock = read(root / RECORD), _lock(root)
    durations, digests = {}, {}
    for name, entry in _upstream(lock, of).items():
        digests[name], durations[name] = _digest(entry), CACHED
        path = root / JOURNALS / f"{name}.json"
        journal = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if journal.get("digest") == digests[name]:
            durations[name] = journal["text"]
            path.unlink()
        elif before.get("digests", {}).get(name) == digests[name]:
            durations[name] = before["durations"][name]
    return {
        "run": {**_code(root, lock), **_machine()},
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "durations": durations,
        "digests": digests,
    }


def write(record: Nested, path: Path) -> None:
    """A script that gives the record to a page that was opened as a file; ``<`` and all but ASCII are escaped."""
    with whole_file(path) as partial:
        text = json.dumps(record, indent=2).replace("<", "\\u003c")
        partial.write_text(f"{_HEAD}{text}{_TAIL}", encoding="ascii")


def read(path: Path) -> Nested:
    """What ``write`` wrote; empty where there is none, or none that can be read (a merge may leave its marks in it)."""
    try:
        record: Nested = json.loads(path.read_text(encoding="utf-8").removeprefix(_HEAD).removesuffix(_TAIL))
    except (OSError, ValueError):
        return {}
    return record


def _lock(root: Path) -> dict[str, Nested]:
    """dvc.lock's entries by stage."""
    import yaml  # noqa: PLC0415 - most stages end without it

    path = root / "dvc.lock"
    if not path.is_file():
        return {}
    stages: dict[str, Nested] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)["stages"]
    return stages


def _digest(entry: Nested) -> str:
    """Of command, inputs, parameters and outs."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16]


def _upstream(lock: dict[str, Nested], of: str) -> dict[str, Nested]:
    """The entries of the stage that made an out and of all before it, in the order of ``lock``."""
    needed, waiting = set(), [of]
    while waiting:
        path = waiting.pop()
        for name, entry in lock.items():
            if name not in needed and any(_inside(path, out["path"]) for out in entry["outs"]):
                needed.add(name)
                waiting += [dep["path"] for dep in entry["deps"]]
    return {name: entry for name, entry in lock.items() if name in needed}


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _duration(seconds: float) -> str:
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _gpu() -> str | None:
    """Name of the GPU that this process has used."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_initialized() else None


def _code(root: Path, lock: dict[str, Nested]) -> dict[str, str | None]:
    """The commit that the run started from, and what was changed in it by other hands than the pipeline's."""
    commit, changed = _git(root, "rev-parse", "HEAD"), _git(root, "diff", "--name-only", "--relative", "-z", "HEAD")
    made = ["dvc.lock", RECORD.as_posix(), *(out["path"] for entry in lock.values() for out in entry["outs"])]
    names = [
        name
        for name in (changed or "").split("\0")
        if name and Path(name).name != ".gitignore" and not any(_inside(name, out) for out in made)
    ]
    return {
        "commit": commit and commit.strip(),
        "uncommitted changes": None if changed is None else shorten(", ".join(names) or "none", 200),
    }


def _git(root: Path, *arguments: str) -> str | None:
    """What a git command says; None without git, repository or commit."""
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603 - no input of others
    except (OSError, subprocess.CalledProcessError):
        return None


def _machine() -> dict[str, str | None]:
    """What matters for speed and rounding; nothing that names a machine or a person."""
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = f"{platform.system()} {platform.release()}"
    has_memory = hasattr(os, "sysconf")  # not on Windows
    return {
        "operating system": f"{system}, {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB" if has_memory else None,
    }


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

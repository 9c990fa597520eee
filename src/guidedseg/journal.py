"""The journal: where, when and with what every artifact was made. A stage notes it when it has succeeded.

It depends on clock and machine, so it is no out of DVC: hashes in dvc.lock stay equal between runs. Git tracks it. An
entry belongs to an artifact for as long as dvc.lock has the same md5; `dvc pull` may bring an artifact without one.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from textwrap import shorten
from typing import Any

from guidedseg.writing import write_text

JOURNAL = Path("report/run.js")
"""A script, so that a page that was opened as a file can read it."""

CODE = ("params.yaml", "dvc.yaml", "src", "stages")
"""What decides a result, apart from the inputs and the installed packages."""

PACKAGES = (
    *("guidedseg", "torch", "torchvision", "ultralytics", "segmentation-models-pytorch", "timm", "albumentations"),
    *("lightning", "onnx", "onnxruntime", "dvc", "numpy"),
)

_HEAD, _TAIL = "window.guidedsegRun = ", ";\n"

Entry = dict[str, Any]


def begin(root: Path) -> Entry:
    """What an entry says of a stage's start: someone may commit while it runs.

    Args:
        root: of the project.
    """
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *CODE)
    names = [line[3:] for line in (changes or "").split("\0") if line]
    return {
        "commit": commit and commit.strip(),
        "uncommitted changes": None if changes is None else shorten(", ".join(names) or "none", 200),
        "started": _now(),
    }


def note(root: Path, out: Path, begun: Entry, seconds: float) -> None:
    """Note what a stage has made; the entry of what it made before goes.

    Args:
        root: of the project.
        out: the artifact, relative to ``root``.
        begun: of ``begin``.
        seconds: wall time.
    """
    entry = {
        "md5": md5(root / out),
        **begun,
        "finished": _now(),
        "seconds": round(seconds, 1),
        "threads": int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1),
        "gpu": _gpu(),
        "machine": _machine(),
        "versions": versions(),
    }
    write(root, {**read(root / JOURNAL), out.as_posix(): entry})


def write(root: Path, entries: Mapping[str, Entry]) -> None:
    """Write the whole journal.

    Args:
        root: of the project.
        entries: by out.
    """
    # no end of the script in a text, and ASCII alone
    text = json.dumps(dict(sorted(entries.items())), indent=2).replace("<", "\\u003c")
    write_text(root / JOURNAL, _HEAD + text + _TAIL)


def read(path: Path) -> dict[str, Entry]:
    """The entries by out; none where there is no journal or it is not whole (a merge may leave its marks in it)."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8").removeprefix(_HEAD).removesuffix(_TAIL))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def versions() -> dict[str, str | None]:
    """Of Python and of the packages that can change a result."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def last_change(root: Path) -> str | None:
    """The last commit that changed the code, however many followed; None without git, repository or commit.

    Args:
        root: of the project.
    """
    return (_git(root, "log", "-1", "--format=%H", "--", *CODE[1:]) or "").strip() or None


def md5(path: Path) -> str:
    """What dvc.lock would have of a file or folder, by DVC's own function; a second for 300 MB."""
    from dvc_data.hashfile.build import build  # noqa: PLC0415 - a tenth of a second, for which only those wait who ask
    from dvc_data.hashfile.db import HashFileDB  # noqa: PLC0415
    from dvc_objects.fs.local import LocalFileSystem  # noqa: PLC0415

    files = LocalFileSystem()  # type: ignore[no-untyped-call]
    _, _, found = build(HashFileDB(files, ""), str(path), files, "md5", dry_run=True)
    return str(found.hash_info.value)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _gpu() -> str | None:
    """Name of the GPU that this process has used."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_initialized() else None


def _git(root: Path, *arguments: str) -> str | None:
    """What a git command says; None without git, repository or commit."""
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", errors="replace")  # noqa: S603 - no input of others
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


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

"""Files that leave a trace where a reader runs what is in them."""

import pickle
from pathlib import Path
from typing import Any

import torch


class Payload:
    """Unpickled by an unwary reader, it opens a file for writing."""

    def __init__(self, trace: Path) -> None:
        self.trace = str(trace)

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.trace, "w")


def bare(path: Path, trace: Path) -> Path:
    path.write_bytes(pickle.dumps({"model": Payload(trace)}, protocol=2))  # torch's
    return path


def zipped(path: Path, trace: Path) -> Path:
    torch.save({"model": Payload(trace)}, path)
    return path


def legacy(path: Path, trace: Path) -> Path:
    """As torch.save wrote before it wrote zip files."""
    torch.save({"model": Payload(trace)}, path, _use_new_zipfile_serialization=False)
    return path


FILES = (bare, zipped, legacy)

"""Bundles as they must not be."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx

from guidedseg.bundles.schema import FILES


def copied(bundle: Path, work: Path) -> Path:
    """A bundle that may be damaged."""
    return shutil.copytree(bundle, work / "copy")


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what ``bundle.json`` says."""
    path = folder / "bundle.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    change(described)
    path.write_text(json.dumps(described), encoding="utf-8")


def hashed_again(folder: Path) -> None:
    """Give ``bundle.json`` the hashes of what lies there now, as someone would who means harm."""
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    rewritten(folder, lambda described: described.update(files=hashes))


def lead_elsewhere(folder: Path, network: str, place: str) -> None:
    """Let a graph take its tensors from another file."""
    path = folder / network / "network.onnx"
    model = onnx.load(path, load_external_data=False)
    entries = [entry for tensor in model.graph.initializer for entry in tensor.external_data if entry.key == "location"]
    assert entries
    for entry in entries:
        entry.value = place
    path.write_bytes(model.SerializeToString())

"""How results are written as JSON: the bytes of an out, unlike ``writing``, which only sees that a file is whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guidedseg.writing import write_text


def write_json(values: Mapping[str, Any], target: Path) -> None:
    """Write nested scalars as JSON that ``dvc metrics`` reads; a NaN or an infinity is an error, null is not."""
    write_text(target, as_json(values))


def as_json(values: Mapping[str, Any]) -> str:
    """What ``write_json`` writes."""
    return json.dumps(values, indent=2, allow_nan=False) + "\n"

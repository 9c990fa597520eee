"""Parameters as a flat list."""

from collections.abc import Mapping
from typing import Any


def flat(group: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined by dots, in their order; the values as they are."""
    result: dict[str, Any] = {}
    for key, value in group.items():
        result |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return result

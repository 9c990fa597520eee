"""Which pictures of an Ultralytics dataset an epoch trains on, where some stand in it several times."""

from pathlib import Path

NAME = "train.txt"
"""A line per picture, as Ultralytics reads it; where it is absent, every picture of ``images/train`` stands once."""


def read(dataset: Path) -> list[Path]:
    """The training pictures, sorted, each as often as an epoch has it."""
    if (dataset / NAME).is_file():
        return [dataset / line for line in (dataset / NAME).read_text(encoding="utf-8").splitlines()]
    return sorted((dataset / "images" / "train").glob("*.png"))

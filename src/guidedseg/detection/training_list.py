"""Which pictures of an Ultralytics dataset an epoch trains on, and how many: some may stand in it several times."""

from pathlib import Path

from guidedseg.datasets.synthetic import PREFIX

NAME = "train.txt"
"""A line per picture, as Ultralytics reads it; where it is absent, every picture of ``images/train`` stands once."""


def read(dataset: Path) -> list[Path]:
    """The training pictures, sorted, each as often as an epoch has it."""
    if (dataset / NAME).is_file():
        return [dataset / line for line in (dataset / NAME).read_text(encoding="utf-8").splitlines()]
    return sorted((dataset / "images" / "train").glob("*.png"))


def length(dataset: Path) -> int | None:
    """Pictures of an epoch where some are synthetic: as many as without them, drawn from all; None: none is synthetic.

    So the detector's steps, warm-up and validations are the same whatever is added.
    """
    pictures = read(dataset)
    real = sum(not path.name.startswith(PREFIX) for path in pictures)
    return real if real < len(pictures) else None

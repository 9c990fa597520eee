"""A folder of two pictures of one's own, read and refused."""

from pathlib import Path
from typing import Any

import pytest
from drawn_datasets import grey, save

from guidedseg.datasets import reading
from guidedseg.datasets.folder import DATASET, Own
from guidedseg.datasets.records import RawImage
from guidedseg.errors import GuidedsegError


def own(**values: Any) -> Own:
    return Own(**{"source": None, "sha256": None, "images": None, "mask_value": None} | values)


def by_id(folder: Path, options: Own | None = None) -> dict[str, RawImage]:
    return {image.image_id: image for image in reading.read(DATASET, folder, options or own())}


def objections(folder: Path, options: Own | None = None) -> str:
    with pytest.raises(GuidedsegError) as caught:
        reading.check(DATASET, folder, options or own())
    return str(caught.value)


def two_pictures(folder: Path) -> Path:
    """a and b, without masks yet."""
    for number, name in enumerate("ab"):
        save(folder / "images" / f"{name}.png", grey(number))
    return folder

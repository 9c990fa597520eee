"""The images of a dataset, or of several as one."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from guidedseg.datasets import reading
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.records import RawImage
from guidedseg.group import Group
from guidedseg.names import datasets_in


def read(name: str, options: dict[str, Group], folder: Path, done: Collection[str] = frozenset()) -> Iterator[RawImage]:
    """Yield the images of what ``acquiring.acquire`` wrote, by image_id.

    In a union the names of images and patients begin with their dataset's, so that none is two.

    Args:
        name: of a dataset, or of several joined by ``+``.
        options: the group ``datasets`` of params.yaml.
        folder: where they lie.
        done: image_ids that are left out.

    Raises:
        GuidedsegError: as ``reading.read`` tells.
    """
    places = folders(name, folder)
    for each, place in sorted(places.items()):
        prefix = "" if len(places) == 1 else f"{each}-"
        own = {image_id.removeprefix(prefix) for image_id in done if image_id.startswith(prefix)}
        for image in reading.read(DATASETS[each], place, options[each], own):
            named = replace(image, dataset=each)
            yield _prefixed(named) if prefix else named


def folders(name: str, target: Path) -> dict[str, Path]:
    """Where each dataset of ``name`` lies in what ``acquiring.acquire`` writes to ``target``."""
    names = datasets_in(name)
    return {each: target if len(names) == 1 else target / each for each in names}


def _prefixed(image: RawImage) -> RawImage:
    prefix = f"{image.dataset}-"
    return replace(
        image,
        image_id=prefix + image.image_id,
        patient_id=prefix + image.patient_id if image.patient_id else "",
        source=f"{image.dataset}/{image.source}",
    )

"""The images of a dataset, or of several as one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from guidedseg.datasets import reading
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.dataset import Entry
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
    found = survey(name, options, folder)
    yield from found.read(set(found.image_ids).difference(done))


class _Part(NamedTuple):
    dataset: str
    folder: Path
    prefix: str
    entries: list[Entry]


@dataclass(frozen=True)
class Surveyed:
    """What ``read`` yields, before anything is decoded; any of it can be read."""

    parts: tuple[_Part, ...]

    @property
    def image_ids(self) -> list[str]:
        """In the order in which they are read."""
        return [part.prefix + entry.image_id for part in self.parts for entry in part.entries]

    def read(self, image_ids: Collection[str]) -> Iterator[RawImage]:
        """Yield the images with these names, as ``read`` does."""
        for part in self.parts:
            wanted = [entry for entry in part.entries if part.prefix + entry.image_id in image_ids]
            for image in reading.canonical(DATASETS[part.dataset], part.folder, wanted):
                named = replace(image, dataset=part.dataset)
                yield _prefixed(named) if part.prefix else named


def survey(name: str, options: dict[str, Group], folder: Path) -> Surveyed:
    """Look at the names and tables; as for ``read``.

    Raises:
        GuidedsegError: as ``reading.entries`` tells.
    """
    places = folders(name, folder)
    return Surveyed(
        tuple(
            _Part(
                each,
                place,
                "" if len(places) == 1 else f"{each}-",
                reading.entries(DATASETS[each], place, options[each]),
            )
            for each, place in sorted(places.items())
        )
    )


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

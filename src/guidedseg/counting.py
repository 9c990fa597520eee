"""``scoring`` over many images: in shards, beside each other, with the same result as in one go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import pandas as pd

from guidedseg import progress, scoring
from guidedseg.cluster.cutting import count_for, cut
from guidedseg.cluster.tasks import Make, Place, each
from guidedseg.datasets import prepared
from guidedseg.errors import listed
from guidedseg.evaluation.counts import PREDICTED, Evaluation
from guidedseg.evaluation.operating import Curves, Operating
from guidedseg.inference import tiles
from guidedseg.lookahead import cores

Result = TypeVar("Result")


@dataclass(frozen=True)
class Predicted:
    """What both approaches made of prepared images.

    Attributes:
        images: the prepared images.
        direct: the tiles of frames.
        guided: the tiles of regions.
        cascade: the tiles of the regions around what the former outline.
    """

    images: Path
    direct: Path
    guided: Path
    cascade: Path

    def curves(self, thresholds: Sequence[float], which: str) -> Callable[[pd.DataFrame], list[Curves]]:
        """``scoring.curves`` of a part of an index."""
        loaded = self._tiles()
        load_mask = partial(prepared.load_mask, self.images)
        return lambda index: scoring.curves(*loaded, index["image_id"].tolist(), load_mask, thresholds, which)

    def evaluation(
        self, values: Operating, match_iou: float, surface_tolerance: float
    ) -> Callable[[pd.DataFrame], Evaluation]:
        """``scoring.evaluate`` of a part of an index."""
        loaded = self._tiles()
        load_mask = partial(prepared.load_mask, self.images)
        return lambda index: scoring.evaluate(
            *loaded, index, load_mask, values, match_iou=match_iou, surface_tolerance=surface_tolerance
        )

    def _tiles(self) -> tuple[tiles.Tiles, tiles.Tiles, tiles.Tiles]:
        return tiles.load(self.direct), tiles.load(self.guided), tiles.load(self.cascade)


def in_shards(what: str, make: Make[pd.DataFrame, Result], index: pd.DataFrame) -> list[Result]:
    """Call a function with the shards of an index, in as many processes as there are cores.

    Args:
        what: is being done, for the bar.
        make: makes the function.
        index: a row per image.

    Returns:
        What it gave, in the order of the shards; one without images counts only where there is no image at all.

    Raises:
        GuidedsegError: a shard failed.
    """
    parts = [part for part in places(index) if len(part)] or [index]
    if len(parts) == 1:
        return [make()(index)]  # with a bar of its own
    found: dict[int, Result] = {}
    problems = []
    with progress.bar(what, unit="image", total=len(index)) as bar:
        for done in each(_Numbered(make), enumerate(parts), Place(min(cores(), len(parts)))):
            number, part = done.item
            if done.problem is not None or done.value is None:
                problems.append(f"shard {number} of {len(parts)}: {done.problem}")
            else:
                found[number] = done.value
            bar.update(len(part))
    if problems:
        raise listed(f"{what} could not all be done", problems, "Mend that, and repeat.")
    return [found[number] for number in range(len(parts))]


@dataclass(frozen=True)
class _Numbered(Generic[Result]):
    """The function, for items with their numbers."""

    make: Make[pd.DataFrame, Result]

    def __call__(self) -> Callable[[tuple[int, pd.DataFrame]], Result]:
        function = self.make()
        return lambda item: function(item[1])


def places(index: pd.DataFrame) -> list[pd.DataFrame]:
    """The shards of an index, each in its order."""
    return [index.iloc[positions] for positions in cut(index["image_id"].tolist(), count_for(len(index)))]


def merged_curves(parts: Sequence[list[Curves]], index: pd.DataFrame) -> list[Curves]:
    """Of all images, in the order of the index."""
    by_image: dict[str, Curves] = {}
    for part, curves in zip((part for part in places(index) if len(part)), parts, strict=True):
        by_image.update(zip(part["image_id"], curves, strict=True))
    return [by_image[image_id] for image_id in index["image_id"]]


def merged(parts: Sequence[Evaluation], index: pd.DataFrame) -> Evaluation:
    """What ``scoring.evaluate`` of the whole index would have given."""
    if len(parts) == 1:
        return parts[0]
    images, lesions = (
        ordered(pd.concat([getattr(part, name) for part in parts], ignore_index=True), index)
        for name in ("images", "lesions")
    )
    levels = pd.concat([part.levels for part in parts], ignore_index=True)
    keys = ["group_id", "branch", "level"]
    ranks = {
        "group_id": {group: rank for rank, group in enumerate(dict.fromkeys(index["group_id"].astype(str)))},
        "branch": {branch: rank for rank, branch in enumerate(PREDICTED)},
    }
    summed = levels.groupby(keys, as_index=False, sort=False)[["pixels", "lesion_pixels"]].sum()
    in_order = summed.sort_values(keys, key=lambda column: column.map(ranks.get(str(column.name), lambda value: value)))
    return Evaluation(images, lesions, in_order.reset_index(drop=True))


def ordered(table: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """Rows of images in the order of an index; those of an image in their own."""
    order = pd.Series(range(len(index)), index=index["image_id"].to_numpy())
    return table.iloc[order[table["image_id"]].argsort(kind="stable")].reset_index(drop=True)

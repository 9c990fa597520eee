"""A detector of either kind learns, by its recipe in params.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from guidedseg import exporting
from guidedseg.detection import training_list
from guidedseg.fitting import launching
from guidedseg.fitting.launching import Rank
from guidedseg.params import Params


def begin(kind: str, settings: Params) -> Rank | None:
    """The rank of this process, or start the ranks and wait for them; as ``launching.begin``.

    Args:
        kind: ``yolo``, ``fcos`` or ``maskrcnn``.
        settings: with the detector's recipe.
    """
    if kind != "fcos":  # the others train on one device
        return launching.ALONE
    recipe = settings.chosen.fcos
    return launching.begin(f"profiles.{settings.profile}.fcos", recipe.devices, recipe.nodes)


def train(
    kind: str,
    settings: Params,
    dataset: Path,
    *,
    start: Path | None,
    scratch: Path,
    target: Path,
    live: Path,
    changes: Mapping[str, Any] | None = None,
) -> tuple[str, pd.DataFrame]:
    """Train a detector; ``trained.export`` makes its graph.

    Args:
        kind: ``yolo``, ``fcos`` or ``maskrcnn``.
        settings: recipe and seed.
        dataset: an Ultralytics dataset, as ``labels.write`` makes it.
        start: a folder whose weights training starts from, if this function has written any there; None, or without:
            as the recipe says.
        scratch: a folder for what is not kept.
        target: an existing folder.
        live: a folder for the curves while they grow.
        changes: of the recipe.

    Returns:
        What was trained, in words, and its curve, a row per epoch.

    Raises:
        GuidedsegError: as the two trainings tell.
    """
    recipe = getattr(settings.chosen, kind).model_dump() | dict(changes or {})
    if start is not None and not (start / exporting.WEIGHTS).is_file():
        start = None
    length = training_list.length(dataset)
    common: dict[str, Any] = {"seed": settings.seed, "start": start, "scratch": scratch, "target": target, "live": live}
    if kind != "yolo":
        from guidedseg.detection.pyramid import training  # noqa: PLC0415 - each takes seconds to import

        encoder, weights = recipe.pop("encoder"), recipe.pop("encoder_weights")
        workers = settings.chosen.workers
        if length is not None and recipe["steps"] is None:
            recipe["steps"] = max(1, length // recipe["batch"])  # it leaves out a last batch that is not whole
        curve = training.train(
            kind, dataset, recipe, encoder=encoder, encoder_weights=weights, workers=workers, **common
        )
        return f"{kind}, {encoder}", curve
    from guidedseg.detection.yolo import training as training_yolo  # noqa: PLC0415

    weights, recipe["imgsz"] = recipe.pop("weights"), recipe.pop("image_size")
    curve = training_yolo.train(dataset, recipe, weights=weights, length=length, **common)
    return f"yolo, {Path(weights).stem}", curve

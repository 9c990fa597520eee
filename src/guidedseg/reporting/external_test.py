"""``guidedseg external``: a bundle on a dataset that lies somewhere, scored, with a table of it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from guidedseg import external, lock, tested
from guidedseg.bundles import loading
from guidedseg.bundles.schema import Description
from guidedseg.cluster.tasks import Once
from guidedseg.datasets import harmonised, locating, places, preparing, reading, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.operating import Operating
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Segmenter
from guidedseg.json_files import write_json
from guidedseg.names import datasets_in
from guidedseg.reporting import elsewhere
from guidedseg.reporting.tables import of_elsewhere, table
from guidedseg.temporary import Temporary
from guidedseg.writing import whole_directory

USUAL = {
    "seed": 0,
    "prepare.duplicate_similarity": 0.8,
    "scoring.batch": 16,
    "scoring.match_iou": 0.5,
    "scoring.surface_tolerance": 0.005,
}
"""Keys of params.yaml with what they are taken for where a bundle does not say what it was made with."""


def run(bundle: Path, name: str, at: Path | None, out: Path, engine: Kind) -> Iterator[str]:
    """Test a bundle on all images of a dataset.

    Args:
        bundle: its folder or zip.
        name: of the dataset.
        at: a folder with it, at any depth; None: data/external/NAME.
        out: a new folder for scores, counts of every image, a table, and the worst cases.
        engine: what computes.

    Yields:
        Lines to show.

    Raises:
        GuidedsegError: no such bundle or dataset, one that is not whole, one that it was trained on, or a folder that
            is not empty.
    """
    if name not in DATASETS or DATASETS[name].generate is not None:
        known = [each for each, dataset in DATASETS.items() if dataset.generate is None]
        raise GuidedsegError(f"{name!r} is no dataset that can be tested on. Choose one of {', '.join(known)}.")
    if out.exists() and any(out.iterdir()):
        raise GuidedsegError(f"{out} is not empty. Give a new folder.")
    opening = Once(partial(load, bundle, engine))
    loaded = opening()
    said = loaded.description
    if name in datasets_in(said.data.dataset):
        raise GuidedsegError(
            f"{said.name} was trained on {name}: on all of its images it would be tested on what it has seen. "
            "Its test part is scored in its README.md."
        )
    folder = places.find(DATASETS[name], None, drop_in=Path("data/external") / name) if at is None else at
    if not isinstance(folder, Path) or not folder.is_dir():
        raise GuidedsegError(f"{folder} is no folder. Unpack a zip, or give the folder with --at.")
    own = locating.locate(DATASETS[name], folder)
    options = DATASETS[name].options.model_validate(
        dict.fromkeys(DATASETS[name].options.model_fields)  # any number of images, nothing particular
    )
    yield from reading.check(DATASETS[name], own, options).notes
    home, made_with = _home(said), _params(said)
    match_iou = made_with["scoring.match_iou"]
    with Temporary() as place:
        prepared = Path(place) / "prepared"
        how = loaded.segmenter.harmonising
        records = harmonised.records(union.read(name, {name: options}, own), how)
        similarity = made_with["prepare.duplicate_similarity"]
        index = preparing.write(records, prepared, duplicate_threshold=similarity)
        yield preparing.told(index, prepared)
        yield from harmonised.told(prepared, how)
        tolerance = made_with["scoring.surface_tolerance"]
        networks = Once(partial(segmenter, opening))
        found = external.test(external.Testing(networks, prepared, home, match_iou, tolerance, Path(place)))
    with whole_directory(out) as target:
        (target / name).mkdir()
        tested.write(found, target / name)
        write_json({"datasets": [name]}, target / "datasets.json")
        read = elsewhere.read(
            target, home, seed=made_with["seed"], batch=made_with["scoring.batch"], match_iou=match_iou
        )
        write_json(elsewhere.metrics(read), target / "external.json")
        tables = of_elsewhere.tables(None, read, said.data.dataset)
        for each in tables:
            table.write(each, target)
    for each in tables:
        yield f"{each.title}:"
        yield table.text(each)


def load(bundle: Path, engine: Kind) -> loading.Bundle:
    """With one thread, as every core has a batch of its own."""
    return loading.load(bundle, engine=engine, threads=1)


def segmenter(opening: Once[loading.Bundle]) -> Segmenter:
    """Of the bundle."""
    return opening().segmenter


def _params(said: Description) -> dict[str, Any]:
    """``USUAL`` as the bundle was made with."""
    found = {key: lock.at(said.made.params, key) for key in USUAL}
    return {key: usual if found[key] is None else found[key] for key, usual in USUAL.items()}


def _home(said: Description) -> Operating:
    """A bundle has no values of its own for the branches without gates: theirs are those with."""
    own = loading.cascaded(said)
    return Operating(
        confidence=said.confidence,
        direct_gate=said.direct.gate,
        direct_threshold=said.direct.threshold,
        guided_threshold=said.guided.threshold,
        direct_ungated_threshold=said.direct.threshold,
        guided_ungated_confidence=said.confidence,
        guided_ungated_threshold=said.guided.threshold,
        direct_dice=None,
        guided_dice=None,
        direct_ungated_dice=None,
        guided_ungated_dice=None,
        cascade_confidence=own.confidence,
        cascade_threshold=own.threshold,
    )

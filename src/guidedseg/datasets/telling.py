"""What ``guidedseg datasets`` tells: which there are, what a folder is, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from guidedseg.datasets import locating, places, reading
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.dataset import Dataset
from guidedseg.errors import GuidedsegError, listed


def known() -> Iterator[str]:
    """Every dataset: its name, whose images, how one gets it, its licence, what others report."""
    for name, dataset in DATASETS.items():
        split = ", official split" if dataset.official else ""
        yield f"{name:10}{dataset.title}{split}"
        yield f"{'':10}{dataset.people}"
        yield f"{'':10}{dataset.limits}"
        if dataset.link or dataset.get:
            yield f"{'':10}get it: {'; '.join(filter(None, (dataset.link, dataset.get)))}"
        if dataset.generate is None:
            members = locating.together(dataset.members)
            yield f"{'':10}put it: data/external/{name} (folder, link or zip), {members} in it"
        yield f"{'':10}licence: {dataset.licence}"
        for each in dataset.published:
            yield f"{'':10}published: Dice {each.dice} %, {each.on}; {each.method}; {each.source}"
        yield ""


def told(folder: Path, name: str | None) -> Iterator[str]:
    """What a folder is, and its content in numbers.

    Args:
        folder: holds a dataset, at any depth.
        name: of the dataset it should be; None: found out by what lies in it.

    Yields:
        A line each.

    Raises:
        GuidedsegError: there is no such folder, no dataset in it, or one that is not whole, which names every file.
    """
    if not folder.is_dir():
        raise GuidedsegError(f"{folder} is no folder. Unpack a zip first.")
    places.readable(folder)
    if name is not None and name not in DATASETS:
        raise GuidedsegError(f"There is no dataset {name!r}. Choose one of {', '.join(DATASETS)}.")
    dataset, place = _found(folder, [DATASETS[name]] if name else list(DATASETS.values()))
    yield f"{place}: {dataset.title} (dataset: {dataset.name})"
    survey = reading.check(dataset, place)
    patients = {entry.patient_id for entry in survey.entries if entry.patient_id}
    pathologies = Counter(entry.pathology or "not told" for entry in survey.entries)
    splits = Counter(entry.official_split for entry in survey.entries if entry.official_split)
    yield f"{len(survey.entries)} images, all whole; " + (
        f"{len(patients)} patients" if patients else "of no patient that is known"
    )
    yield f"{survey.with_lesion} show a lesion, {len(survey.entries) - survey.with_lesion} do not"
    yield "pathology: " + ", ".join(f"{count} {kind}" for kind, count in sorted(pathologies.items()))
    if splits:
        yield "official split: " + ", ".join(f"{count} {kind}" for kind, count in sorted(splits.items()))
    sized = sum(entry.mm_per_pixel is not None for entry in survey.entries)
    if sized:
        yield f"millimetres per pixel: known for {sized}"
    yield from survey.notes


def _found(folder: Path, asked: list[Dataset]) -> tuple[Dataset, Path]:
    """The first that lies there; the one with the most particular layout comes first."""
    near = []
    for dataset in sorted(asked, key=lambda each: -len(each.members)):
        if dataset.generate is not None and len(asked) > 1:
            continue  # in another's layout
        try:
            return dataset, locating.locate(dataset, folder)
        except locating.SeveralError:
            raise
        except GuidedsegError as error:
            if len(asked) == 1:
                raise
            near += [f"{dataset.title}: {line[4:]}" for line in str(error).splitlines()[1:-1] if " has no " in line]
    layouts = [f"{each.name}: {locating.together(each.members)}" for each in asked if each.generate is None]
    raise listed(f"{folder} is no dataset that is known", near or layouts, "`guidedseg datasets` lists them all.")

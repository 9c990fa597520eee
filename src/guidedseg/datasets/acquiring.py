"""A dataset, or several, in their own layouts: drawn, copied, unpacked or downloaded, and checked."""

from pathlib import Path

from guidedseg.datasets import reading, sources, union
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.dataset import Raw, Survey
from guidedseg.group import Group
from guidedseg.names import datasets_in
from guidedseg.writing import whole_directory


def acquire(name: str, options: dict[str, Group], *, external: Path, target: Path, scratch: Path) -> str:
    """Write ``target`` whole or not at all; of a union every dataset lies there in a folder of its own name.

    Args:
        name: of a dataset, or of several joined by ``+``.
        options: the group ``datasets`` of params.yaml.
        external: where a user may have put it, under its name.
        target: the folder to write; replaced if it exists.
        scratch: a folder for what is not kept.

    Returns:
        What was taken, in words.

    Raises:
        GuidedsegError: as ``sources.fetch`` and ``reading.check`` tell.
    """
    if len(datasets_in(name)) == 1:
        return _acquire(name, options[name], external, target, scratch)
    with whole_directory(target) as folder:
        found = [
            f"{each}: {_acquire(each, options[each], external, place, scratch)}"
            for each, place in union.folders(name, folder).items()
        ]
    return "; ".join(found)


def _acquire(name: str, options: Group, external: Path, target: Path, scratch: Path) -> str:
    dataset, surveys = DATASETS[name], list[Survey]()

    def check(folder: Path) -> None:
        surveys.append(reading.check(dataset, folder, options))

    if dataset.generate is not None:
        with whole_directory(target) as folder:
            dataset.generate(folder, **options.model_dump())
            check(folder)
        origin = ", drawn"
    elif isinstance(options, Raw):
        origin = " from " + sources.fetch(
            dataset,
            options.source,
            sha256=options.sha256,
            drop_in=external / name,
            target=target,
            check=check,
            scratch=scratch,
        )
    else:
        raise TypeError(f"{name} is neither drawn nor fetched")
    (survey,) = surveys
    return ", ".join([f"{len(survey.entries)} images{origin}", *survey.notes])

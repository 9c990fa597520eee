"""Runs put together as entries, and entries grouped into what may be compared.

Runs of one **recipe** (``recipe``) make one entry: the images that the folds of a seed test are one evaluation of all
patients, and other seeds repeat it on the same images. A **section** holds the entries that are tested on the same
images of the same data under the same split. Only within a section is anything ranked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd

from guidedseg.evaluation.recipe import recipe, short
from guidedseg.names import NETWORKS

Params = dict[str, Any]

IMPORTED = "imported"
"""As a profile: another tool's masks, of whose training nothing is known here, in the branch direct alone."""

Tested = frozenset[tuple[int | None, str]]
"""Fold and image_id of every tested image."""


class Boxes(NamedTuple):
    """Of the images of a test.

    Attributes:
        found: image_id, x0, y0, x1, y1, confidence: the detector's, down to its floor.
        true: image_id, x0, y0, x1, y1.
    """

    found: pd.DataFrame
    true: pd.DataFrame


class External(NamedTuple):
    """What a run made of all images of an external dataset.

    Attributes:
        version: hash of the prepared images, masks and index.
        images: ``evaluation.counts.IMAGE_COLUMNS``, a row per image and branch.
        boxes: of these images.
    """

    version: str
    images: pd.DataFrame
    boxes: Boxes


@dataclass(frozen=True)
class Run:
    """One finished run of the pipeline.

    Attributes:
        name: of the experiment, else the revision as ``dvc exp show`` prints it.
        rev: git's revision, or ``workspace``.
        params: params.yaml at that revision, not validated: an older commit may have another schema.
        dataset_version: hash of the prepared images, masks and index.
        images: ``evaluation.counts.IMAGE_COLUMNS``, a row per test image and branch.
        boxes: of the test images; None where they are not to be had, or not needed.
        external: its tests on other datasets, by their names.
    """

    name: str
    rev: str
    params: Params
    dataset_version: str
    images: pd.DataFrame
    boxes: Boxes | None = None
    external: Mapping[str, External] = field(default_factory=dict)

    @property
    def seed(self) -> int:
        """Of its training."""
        return int(self.params["seed"])

    @property
    def fold(self) -> int | None:
        """None where the split has no folds, whatever number the file holds."""
        split = self.params["split"]
        return int(split["fold"]) if split["protocol"] == "folds" else None


@dataclass(frozen=True)
class Entry:
    """The runs of one recipe; every seed has the same folds, and the same test images in each.

    Attributes:
        dataset: its name.
        version: hash of the prepared data.
        split: the parameters in words, without the fold.
        profile: its name.
        model: the network.
        changed: what else of the recipe differs from the reference, ``key=value``.
        runs: by seed and fold.
        images: the runs' rows with their ``seed``, by seed and image_id.
    """

    dataset: str
    version: str
    split: str
    profile: str
    model: str
    changed: str
    runs: tuple[Run, ...]
    images: pd.DataFrame

    def rows(self, branch: str) -> pd.DataFrame:
        """One branch's."""
        return self.images[self.images["branch"] == branch].reset_index(drop=True)

    def by_seed(self, branch: str) -> list[pd.DataFrame]:
        """One branch's rows of every seed: the same images, in the same order."""
        return [rows.reset_index(drop=True) for _, rows in self.rows(branch).groupby("seed")]

    @property
    def seeds(self) -> list[int]:
        """In order; none where it was trained elsewhere."""
        return [] if self.profile == IMPORTED else sorted({run.seed for run in self.runs})

    @property
    def folds(self) -> list[int]:
        """In order; none where the split has none."""
        return sorted({run.fold for run in self.runs if run.fold is not None})

    @property
    def tested(self) -> Tested:
        """What every seed is tested on."""
        return _tested(run for run in self.runs if run.seed == self.runs[0].seed)

    @property
    def patients(self) -> int:
        """How many are tested."""
        return int(self.images["patient_id"].nunique())


@dataclass(frozen=True)
class Section:
    """Entries that may be ranked; the first speaks for what all have in common."""

    number: int
    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The newest."""
        return self.entries[0]

    @property
    def newest(self) -> list[Entry]:
        """Of every network, in the order of ``names.NETWORKS``."""
        by_model = {entry.model: entry for entry in reversed(self.entries)}
        return [by_model[model] for model in NETWORKS if model in by_model]


def sections(entries: Sequence[Entry]) -> list[Section]:
    """Entries with the same data, split and test images stand together, in their order."""
    grouped: dict[Any, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault((entry.dataset, entry.version, entry.split, entry.tested), []).append(entry)
    return [Section(number, tuple(group)) for number, group in enumerate(grouped.values(), start=1)]


def pool(runs: Sequence[Run], reference: Params) -> tuple[list[Entry], list[str]]:
    """Runs of equal data, recipe, network and profile become one entry.

    Seeds are repeats only where they are tested on the same images, fold by fold. Versions in which the seed drew the
    split too are therefore entries of their own, one per split; a seed that lacks folds which another one has is left
    out, because the mean over seeds would mix patients with repeats. Equal results count once, with the external tests
    that any of them has.

    Args:
        runs: the newest first.
        reference: parameters to compare with.

    Returns:
        Entries in the order of the runs; a line for everything that is left out or kept apart.
    """
    notes = []
    grouped: dict[Any, dict[Any, Run]] = {}
    for run in runs:
        names = (run.params[key] for key in ("dataset", "profile", "model"))
        kept = grouped.setdefault((run.dataset_version, *names, *sorted(recipe(run.params).items())), {})
        newest = kept.setdefault((run.seed, run.fold), run)
        if not _in_order(newest.images).equals(_in_order(run.images)):
            notes.append(
                f"same parameters, other result: {newest.name} and {run.name}; code or machine differs. "
                f"{newest.name} is newer and taken."
            )
        elif run.external:
            both = {**run.external, **newest.external}
            kept[run.seed, run.fold] = replace(newest, external=both, boxes=newest.boxes or run.boxes)
    entries = []
    for alike in grouped.values():
        repeats, left_out = _repeats(list(alike.values()))
        entries += [_entry(group, reference) for group in repeats]
        notes += left_out
    return entries, notes


def _repeats(runs: Sequence[Run]) -> tuple[list[list[Run]], list[str]]:
    """Runs of one recipe, by what their seed was tested on: the most images first, then the newest."""
    by_seed: dict[int, list[Run]] = {}
    for run in runs:
        by_seed.setdefault(run.seed, []).append(run)
    groups: dict[Tested, list[Run]] = {}
    for of_seed in by_seed.values():
        groups.setdefault(_tested(of_seed), []).extend(of_seed)
    kept: dict[Tested, list[Run]] = {}
    notes = []
    for tested, group in sorted(groups.items(), key=lambda item: -len(item[0])):
        seeds = " and ".join(map(str, sorted({run.seed for run in group})))
        name = f"{group[0].params['model']}, {group[0].params['profile']}, seed {seeds}"
        folds = ", ".join(map(str, sorted({run.fold for run in group if run.fold is not None})))
        if folds and any(tested < complete for complete in kept):
            notes.append(f"{name}: only fold {folds}; left out, because other seeds have more folds.")
            continue
        if kept:
            first = " and ".join(map(str, sorted({run.seed for run in next(iter(kept.values()))})))
            notes.append(f"{name}: not the test images of seed {first}, so no repeat of it; own row.")
        kept[tested] = group
    return list(kept.values()), notes


def _tested(runs: Iterable[Run]) -> Tested:
    return frozenset((run.fold, image_id) for run in runs for image_id in run.images["image_id"].unique())


def _entry(runs: list[Run], reference: Params) -> Entry:
    ordered = sorted(runs, key=lambda run: (run.seed, run.fold or 0))
    params = ordered[0].params
    images = pd.concat([run.images.assign(seed=run.seed) for run in ordered], ignore_index=True)
    names = {key: str(params[key]) for key in ("dataset", "profile", "model")}
    # another detector is said in a word: its own settings are compared with those that the reference has for it
    detector = {"detector": params["detector"]} if "detector" in params else {}
    mine, theirs = recipe(params), recipe({**reference, **names, **detector})
    theirs |= {key: str(reference[key]) for key in detector if key in reference}
    split = {key.removeprefix("split."): value for key, value in mine.items() if key.startswith("split.")}
    changed = [
        f"{short(key)}={mine.get(key, 'absent')}"
        for key in {**mine, **theirs}
        if mine.get(key) != theirs.get(key) and not key.startswith("split.")
    ]
    return Entry(
        version=ordered[0].dataset_version,
        split=" ".join([split.pop("protocol"), *(f"{key}={value}" for key, value in split.items())]),
        **names,
        changed=" ".join(changed),
        runs=tuple(ordered),
        images=images.sort_values(["seed", "image_id"], kind="stable", ignore_index=True),
    )


def _in_order(images: pd.DataFrame) -> pd.DataFrame:
    return images.sort_values(["image_id", "branch"], ignore_index=True)

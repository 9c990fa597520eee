"""A sweep from its settings to its experiments: what they share first, then all of them, beside each other."""

import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guidedseg.cluster import tasks
from guidedseg.cluster.cutting import Shard
from guidedseg.errors import GuidedsegError, listed
from guidedseg.json_files import write_json
from guidedseg.progress import bar
from guidedseg.sweeps import devices, grid, origins, refs, sharing
from guidedseg.sweeps.grid import Point
from guidedseg.sweeps.job import Job, Origin, Outcome, perform

HOME = Path(".scratch/sweep")
"""Copies, logs and notes of what is prepared."""

ELSEWHERE = "~/.cache/guidedseg/sweep"
"""Copies and logs on machines that have no part of this disk."""


@dataclass(frozen=True)
class Plan:
    """How a sweep is run.

    Attributes:
        place: of its runs.
        remote: DVC's, where machines share no disk.
        at: folder of copies and logs; None: the one of the project, or of the user where machines share no disk.
        shard: the runs of which others take the rest; None: all.
        prepare_only: nothing but what runs share.
        resume: finished runs are left as they are.
    """

    place: tasks.Place
    remote: str | None = None
    at: str | None = None
    shard: Shard | None = None
    prepare_only: bool = False
    resume: bool = False


@dataclass(frozen=True)
class _Sweep:
    """What every job of a sweep has in common."""

    root: Path
    origin: Origin
    at: str
    threads: int
    devices: tuple[str, ...]
    place: tasks.Place

    def job(self, name: str, point: Point, journal: Mapping[str, Any], stages: Sequence[str] = ()) -> Job:
        return Job(
            name=name,
            overrides=point.overrides,
            stages=tuple(stages),
            at=self.at,
            origin=self.origin,
            journal=dict(journal),
            threads=self.threads,
            devices=self.devices,
        )

    def done(self, jobs: Sequence[Job], what: str) -> Iterator[tuple[str, Outcome | None, str]]:
        """Name, what came of it, and why where nothing did."""
        if not jobs:  # a cluster need not be started for
            return
        with bar(what, total=len(jobs), unit="run") as shown:
            for done in tasks.each(_make, jobs, self.place):
                shown.update()
                yield done.item.name, done.value, done.problem or ""


def _make() -> Any:  # noqa: ANN401 - a function, as tasks.each wants it
    return perform


def run(settings: Sequence[str], prefix: str, plan: Plan, root: Path = Path()) -> Iterator[str]:
    """Run a sweep; a line for every run that has ended.

    Args:
        settings: of ``-S``.
        prefix: of the names.
        plan: how.
        root: of the project.

    Raises:
        GuidedsegError: the settings are wrong, the project is not as it should be, or a run failed: the others ran.
    """
    root = root.resolve()
    points = grid.expand(settings, prefix, root / grid.FILE)
    numbers = [
        number for number in range(len(points)) if plan.shard is None or number % plan.shard.of == plan.shard.number
    ]
    commit = refs.clean_commit(root)
    refs.check(root, [point.name for point in points], commit)
    if plan.remote is not None:
        refs.fetch(root, commit)
    finished = _finished(root, commit, [points[number] for number in numbers], resume=plan.resume)
    for name in finished:
        yield f"{name}: finished before"
    numbers = [number for number in numbers if points[number].name not in finished]
    at = plan.at or (str(root / HOME) if plan.remote is None else ELSEWHERE)
    sweep = _Sweep(
        root,
        origins.of(root, commit, plan.remote, [point.params for point in points]),
        at if at.startswith("~") else str(Path(at).resolve()),
        _threads(plan.place),
        devices.slots(plan.place.gpus) if plan.place.ray is None else (),
        plan.place,
    )
    failures: dict[str, str] = {}
    try:
        journals = yield from _prepare(sweep, points, numbers, failures)
        if not plan.prepare_only:
            jobs = [sweep.job(points[number].name, points[number], known) for number, known in journals.items()]
            for name, outcome, problem in sweep.done(jobs, "runs"):
                yield _told(name, outcome, problem, failures)
    except KeyboardInterrupt:
        raise GuidedsegError("Interrupted. The same command with --resume goes on.") from None
    if plan.remote is not None:
        refs.fetch(root, commit)
    if failures:
        raise listed(
            "Not all of the sweep ran",
            [f"{name}: {text}" for name, text in failures.items()],
            "Mend what the logs name, and repeat the command with --resume: finished runs stay, trainings go on.",
        )


def _finished(root: Path, commit: str, points: Sequence[Point], *, resume: bool) -> list[str]:
    """Names of the runs that are experiments already.

    Raises:
        GuidedsegError: nobody said that this is to go on, or an experiment of the name is another one.
    """
    there = refs.experiments(root, commit)
    known = [point for point in points if point.name in there]
    if known and not resume:
        raise listed(
            "Experiments of these names are there already",
            [point.name for point in known],
            "--resume leaves them as they are and runs the others; --name gives other names.",
        )
    others = [point.name for point in known if refs.values(root, commit, point.name) != point.values]
    if others:
        raise listed(
            "Experiments of these names have other parameters", others, "Give this sweep other names with --name."
        )
    return [point.name for point in known]


def _prepare(
    sweep: _Sweep, points: Sequence[Point], numbers: Sequence[int], failures: dict[str, str]
) -> Generator[str, None, dict[int, dict[str, Any]]]:
    """Run what several runs share, once.

    Returns:
        The journals with which runs begin. A run without one is not begun: what it shares failed, and would again.
    """
    journals: dict[int, dict[str, Any]] = {number: {} for number in numbers}
    for wave in sharing.parts(points, sweep.root, sweep.origin.commit):
        needed = {part.name: part for part in wave if set(part.runs) & set(journals)}
        notes = {name: sweep.root / HOME / f"{name}.json" for name in needed}
        jobs = []
        for name, part in needed.items():
            known = next(journals[number] for number in part.runs if number in journals)
            if not notes[name].exists():
                jobs.append(sweep.job(name, points[part.runs[0]], known, part.stages))
        for name, outcome, problem in sweep.done(jobs, "shared stages"):
            yield _told(f"{name} ({', '.join(needed[name].stages)})", outcome, problem, failures)
            if outcome is not None and not outcome.failed:
                write_json(outcome.journal, notes[name])
        for name, part in needed.items():
            for number in set(part.runs) & set(journals):
                if notes[name].exists():
                    journals[number] |= json.loads(notes[name].read_text(encoding="utf-8"))
                else:
                    del journals[number]
                    failures[points[number].name] = f"not begun, since {name} failed"
    return journals


def _told(name: str, outcome: Outcome | None, problem: str, failures: dict[str, str]) -> str:
    if outcome is not None and not outcome.failed:
        return f"{name}: finished, {outcome.seconds:.0f} s"
    if outcome is None:
        failures[name] = problem
    else:
        failures[name] = "\n      ".join([f"{outcome.log} ends with", *outcome.last])
    return f"{name}: failed"


def _threads(place: tasks.Place) -> int:
    """Of every run: what the user says, or its share of the cores."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    if place.ray is not None:
        return max(1, int(place.cpus))
    return max(1, (os.cpu_count() or 1) // place.processes)

"""``guidedseg segment`` as it is called."""

import io
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from guidedseg.bundles.loading import load
from guidedseg.cluster.cutting import Shard, count_for
from guidedseg.cluster.store import Store, is_url
from guidedseg.cluster.tasks import Place
from guidedseg.errors import GuidedsegError
from guidedseg.errors import listed as listed_errors
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Branch
from guidedseg.jobs import archive, folder, sharded
from guidedseg.jobs.collecting import collect
from guidedseg.jobs.run import Summary, run
from guidedseg.jobs.settings import OUTPUTS, Settings
from guidedseg.lookahead import cores
from guidedseg.sources.listing import Listed, listed
from guidedseg.sources.opening import open_source
from guidedseg.sources.remote import Remote
from guidedseg.sources.source import shown

WHERE_WE_ARE = Place()

DONE, WITH_PROBLEMS, INTERRUPTED = 0, 2, 130


def settings(branch: Branch, outputs: str, *, every: int, tracking: bool) -> Settings:
    """The options of the command line; ``outputs`` with commas between.

    Raises:
        GuidedsegError: there is no such output.
    """
    asked = {output.strip() for output in outputs.split(",")} - {""}
    return Settings(branch, tuple(sorted(asked, key=[*OUTPUTS, *asked].index)), every, tracking)


@dataclass(frozen=True)
class Many:
    """How a job is cut into shards.

    Attributes:
        shard: the only one to segment; None: all.
        shards: how many there are; None: as many as the number of files asks for.
        place: where they are segmented.
    """

    shard: Shard | None = None
    shards: int | None = None
    place: Place = WHERE_WE_ARE

    @property
    def asked(self) -> bool:
        """Whether the job is to be cut, however few its files are."""
        return self != Many()


def many(shard: str | None, shards: int | None, *, processes: int, ray: str | None, cpus: int, gpus: float) -> Many:
    """The options of the command line.

    Raises:
        GuidedsegError: they contradict each other, or ``shard`` is none.
    """
    one = None if shard is None else Shard.parse(shard)
    if one and shards not in (None, one.of):
        raise GuidedsegError(f"--shard {shard} says how many shards there are; --shards {shards} says another number.")
    if one and (ray or processes > 1):
        raise GuidedsegError(f"--shard {shard} is one shard: without --ray and --processes.")
    place = Place(processes, ray, cpus, gpus) if ray else Place(processes)
    return Many(one, shards, place)


def segment(
    paths: Sequence[str],
    bundle: Path,
    out: str,
    asked: Settings,
    *,
    threads: int | None,
    resume: bool,
    engine: Kind,
    confidence: float | None,
    threshold: float | None,
    many: Many = Many(),
) -> int:
    """Segment files, tell what came of it, and return the exit code.

    Raises:
        GuidedsegError: before any work: there is nothing to read, no such bundle, an extra is not installed, or the
            folder cannot be taken; or an output cannot be written.
    """
    begun = time.monotonic()
    for output in ("seg", "sr"):
        if asked.wants(output):
            import_module(f"guidedseg.outputs.dicom_{output}")  # or every file of a long job would tell what is missing
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # names of files need not be text
    files = listed(paths, sys.stdin, without=out)
    in_shards = many.asked or len(files) > archive.MANY or is_url(out)
    workers = threads or cores()
    of_each = workers if _is_one_picture(files) else 1  # one picture has all cores; of many each core has one
    loaded = load(bundle, engine=engine, threads=of_each, confidence=confidence, threshold=threshold)
    if in_shards:
        of = many.shard.of if many.shard else many.shards or count_for(len(files))
        store, facts = Store(out), sharded.told_of(loaded, asked, files, of)
    try:
        with _written_to(out):
            if in_shards and not sharded.begin(store, facts):
                each = threads or (1 if many.place.ray else max(1, workers // many.place.processes))
                opening = sharded.Opening(engine, each, confidence, threshold)
                make = sharded.Segmenting(sharded.zipped_bundle(bundle), opening, asked, facts, store)
                summary, failed = _shards(make, files, of, many)
            else:
                folder.prepare(Path(out), loaded, asked, resume=resume or in_shards)
                summary, failed = run(files, loaded, Path(out), asked, workers), []
    except KeyboardInterrupt:
        again = "the same call" if in_shards else "the same call with --resume"
        print(f"\nInterrupted: what is finished lies in {out}; {again} goes on.", file=sys.stderr)
        return INTERRUPTED
    code = told(summary, out, f"{time.monotonic() - begun:.1f} s by {loaded.engine}; ")
    if failed:
        raise listed_errors(f"{len(failed)} of {of} shards failed", failed, "Mend that; the same call goes on.")
    return code


def _shards(make: sharded.Segmenting, files: Sequence[Listed], of: int, many: Many) -> tuple[Summary, list[str]]:
    """Segment one shard or all of them, and bring these together; what they did, and which failed."""
    wanted = [many.shard.number] if many.shard else list(range(of))
    failed = sharded.segment(make, files, of, wanted, many.place)
    there = archive.finished(make.store, of)
    if many.shard is None and len(there) == of:
        return collect(make.store), failed
    summary = Summary()
    for number in set(wanted) & there:
        summary.add(archive.summary(make.store, Shard(number, of)))
    print(f"{len(there)} of {of} shards are there. Once all are: guidedseg collect {shown(make.store)}")
    return summary, failed


@contextmanager
def _written_to(out: str) -> Iterator[None]:
    """What a folder does not take is told in one line."""
    try:
        yield
    except OSError as error:
        where = out if error.filename is None else error.filename
        raise GuidedsegError(
            f"{where} cannot be written ({error.strerror or error}). Mend that, or choose another folder; what is "
            "finished stays, and the same call with --resume goes on."
        ) from error


def _is_one_picture(files: Sequence[Listed]) -> bool:
    if len(files) > 1 or isinstance(files[0].path, Remote):
        return False
    try:
        return open_source(files[0].path).count == 1
    except GuidedsegError:  # told when it is read
        return False


def told(summary: Summary, out: str, how: str = "") -> int:
    """Tell what came of a job, and return the exit code."""
    print(
        f"{summary.frames} image(s) of {summary.files + len(summary.problems)} file(s): {summary.lesions} lesion(s), "
        f"none in {summary.empty} image(s); {how}see {shown(out)}"
    )
    for problem in summary.problems[:5]:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    if summary.problems:
        more = len(summary.problems) - 5
        rest = f" ({more} more)" if more > 0 else ""
        print(f"{len(summary.problems)} file(s) with problems{rest}: {out}/problems.csv", file=sys.stderr)
    print("Research software, not a medical device.", file=sys.stderr)
    return WITH_PROBLEMS if summary.problems else DONE

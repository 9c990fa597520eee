"""``guidedseg segment`` as it is called."""

import io
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from guidedseg.bundles.loading import load
from guidedseg.cluster.store import Store, is_url
from guidedseg.cluster.tasks import Once
from guidedseg.errors import GuidedsegError
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Branch
from guidedseg.jobs import archive, folder, many, sharded
from guidedseg.jobs.many import Many
from guidedseg.jobs.run import Summary, run
from guidedseg.jobs.settings import OUTPUTS, Settings
from guidedseg.lookahead import cores
from guidedseg.sources.listing import Listed, listed
from guidedseg.sources.opening import open_source
from guidedseg.sources.remote import Remote
from guidedseg.sources.source import shown

WHOLE = Many()
"""Not cut, unless there are very many files."""

DONE, WITH_PROBLEMS, INTERRUPTED = 0, 3, 130  # 1 is an error, 2 a call that is none


def settings(branch: Branch, outputs: str, *, every: int, tracking: bool) -> Settings:
    """The options of the command line; ``outputs`` with commas between.

    Raises:
        GuidedsegError: there is no such output.
    """
    asked = {output.strip() for output in outputs.split(",")} - {""}
    return Settings(branch, tuple(sorted(asked, key=[*OUTPUTS, *asked].index)), every, tracking)


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
    cut: Many = WHOLE,
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
    # a shard of a plan knows its files
    files = listed(paths, sys.stdin, without=out) if paths or cut.shard is None else None
    in_shards = files is None or cut.asked or len(files) > archive.MANY or is_url(out)
    workers = threads or cores()
    of_each = workers if files and _is_one_picture(files) else 1  # one picture has all cores; of many each core has one
    loaded = load(bundle, engine=engine, threads=of_each, confidence=confidence, threshold=threshold)
    failed: list[str] = []
    try:
        with _written_to(out):
            facts = many.begin(loaded, asked, files, Store(out), cut) if in_shards else None
            if facts is not None and files is not None and cut.plan:
                many.plan(files, facts, Store(out))
                return DONE
            if facts is not None:
                elsewhere = partial(sharded.opened, sharded.zipped_bundle(bundle), engine, confidence, threshold)
                make = sharded.Segmenting(Once(elsewhere, loaded), cut.threads(threads), asked, facts, Store(out))
                summary, failed = many.segment(make, files, facts, cut)
            else:
                folder.prepare(Path(out), loaded, asked, resume=resume or in_shards)
                summary = run(files or [], loaded, Path(out), asked, workers)
    except KeyboardInterrupt:
        again = "the same call" if in_shards else "the same call with --resume"
        print(f"\nInterrupted: what is finished lies in {out}; {again} goes on.", file=sys.stderr)
        return INTERRUPTED
    code = told(summary, out, f"{time.monotonic() - begun:.1f} s by {loaded.engine}; ")
    if failed and facts is not None:
        raise many.failure(failed, facts)
    return code


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

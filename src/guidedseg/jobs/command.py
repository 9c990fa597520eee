"""``guidedseg segment`` as it is called."""

import io
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from guidedseg.bundles.loading import load
from guidedseg.errors import GuidedsegError
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Branch
from guidedseg.jobs import folder
from guidedseg.jobs.run import Summary, run
from guidedseg.jobs.settings import OUTPUTS, Settings
from guidedseg.lookahead import cores
from guidedseg.sources.listing import Listed, listed
from guidedseg.sources.opening import open_source

DONE, WITH_PROBLEMS, INTERRUPTED = 0, 2, 130


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
    out: Path,
    asked: Settings,
    *,
    threads: int | None,
    resume: bool,
    engine: Kind,
    confidence: float | None,
    threshold: float | None,
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
    workers = threads or cores()
    of_each = workers if _is_one_picture(files) else 1  # one picture has all cores; of many each core has one
    loaded = load(bundle, engine=engine, threads=of_each, confidence=confidence, threshold=threshold)
    try:
        with _written_to(out):
            folder.prepare(out, loaded, asked, resume=resume)
            summary = run(files, loaded, out, asked, workers)
    except KeyboardInterrupt:
        print(f"\nInterrupted: what is finished lies in {out}; the same call with --resume goes on.", file=sys.stderr)
        return INTERRUPTED
    _tell(summary, out, loaded.engine, time.monotonic() - begun)
    return WITH_PROBLEMS if summary.problems else DONE


@contextmanager
def _written_to(out: Path) -> Iterator[None]:
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
    if len(files) > 1:
        return False
    try:
        return open_source(files[0].path).count == 1
    except GuidedsegError:  # told when it is read
        return False


def _tell(summary: Summary, out: Path, engine: str, seconds: float) -> None:
    print(
        f"{summary.frames} image(s) of {summary.files + len(summary.problems)} file(s): {summary.lesions} lesion(s), "
        f"none in {summary.empty} image(s); {seconds:.1f} s by {engine}; see {out}"
    )
    for problem in summary.problems[:5]:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    if summary.problems:
        more = len(summary.problems) - 5
        rest = f" ({more} more)" if more > 0 else ""
        print(f"{len(summary.problems)} file(s) with problems{rest}: {out / 'problems.csv'}", file=sys.stderr)
    print("Research software, not a medical device.", file=sys.stderr)

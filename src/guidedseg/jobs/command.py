"""``guidedseg segment`` as it is called."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from guidedseg.bundles.loading import load
from guidedseg.inference.engines.opening import Kind
from guidedseg.inference.segmenter import Branch
from guidedseg.jobs import folder
from guidedseg.jobs.run import Summary, run
from guidedseg.jobs.settings import Settings
from guidedseg.lookahead import cores
from guidedseg.sources.listing import listed

DONE, WITH_PROBLEMS, INTERRUPTED = 0, 2, 130


def settings(branch: Branch, outputs: str, *, every: int, tracking: bool) -> Settings:
    """The options of the command line; ``outputs`` with commas between.

    Raises:
        GuidedsegError: there is no such output.
    """
    return Settings(branch, tuple(dict.fromkeys(filter(None, outputs.split(",")))), every, tracking)


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
        GuidedsegError: before any work: there is nothing to read, no such bundle, or the folder cannot be taken.
    """
    begun = time.monotonic()
    files = listed(paths, sys.stdin)
    workers = threads or cores()
    alone = len(files) == 1  # one picture has all cores; of many each core has one
    loaded = load(bundle, engine=engine, threads=workers if alone else 1, confidence=confidence, threshold=threshold)
    folder.prepare(out, loaded, asked, resume=resume)
    try:
        summary = run(files, loaded, out, asked, workers)
    except KeyboardInterrupt:
        print(f"\nInterrupted: what is finished lies in {out}; the same call with --resume goes on.", file=sys.stderr)
        return INTERRUPTED
    _tell(summary, out, loaded.engine, time.monotonic() - begun)
    return WITH_PROBLEMS if summary.problems else DONE


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

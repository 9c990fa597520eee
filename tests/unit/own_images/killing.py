"""Kills one job at each of its changes of the file system, one after the other, and goes on with it each time.

Run as a program, for the hook that it needs is never to be removed: BUNDLE SOURCES WORK.
"""

import itertools
import shutil
import sys
from pathlib import Path

from killer import Killed, Killer
from segmenting import contents

from guidedseg.bundles.loading import Bundle, load
from guidedseg.jobs import folder as of_job
from guidedseg.jobs.command import settings
from guidedseg.jobs.run import run
from guidedseg.sources.listing import listed


def job(bundle: Bundle, sources: Path, out: Path, *, resume: bool) -> None:
    asked = settings("guided", "mask,table", every=1, tracking=True)
    files = listed([str(sources)], sys.stdin, without=str(out))
    of_job.prepare(out, bundle, asked, resume=resume)
    run(files, bundle, out, asked, 1)


def main() -> None:
    bundle, sources, work = load(sys.argv[1], threads=1), Path(sys.argv[2]), Path(sys.argv[3])
    job(bundle, sources, work / "undisturbed", resume=False)
    expected = contents(work / "undisturbed")
    killer, out = Killer(), work / "out"
    for step in itertools.count():
        shutil.rmtree(out, ignore_errors=True)
        killer.left, killer.place = step, str(out)
        try:
            job(bundle, sources, out, resume=False)
            break
        except Killed:
            pass
        finally:
            killer.place = None
        left = contents(out)
        whole = [name for name in left if not Path(name).name.startswith(".partial") and name != "records.jsonl"]
        assert all(left[name] == expected[name] or name in TABLES for name in whole), (step, whole)
        job(bundle, sources, out, resume=True)
        assert contents(out) == expected, (step, sorted(contents(out)))
    print(step)


TABLES = {"lesions.csv", "problems.csv"}  # of what was finished until then

if __name__ == "__main__":
    main()

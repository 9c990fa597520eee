"""Kills one job at each of its changes of the file system, one after the other, and goes on with it each time.

Run as a program, for the hook that it needs is never to be removed: BUNDLE SOURCES WORK.
"""

import itertools
import shutil
import sys
from pathlib import Path

from segmenting import contents

from guidedseg.bundles.loading import Bundle, load
from guidedseg.jobs import folder as of_job
from guidedseg.jobs.command import settings
from guidedseg.jobs.run import run
from guidedseg.sources.listing import listed

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}


class Killed(BaseException):
    """Stands in for SIGKILL: nothing is written after it, whatever the program tries."""


class Killer:
    """Lets a number of changes below a folder pass, and none after."""

    def __init__(self) -> None:
        self.place: str | None = None
        self.left = 0
        sys.addaudithook(self.look)

    def look(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.place is None or not arguments or not str(arguments[0]).startswith(self.place):
            return
        mode = arguments[1] if event == "open" else None
        if event in CHANGES or (event == "open" and (mode is None or set(str(mode)) & set("wax+"))):
            self.left -= 1
            if self.left < 0:
                raise Killed


def job(bundle: Bundle, sources: Path, out: Path, *, resume: bool) -> None:
    asked = settings("guided", "mask,table", every=1, tracking=True)
    files = listed([str(sources)], sys.stdin, without=out)
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

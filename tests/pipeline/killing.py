"""Stages and commands, killed at random moments: the same command again has to end as if nothing had been.

    python tests/pipeline/killing.py [--kills 100] [--seed 0]

A tiny project is run whole by DVC. Then every stage, `segment` and the leaderboard in turn is started and gets SIGKILL,
SIGTERM or SIGINT at a random moment of the time that it takes; the same command follows, undisturbed. Its out must have
the hash of before, and nothing may be left beside outs, in .scratch, or in the folder for temporary files. A stage is
started without its outs, as by DVC.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from project import Project, new_project

from guidedseg import journal

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
GUIDEDSEG = ("-c", "from guidedseg.cli import main; main()")
MODEL = "unetpp"


@dataclass
class Work:
    """What is killed.

    Attributes:
        words: behind ``python``.
        outs: that it makes, in the project.
        seconds: that it takes, undisturbed.
        hashes: of its outs, undisturbed.
    """

    words: tuple[str, ...]
    outs: tuple[str, ...]
    seconds: float = 0.0
    hashes: dict[str, str] = field(default_factory=dict)


def works() -> dict[str, Work]:
    """All there is to be killed, by name."""

    def stage(*words: str, outs: tuple[str, ...]) -> Work:
        return Work(("-m", f"stages.{words[0]}", *words[1:]), outs)

    found = {
        "outside": stage("outside", "phantom", outs=()),  # keeps its records: they persist
        "acquire": stage("acquire", "phantom", outs=("data/raw/phantom",)),
        "prepare": stage("prepare", "phantom", "data/prepared", outs=("data/prepared",)),
        "split": stage("split", outs=("data/split.csv", "metrics/split.json")),
        "synthetic": stage("synthetic", outs=("data/synthetic",)),
        "yolo_labels": stage("yolo_labels", outs=("data/yolo",)),
        "pretrain_detector": stage(
            "pretrain_detector", "yolo", outs=("models/starts/yolo", "models/starts/fcos", "models/starts/maskrcnn")
        ),
        "coarse": stage("coarse", MODEL, outs=("models/starts/cascade",)),
        "train_detector": stage("train_detector", "yolo", outs=("models/detector",)),
        "detect": stage("detect", outs=("data/detections.csv",)),
        "frames": stage("frames", outs=("data/inputs/direct",)),
        "crop_rois": stage("crop_rois", outs=("data/inputs/guided",)),
        "cascade": stage("cascade", MODEL, outs=(f"predictions/{MODEL}/cascade",)),
        "evaluate": stage("evaluate", MODEL, outs=(f"evaluations/{MODEL}",)),
        "external": stage("external", MODEL, outs=(f"evaluations/external/{MODEL}",)),
        "report": stage("report", MODEL, outs=("plots", "report/tables", "report/scores.json", "metrics/details.json")),
        "bundle": stage("bundle", MODEL, outs=(f"bundles/{MODEL}.zip",)),
        "segment": Work(
            (*GUIDEDSEG, *f"segment data/raw/phantom/images --bundle bundles/{MODEL} --resume --out killed".split()),
            ("killed/masks", "killed/lesions.csv"),
        ),
        "leaderboard": Work((*GUIDEDSEG, "leaderboard", "--csv", "board/board.csv"), ("board",)),
    }
    for mode in ("direct", "guided"):
        found[f"train {mode}"] = stage("train_segmenter", MODEL, mode, outs=(f"models/{MODEL}/{mode}",))
        found[f"predict {mode}"] = stage("predict", MODEL, mode, outs=(f"predictions/{MODEL}/{mode}",))
    return found


class Campaign:
    """A project that has run, and what is done to it."""

    def __init__(self, project: Project, temporary: Path, names: list[str]) -> None:
        """Run what is to be killed once undisturbed."""
        self.project, self.temporary = project, temporary
        self.works = {name: work for name, work in works().items() if name in names}
        for work in self.works.values():
            begun = time.monotonic()
            self.run(work)
            work.seconds, work.hashes = time.monotonic() - begun, self.hashes(work)
        self.there = self.listing()

    def start(self, work: Work) -> subprocess.Popen[str]:
        """As DVC starts a stage: its outs are gone, but for those that persist."""
        if work.words[0] == "-m":
            for out in work.outs:
                path = self.project.folder / out
                if not out.startswith(("metrics", "data/split")):
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return subprocess.Popen(
            [sys.executable, *work.words],
            cwd=self.project.folder,
            env={**self.project.environment, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, work: Work) -> None:
        """Undisturbed."""
        process = self.start(work)
        said, _ = process.communicate()
        assert process.returncode == 0, said

    def kill(self, name: str, by: signal.Signals, share: float) -> list[str]:
        """Kill at this share of its time, and run again; what is not as before."""
        work = self.works[name]
        if name == "segment":
            shutil.rmtree(self.project.folder / "killed")
        process = self.start(work)
        time.sleep(share * work.seconds)
        process.send_signal(by)
        said, _ = process.communicate()
        problems = [f"a traceback:\n{said}"] if "Traceback" in said else []
        self.run(work)
        problems += [f"{out} differs" for out, value in self.hashes(work).items() if value != work.hashes[out]]
        return problems + [f"{path} is left" for path in sorted(self.listing() - self.there)]

    def hashes(self, work: Work) -> dict[str, str]:
        return {out: journal.md5(self.project.folder / out) for out in work.outs}

    def listing(self) -> set[str]:
        """Files in the project, without those of git, DVC and Python, and in the folder for temporary files."""
        own = {
            path.relative_to(self.project.folder).as_posix()
            for path in self.project.folder.rglob("*")
            if not {".git", ".dvc", "__pycache__", "dvclive"} & set(path.parts)
        }
        return own | {str(path) for path in self.temporary.iterdir()}


def main() -> None:
    """Kill and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=works(), default=[*works()], help="these alone")
    parser.add_argument("--by", nargs="+", choices=[each.name for each in SIGNALS], default=[s.name for s in SIGNALS])
    asked = parser.parse_args()
    draws, kills, failed = random.Random(asked.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        project = new_project(work / "project")
        project.dvc("repro")
        project.commit()
        (work / "tmp").mkdir()
        campaign = Campaign(project, work / "tmp", asked.only)
        for number in range(asked.kills):
            name, by = asked.only[number % len(asked.only)], signal.Signals[draws.choice(asked.by)]
            share = draws.random()
            problems = campaign.kill(name, by, share)
            kills[f"{name} {by.name}"] += 1
            failed += bool(problems)
            print(
                f"{number + 1:4} {name:18} {by.name:8} at {share:4.0%}: {'; '.join(problems) or 'as before'}",
                flush=True,
            )
            campaign.there = campaign.listing()
    print(f"{asked.kills - failed} of {asked.kills} as before; {dict(sorted(kills.items()))}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()

"""The pipeline's stages: each reads its parameters, calls the library and writes its outs."""

import importlib.util
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

if importlib.util.find_spec("pydantic") is None:
    sys.exit(f"ERROR: {sys.executable} lacks guidedseg's packages. Activate the environment: . .venv/bin/activate")

# A queued experiment runs in a copy of the repository: its own src/ must win over an installed guidedseg.
sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

# Ultralytics sets OMP_NUM_THREADS to 1 on import where it is unset.
os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))

# OpenCV would print its own line about a broken picture before ours, without the name of the file.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")


def _interrupted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """After Ctrl-C, at whatever moment, a word; a bug has its traceback."""
    if issubclass(kind, KeyboardInterrupt):
        print("\nInterrupted.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _interrupted


def words(*kinds: str) -> list[str]:
    """The words behind a stage's name on the command line; how it is used, and the end, where they are others.

    Args:
        kinds: of the words: dataset, detector, model or mode.
    """
    import argparse
    from typing import get_args

    from guidedseg import params
    from guidedseg.names import MODES, NETWORKS

    def dataset(name: str) -> str:
        try:
            return params.known_dataset(name)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    allowed = {"detector": get_args(params.DetectorName), "model": NETWORKS, "mode": MODES}
    parser = argparse.ArgumentParser(
        prog=f"python -m stages.{Path(sys.argv[0]).stem}",
        epilog="`dvc repro` runs every stage with the words that params.yaml means.",
    )
    for kind in kinds:
        parser.add_argument(kind, choices=allowed.get(kind), type=dataset if kind == "dataset" else str)
    given = parser.parse_args()
    return [getattr(given, kind) for kind in kinds]


def run(main: Callable[[], tuple[Path, str] | None], *, noted: bool = True) -> None:
    """Run a stage; print what the user can mend, or the machine did, without a traceback and exit with 1.

    What it has made is noted in the journal, of which no failure is worth that of a stage.

    Args:
        main: the stage; it returns its out (of several the chief one) and a line about it, which is printed; None where
            another process has made it (``fitting.launching``).
        noted: whether the journal has the stage; not one that runs every time, or git would see a change every time.
    """
    from guidedseg import faults, journal
    from guidedseg.errors import LostRankError
    from guidedseg.watcher import watched

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    begun, started = journal.begin(Path()), time.monotonic()
    try:
        with watched():
            made = main()
    except LostRankError as error:
        if not error.told:
            print(f"ERROR: {error}", file=sys.stderr)
        sys.exit(LostRankError.CODE)
    except Exception as error:
        faults.end(error)
        raise
    if made is None:
        return
    out, text = made
    print(f"{out.as_posix()}: {text}")
    if noted:
        with suppress(Exception):
            journal.note(Path(), out, begun, time.monotonic() - started)

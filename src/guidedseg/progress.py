"""What shows while work goes on: one kind of bar in the terminal, and training curves in files."""

import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

logger = logging.getLogger(__name__)


_silent = False


def silence() -> None:
    """No bar is shown from here on: this process is one of several."""
    global _silent  # noqa: PLW0603 - a process shows them or not
    _silent = True
    # tqdm's own is one of all processes, which Python says is leaked where this one is stopped
    tqdm.set_lock(threading.RLock())


def bar(
    what: str,
    items: Iterable[Any] | None = None,
    *,
    unit: str,
    total: int | None = None,
    done: int = 0,
    scale: bool = False,
) -> "tqdm[Any]":
    """A bar with an estimate, on standard error where that is a terminal; it goes when the work is done.

    Args:
        what: is being done.
        items: passed through while the bar counts them; None where the caller counts with ``update``.
        unit: of what is counted.
        total: how many there are, where ``items`` cannot tell.
        done: how many of them are behind us already.
        scale: write large numbers with k, M, G.
    """
    look: dict[str, Any] = {
        "unit": f" {unit}",
        "unit_scale": scale,
        "disable": _silent or None,
        "leave": False,
        "dynamic_ncols": True,
    }
    return tqdm(items, desc=what, total=total, initial=done, **look)


class LiveCurves:
    """A training's curves while it runs, in DVCLive's files: ``plots/metrics/NAME.tsv``, metrics.json, report.html.

    They are for looking at and no result: where they cannot be written, that is told once and the training goes on.
    """

    def __init__(self, folder: Path | None) -> None:
        """Into ``folder``, which is emptied before the first row and not before; None: nothing is written."""
        self._folder = folder
        self._live: Any = None

    def add(self, epoch: int, values: Mapping[str, float]) -> None:
        """A row of every curve; ``epoch`` counts from 1."""
        if self._folder is not None:
            with self._dispensable():
                if self._live is None:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    self._live = _open(self._folder)
                self._live.step = epoch
                for name, value in values.items():
                    self._live.log_metric(name, float(value))
                self._live.next_step()

    def close(self) -> None:
        """The training has ended."""
        if self._live is not None:
            with self._dispensable():
                self._live.end()

    @contextmanager
    def _dispensable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            logger.warning("training goes on without live curves: %s", error)
            self._live = self._folder = None


def _open(folder: Path) -> Any:  # noqa: ANN401 - a class that only exists once DVCLive is imported
    os.environ["DVC_STUDIO_OFFLINE"] = "true"  # the curves are sent nowhere
    from dvclive.live import Live  # noqa: PLC0415 - half a second that no other stage needs to wait

    class Folder(Live):
        def _init_dvc(self) -> None:
            """Open no repository: that takes a second, and makes one where there is none."""
            self._dvc_file = "dvc.yaml"

    return Folder(str(folder), report="html", save_dvc_exp=False, dvcyaml=None)

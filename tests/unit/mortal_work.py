"""Work that dies, in a module of its own: processes and nodes elsewhere import it by its name."""

import os
import signal
import struct
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

DEADLY = 70
"""What kills its process every time."""


def doubling(folder: Path) -> Callable[[int], int]:
    """Doubles numbers; dies once at 3, always at ``DEADLY``, and does not like 5. Says in the folder what it did."""
    (folder / f"made-{os.getpid()}").touch()

    def function(number: int) -> int:
        tries = len([*folder.glob(f"try-{number}-*")])
        (folder / f"try-{number}-{tries}").touch()
        if number == DEADLY or (number == 3 and tries == 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 5:
            raise ValueError("five\nis not\tliked")
        time.sleep(0.02)
        return 2 * number

    return function


def cut_off(folder: Path) -> Callable[[int], int]:
    """Doubles numbers; dies once at 3, in the middle of its answer."""

    def answer_in_part(self: Connection, content: bytes) -> None:
        self._send(struct.pack("!i", len(content)) + bytes(content)[:3])
        os.kill(os.getpid(), signal.SIGKILL)

    def function(number: int) -> int:
        if number == 3 and not (folder / "died").exists():
            (folder / "died").touch()
            Connection._send_bytes = answer_in_part
        return 2 * number

    return function


def weighty(_ballast: bytes) -> Callable[[int], int]:
    """Doubles numbers; what it is made of is more than a pipe holds."""
    return lambda number: 2 * number

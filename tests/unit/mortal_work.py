"""Work that dies, in a module of its own: processes and nodes elsewhere import it by its name."""

import os
import signal
import time
from collections.abc import Callable
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

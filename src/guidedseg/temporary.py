"""Folders that are gone when a block ends, and those that killed processes have left."""

import os
import re
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

_HERE = re.sub(r"\W", "", socket.gethostname())  # a folder may lie on a disk that machines share
_OWN = re.compile(rf"guidedseg-{_HERE}-(\d+)-")


class Temporary(tempfile.TemporaryDirectory[str]):
    """A ``tempfile.TemporaryDirectory`` that first removes those of this machine's processes that are no more.

    A process that is killed cannot remove its own.
    """

    def __init__(self, place: Path | None = None) -> None:
        """In ``place``, or where temporary files go."""
        folder = place or Path(tempfile.gettempdir())
        for left in folder.glob("guidedseg-*"):
            found = _OWN.match(left.name)
            if found and not _alive(int(found[1])):
                shutil.rmtree(left, ignore_errors=True)  # not ours to remove, or somebody was faster
        super().__init__(prefix=f"guidedseg-{_HERE}-{os.getpid()}-", dir=folder, ignore_cleanup_errors=True)


def _alive(process: int) -> bool:
    with suppress(PermissionError):  # somebody else's
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True

"""What the machine does to a process, told in a line: where, what, and what to do about it.

One place for the stages and the command line. What is neither the user's nor the machine's is a bug, and keeps its
traceback.
"""

import errno
import os
import re
import sys
import traceback
from pathlib import Path

from guidedseg.errors import GuidedsegError
from guidedseg.restoring import missing

VARIABLE = "GUIDEDSEG_TRACEBACK"
"""Where this environment variable is set to anything but 0, every error has its traceback before its line."""

_DISK = "Free some (`dvc gc -w` drops unused results) and repeat."
_FILES = "Its owner can change that with `chmod`; on a share its administrator."

_MEMORY = (
    "Give it more, or lower what this takes: `batch`, `image_size` and `workers` of the profile in params.yaml, or the "
    "number of processes beside each other. Trainings go on from their last epoch."
)

_REMEDIES: dict[int, tuple[str, str]] = {
    errno.EACCES: ("no permission", _FILES),
    errno.EPERM: ("no permission", _FILES),
    errno.EROFS: ("its file system takes no writing", "Mount it for that, or move the project to another one."),
    errno.EISDIR: ("a folder lies where a file is expected", "Move it away and repeat."),
    errno.ENOTDIR: ("a file lies where a folder is expected", "Move it away and repeat."),
    errno.EEXIST: ("something lies there already", "Move it away and repeat."),
    errno.ENOTEMPTY: ("something lies there already", "Move it away and repeat."),
    errno.ENAMETOOLONG: ("the name is longer than this file system takes", "Use a shorter one."),
    errno.ELOOP: ("its links lead in a circle", "Put the file itself there."),
    errno.EMFILE: ("more files are open than one process may have", "`ulimit -n 4096` raises the limit."),
    errno.ENFILE: ("more files are open than the machine may have", "End other programs and repeat."),
    errno.EIO: ("the disk or the share fails", "See to the hardware or the network, then repeat."),
    errno.ESTALE: ("the share has changed below us", "Mount it anew, then repeat."),
    errno.ETXTBSY: ("another program uses it", "Wait for it or end it, then repeat."),
    errno.EBUSY: ("another program uses it", "Wait for it or end it, then repeat."),
    errno.ENXIO: ("it is no ordinary file", "Put a file there."),
    errno.ENODEV: ("it is no ordinary file", "Put a file there."),
    errno.ENOSPC: ("no space left on the disk", _DISK),
    errno.EDQUOT: ("no space left on the disk", _DISK),
    errno.EFBIG: ("the file is larger than the file system or a limit (`ulimit -f`) takes", "Raise the limit."),
    errno.ENOMEM: ("not enough memory", _MEMORY),
    errno.EAGAIN: ("the machine has no process or thread left (`ulimit -u`)", "End other programs and repeat."),
}

# Of libraries that do not raise MemoryError: torch, OpenCV, C++ in general, ONNX Runtime; and of a full disk numpy's.
_NO_MEMORY = re.compile(
    r"can.?(?:no)?t allocate memory|out of memory|insufficient memory|bad_alloc|failed to allocate memory",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"No space left on device|requested and \d+ written")
_NO_THREAD = re.compile(r"can't start new thread")
_NUMBER = re.compile(r"\[Errno (\d+)\]|os error (\d+)")


def end(error: Exception) -> None:
    """End the process with a line about what the user can mend, or the machine did; come back from a bug.

    Args:
        error: whatever ended the work.
    """
    text = told(error)
    if text is None:
        return
    if os.environ.get(VARIABLE, "0") not in ("", "0"):
        traceback.print_exception(error)
    sys.exit(f"ERROR: {text}")


def told(error: BaseException) -> str | None:
    """Where, what and what to do, of what the user can mend or the machine did; None of anything else."""
    if isinstance(error, GuidedsegError):
        return str(error)
    if isinstance(error, MemoryError) or (isinstance(error, Exception) and _NO_MEMORY.search(str(error))):
        return f"not enough memory. {_MEMORY}"
    number, place = _number(error), _place(error)
    if number == errno.ENOENT and place is not None:
        return missing(place)
    if number in _REMEDIES:
        cause, remedy = _REMEDIES[number]
        return f"{place}: {cause}. {remedy}" if place else f"{cause}. {remedy}"
    if not isinstance(error, OSError):
        return None
    words = " ".join((error.strerror or str(error) or type(error).__name__).split())
    return f"{place}: {words}." if place else f"{words}."


def _number(error: BaseException) -> int | None:
    """The errno, told by number or by the words of libraries that do not pass the number on."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    words = str(error)
    if _NO_SPACE.search(words):
        return errno.ENOSPC
    if _NO_THREAD.search(words):
        return errno.EAGAIN
    found = _NUMBER.search(words)
    return int(found[1] or found[2]) if found else None


def _place(error: BaseException) -> Path | None:
    if not isinstance(error, OSError) or not isinstance(error.filename, str | bytes | os.PathLike):
        return None
    # of a move that fails for where it should go
    name = error.filename2 if error.errno in (errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST) else None
    place = Path(os.fsdecode(name or error.filename))
    here = Path.cwd()
    return place.relative_to(here) if place.is_relative_to(here) else place

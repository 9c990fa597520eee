"""An opened file, and how its troubles are told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from guidedseg.errors import GuidedsegError
from guidedseg.sources.frame import Frame

MOST_PIXELS = 100_000_000
"""Of one picture; what claims more is refused before anything is decoded. Ultrasound images have 2 million at most."""


class NoPictureError(GuidedsegError):
    """A file that is no picture and does not look like one by its name: a text beside the pictures, a table."""


@dataclass(frozen=True)
class Source:
    """A file whose header was read, and its frames, which were not yet.

    Attributes:
        kind: ``picture``, ``tiff``, ``dicom`` or ``video``.
        count: frames, as the file tells it; None where it does not. A broken file has fewer.
        read: as ``frames``.
        notes: what a user should know about how the file is read, a line each, without any value of a header that could
            tell of a person. Complete once the frames were read.
        turned: whether its frames are turned as its EXIF says.
    """

    kind: str
    count: int | None
    read: Callable[[int], Iterator[Frame]]
    notes: list[str] = field(default_factory=list)
    turned: bool = False

    def frames(self, every: int = 1) -> Iterator[Frame]:
        """Yield every N-th frame from the first one on, decoded one at a time, with its number in the file.

        Raises:
            GuidedsegError: the file is broken or cut short; what was yielded before is good.
        """
        return self.read(every)

    def note(self, line: str) -> None:
        """Add a line to the notes, once."""
        if line not in self.notes:
            self.notes.append(line)


def shown(text: object) -> str:
    """A text on one line, such as a path, whatever it holds."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(text))


def problem(path: object, what: str, remedy: str) -> GuidedsegError:
    """One line: the file, what is wrong with it, and what to do."""
    return GuidedsegError(shown(f"{path}: {what}. {remedy}"))


def broken(path: Path, read: int, count: int | None, reason: object = "") -> GuidedsegError:
    """One line for a file that breaks off or is damaged.

    Args:
        path: of the file.
        read: frames that were good.
        count: frames that there should be; None where it is unknown.
        reason: words of whoever could not read on.
    """
    of = "" if count is None else f" of {count}"
    frames = f", {read}{of} frame(s) could be read" if read or (count or 0) > 1 else ""
    words = " ".join(str(reason).split())[:150]
    return problem(
        path,
        f"is damaged or cut short{frames}{f' ({words})' if words else ''}",
        "Take it again from where it came from",
    )


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture that is too large to be one, by the size that its header gives, pixels."""
    if width * height > MOST_PIXELS:
        raise problem(
            path,
            f"says that it is {width} x {height} pixels, more than {MOST_PIXELS // 1_000_000} million",
            "Make it smaller, or take it again if that is not its size",
        )
    if width < 1 or height < 1:
        raise problem(path, f"says that it is {width} x {height} pixels", "Take it again from where it came from")

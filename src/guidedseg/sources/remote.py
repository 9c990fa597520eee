"""Files elsewhere, by their URLs: found there, and fetched one by one when they are read."""

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from guidedseg.cluster.store import filesystem
from guidedseg.errors import GuidedsegError
from guidedseg.junk import is_junk


@dataclass(frozen=True, slots=True)
class Remote:
    """A file's URL; it stands where a path would."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def suffix(self) -> str:
        """Of its name, with the point."""
        return PurePosixPath(self.url).suffix

    def fetch(self, folder: Path) -> Path:
        """Copy it into a folder of this machine.

        Raises:
            GuidedsegError: it is not there, or cannot be read.
        """
        target = folder / (PurePosixPath(self.url).name or "_")
        try:
            files, path = filesystem(self.url)
            files.get_file(path, str(target))
        except GuidedsegError:
            raise
        except FileNotFoundError:
            raise GuidedsegError(f"{self.url}: is not there. Check the URL; a pattern must match something") from None
        except Exception as error:  # whatever a file system raises
            words = " ".join(str(error).split())[:150]
            raise GuidedsegError(f"{self.url}: cannot be read ({type(error).__name__}: {words})") from error
        return target


def _as_walked(path: str) -> list[tuple[bool, str]]:
    """Sorts a folder's files before its folders, as on a disk."""
    *folders, name = path.split("/")
    return [*((True, folder) for folder in folders), (False, name)]


def found(url: str) -> Iterator[tuple[str, str, bool]]:
    """What a URL means: a file, all files in a folder and below, or what a pattern matches.

    Yields:
        The URL of a file, what its name is made of (relative to where the search began), and whether it was given by
        itself. What is not there is given back as it is: reading it tells.

    Raises:
        GuidedsegError: there is no such file system, or it does not answer.
    """
    files, path = filesystem(url)
    try:
        if glob.has_magic(path) and not files.exists(path):
            fixed = path[: path.index(next(sign for sign in path if sign in "*?["))].rpartition("/")[0]
            matches = [match for match in sorted(files.glob(path)) if not files.isdir(match)]
        elif files.isdir(path):
            fixed, matches = path.rstrip("/"), sorted(files.find(path), key=_as_walked)
        else:
            fixed, matches = "", []
    except Exception as error:
        words = " ".join(str(error).split())[:150]
        raise GuidedsegError(f"{url}: cannot be listed ({type(error).__name__}: {words})") from error
    relatives = [match[len(fixed) :].lstrip("/") for match in matches]
    own = [(match, at) for match, at in zip(matches, relatives, strict=True) if not any(map(is_junk, at.split("/")))]
    for match, at in own:
        yield files.unstrip_protocol(match), at, glob.has_magic(path)
    if not own:
        yield url, PurePosixPath(path).name, True

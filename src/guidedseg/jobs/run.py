"""One job: files in, masks and tables out; a bad file costs a line, a kill nothing that was finished."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from guidedseg import progress
from guidedseg.bundles.loading import Bundle
from guidedseg.errors import GuidedsegError
from guidedseg.inference.result import Result
from guidedseg.jobs import frames as of_file
from guidedseg.jobs import tables
from guidedseg.jobs.pictures import Pictures
from guidedseg.jobs.progress_file import Finished, ProgressFile
from guidedseg.jobs.settings import Settings
from guidedseg.lookahead import in_order
from guidedseg.outputs.records import Record, record
from guidedseg.sources.frame import Frame
from guidedseg.sources.listing import Listed
from guidedseg.sources.opening import open_source
from guidedseg.sources.remote import Remote
from guidedseg.sources.source import NoPictureError, Source, problem, shown
from guidedseg.temporary import Temporary

CINE = ("dicom", "video")
"""Kinds of files whose frames follow each other in time; those of a TIFF need not."""


@dataclass
class Summary:
    """What a job did.

    Attributes:
        files: that were read to their ends.
        frames: that were segmented.
        lesions: that were found.
        empty: frames in which none was.
        problems: of files, a line each.
    """

    files: int = 0
    frames: int = 0
    lesions: int = 0
    empty: int = 0
    problems: tuple[str, ...] = ()

    def add(self, other: "Summary") -> None:
        """Count what another job did to this one's."""
        self.files += other.files
        self.frames += other.frames
        self.lesions += other.lesions
        self.empty += other.empty
        self.problems += other.problems


@dataclass(frozen=True)
class _Opened:
    """A file as a worker leaves it.

    Attributes:
        listed: which one.
        source: None where it cannot be opened.
        path: of its copy on this machine, where it is elsewhere.
        record: of a single frame, which is segmented and written; None where more are yet to be read.
        problem: why there is neither.
        note: likewise, of a file that only lies beside the pictures.
    """

    listed: Listed
    source: Source | None = None
    path: Path | None = None
    record: Record | None = None
    problem: str | None = None
    note: str | None = None


def run(
    files: Sequence[Listed], bundle: Bundle, folder: Path, settings: Settings, workers: int, *, with_tables: bool = True
) -> Summary:
    """Segment files; what ``folder`` says is done is not done again.

    Args:
        files: which, and the names under which their outputs are filed.
        bundle: of one thread a call, as every core has a picture of its own.
        folder: of the outputs, of a job with the same settings.
        settings: of the job.
        workers: pictures that are segmented beside each other.
        with_tables: whether to write what is about all files.

    Raises:
        GuidedsegError: something was done under the name of one of the files, but with another file, or with one of
            the files under another name.
        KeyboardInterrupt: after the tables of what is finished were written.
        OSError: an output cannot be written.
    """
    with ProgressFile(folder) as done, Temporary() as scratch:
        waiting = _not_yet_done(files, done, folder)
        worker = _Worker(bundle, settings, Pictures(folder, bundle, settings), scratch)
        try:
            with closing(in_order(worker.open, waiting, workers)) as opened:
                for item in progress.bar("files", opened, unit="file", total=len(waiting)):
                    done.finish(worker.finish(item, done, workers))
        finally:
            done.drop()
            if with_tables:
                tables.write(done, folder, settings)
        return _summary(done)


@dataclass(frozen=True)
class _Worker:
    """What is done with every file.

    Attributes:
        bundle: what segments.
        settings: of the job.
        pictures: the writers.
        scratch: a folder for copies of what is elsewhere.
    """

    bundle: Bundle
    settings: Settings
    pictures: Pictures
    scratch: str

    def open(self, listed: Listed) -> _Opened:
        """Read the head of a file, and all of it where it has one frame; in a worker's thread."""
        copy = None
        try:
            if isinstance(listed.path, Remote):
                path = copy = listed.path.fetch(Path(tempfile.mkdtemp(dir=self.scratch)))
            else:
                path = listed.path
            source = open_source(path)
            if source.count != 1 or source.kind == "video":  # whose count is but what its head says
                return _Opened(listed, source, copy)
            (frame,) = source.frames()
        except Exception as error:  # noqa: BLE001 - whatever a decoder raises, it is about this file alone
            beside = isinstance(error, NoPictureError) and not listed.named
            told = _told(listed, copy, "could not be read", error)
            return _Opened(listed, path=copy, note=told) if beside else _Opened(listed, path=copy, problem=told)
        try:
            result = of_file.segment(self.bundle.segmenter, frame, self.settings.branch)
            return _Opened(listed, source, copy, self._then(listed, several=False)(frame, result))
        except OSError:  # what cannot be written is no fault of the file
            raise
        except Exception as error:  # noqa: BLE001 - a picture of extreme sides, or too large for the memory
            self.pictures.remove(listed.name)
            return _Opened(listed, path=copy, problem=_told(listed, copy, "could not be segmented", error))

    def finish(self, item: _Opened, done: ProgressFile, workers: int) -> Finished:
        """Do what is left of a file, and note its frames; its copy goes."""
        try:
            return self._finish(item, done, workers)
        finally:
            if item.path is not None:
                shutil.rmtree(item.path.parent)

    def _finish(self, item: _Opened, done: ProgressFile, workers: int) -> Finished:
        listed = item.listed
        if item.source is None:
            return _finished(listed, 0, item.problem, [] if item.note is None else [item.note])
        reader = _Reader(item.source, self.settings.every)
        count = 0
        try:
            for line in [item.record] if item.record else self._frames(item, reader, workers):
                done.add(line)
                count += 1
        except OSError:  # likewise
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            done.drop()
            self.pictures.remove(listed.name)
            return _finished(listed, 0, _told(listed, item.path, "could not be segmented", error), item.source.notes)
        unread = None if reader.error is None else _told(listed, item.path, "could not be read", reader.error)
        unwritten = self._objects(item.source, item, done) if count else None
        return _finished(listed, count, unread or unwritten, item.source.notes)

    def _objects(self, source: Source, item: _Opened, done: ProgressFile) -> str | None:
        """SEG and SR; why there are none, where the header of the source is the reason."""
        listed, path = item.listed, item.path or item.listed.path
        assert isinstance(path, Path)  # noqa: S101 - what is elsewhere has a copy here
        try:
            self.pictures.finish(listed.name, path, source, done.current)
        except OSError as error:
            if str(error.filename) != str(path):
                raise
            return _told(listed, item.path, "could not be read again for SEG and SR", error)
        except GuidedsegError as error:
            return _told(listed, item.path, "has a header that cannot be repeated", error)
        except Exception as error:  # noqa: BLE001 - highdicom's, about values of the header, which must not be repeated
            what = f"has a header that cannot be repeated in SEG and SR ({type(error).__name__})"
            return str(problem(listed.path, what, "Ask for other outputs"))
        return None

    def _frames(self, item: _Opened, reader: "_Reader", workers: int) -> Iterator[Record]:
        settings, then = self.settings, self._then(item.listed, several=True)
        if reader.source.kind in CINE and settings.tracking and settings.branch == "guided":
            return of_file.followed(self.bundle.segmenter, reader, then, every=settings.every, workers=workers)
        return of_file.alone(self.bundle.segmenter, reader, then, branch=settings.branch, workers=workers)

    def _then(self, listed: Listed, *, several: bool) -> of_file.Then:
        def written(frame: Frame, result: Result) -> Record:
            self.pictures.write(listed.name, frame, result, several=several)
            return record(listed.name, frame, result)

        return written


class _Reader:
    """The frames of a file up to where it breaks off, which is noted: what came before is good."""

    def __init__(self, source: Source, every: int) -> None:
        self.source = source
        self.every = every
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Frame]:
        total = None if self.source.count is None else -(-self.source.count // self.every)
        frames = self.source.frames(self.every)
        try:
            yield from progress.bar("frames", frames, unit="frame", total=total)
        except Exception as error:  # noqa: BLE001 - whatever a decoder raises, it is about this file alone
            self.error = error


def _not_yet_done(files: Sequence[Listed], done: ProgressFile, folder: Path) -> list[Listed]:
    """What is left of the files, which are those that were meant when the job began."""
    paths = {finished.source: finished.path for finished in done.finished()}
    names = {path: name for name, path in paths.items()}
    for listed in files:
        before = paths.get(listed.name, listed.where)
        if before != listed.where:
            raise GuidedsegError(
                f"{folder} has {listed.name} of {shown(before)}, not of {shown(listed.path)}: choose another folder, "
                "or give the same paths as before."
            )
        name = names.get(listed.where, listed.name)
        if name != listed.name:
            raise GuidedsegError(
                f"{folder} has {shown(listed.path)} as {name}, which beside other files is {listed.name} now: choose "
                "another folder, or give the same paths as before."
            )
    return [listed for listed in files if listed.name not in paths]


def _finished(listed: Listed, frames: int, problem: str | None, notes: Sequence[str]) -> Finished:
    return Finished(listed.name, listed.where, frames, problem, tuple(notes))


def _told(listed: Listed, copy: Path | None, what: str, error: Exception) -> str:
    """One line about a file, whatever was raised; of a copy the name is that of what was copied."""
    words = " ".join(str(error).split())
    if copy is not None:
        words = words.replace(str(copy), listed.where)
    if isinstance(error, GuidedsegError):
        return shown(words)
    words = words[:150]
    reason = f"{type(error).__name__}{': ' if words else ''}{words}"
    return str(problem(listed.path, f"{what} ({reason})", "Look at it with another program, or leave it out"))


def _summary(done: ProgressFile) -> Summary:
    summary = Summary()
    for line in done.records():
        summary.frames += 1
        summary.lesions += len(line["lesions"])
        summary.empty += not line["lesions"]
    finished = list(done.finished())
    problems = [each.problem for each in finished if each.problem is not None]
    summary.files = sum(each.frames > 0 and each.problem is None for each in finished)
    summary.problems = tuple(problems)
    return summary

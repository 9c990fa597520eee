"""What is written beside a file's frames: masks, overlays, DICOM objects."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from guidedseg.bundles.loading import Bundle
from guidedseg.inference.result import Result
from guidedseg.jobs.settings import Settings
from guidedseg.outputs import masks, overlay
from guidedseg.outputs.records import Record
from guidedseg.outputs.software import Software
from guidedseg.sources.frame import Frame
from guidedseg.sources.source import Source


class Pictures:
    """The writers of one job."""

    def __init__(self, folder: Path, bundle: Bundle, settings: Settings) -> None:
        """Take note of what is asked for.

        Args:
            folder: of the outputs.
            bundle: what segments.
            settings: of the job.
        """
        self.folder = folder
        self.settings = settings
        described = bundle.description
        # whatever decides about a mask decides about the identity of what DICOM calls it
        used = bundle.segmenter
        values = (settings.branch, used.confidence, used.direct.threshold, used.guided.threshold, settings.tracking)
        digest = hashlib.sha256(repr((*values, settings.every, bundle.engine)).encode()).hexdigest()
        self.software = Software(described.name[:64], f"{described.version}+{digest[:12]}"[:64], bundle.sha256)

    def write(self, name: str, frame: Frame, result: Result, *, several: bool) -> None:
        """Mask and overlay of a frame.

        Args:
            name: of the file.
            frame: of the file.
            result: of the frame.
            several: whether the file may have more frames, each with its number.
        """
        if self.settings.wants("mask"):
            masks.write(result.mask, self._path("masks", name, frame.index, several=several, suffix=".png"))
        if self.settings.wants("overlay"):
            overlay.write(frame, result, self._path("overlays", name, frame.index, several=several, suffix=".jpg"))

    def remove(self, name: str) -> None:
        """All masks and overlays of a file."""
        for kind, suffix in (("masks", ".png"), ("overlays", ".jpg")):
            place = self.folder / kind / name
            shutil.rmtree(place, ignore_errors=True)
            place.with_name(place.name + suffix).unlink(missing_ok=True)

    def finish(self, name: str, path: Path, source: Source, records: Callable[[], Iterator[Record]]) -> None:
        """SEG and SR of a DICOM file whose frames are all written.

        Args:
            name: of the file.
            path: of the file.
            source: the same, opened.
            records: of its frames, as often as they are asked for.
        """
        if source.kind != "dicom":
            return
        place = (self.folder / "dicom" / name).parent
        stem = Path(name).name
        if self.settings.wants("seg"):
            from guidedseg.outputs.dicom_seg import write_seg  # noqa: PLC0415 - an extra

            several = source.count != 1
            frames = ((line["frame"], self._mask(name, line["frame"], several)) for line in records())
            write_seg(path, frames, place, f"{stem}.seg", software=self.software)
        if self.settings.wants("sr"):
            from guidedseg.outputs.dicom_sr import write_sr  # noqa: PLC0415 - an extra

            write_sr(path, records(), place, f"{stem}.sr", software=self.software)

    def _mask(self, name: str, index: int, several: bool) -> npt.NDArray[np.bool_]:
        path = self._path("masks", name, index, several=several, suffix=".png")
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.asarray(picture) > 0

    def _path(self, kind: str, name: str, index: int, *, several: bool, suffix: str) -> Path:
        place = self.folder / kind / name
        path = place / f"{index:06d}{suffix}" if several else place.with_name(place.name + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

"""What is asked of a job."""

from dataclasses import dataclass

from guidedseg.errors import GuidedsegError
from guidedseg.inference.segmenter import Branch

OUTPUTS = ("mask", "overlay", "contours", "coco", "table", "seg", "sr")
"""Masks and overlays: a picture a frame. Contours (GeoJSON), coco and table: a file a job. SEG and SR: DICOM."""

DEFAULT = ("mask", "overlay", "contours", "coco", "table")


@dataclass(frozen=True)
class Settings:
    """How files are segmented.

    Attributes:
        branch: guided, direct, guided_fallback or cascade.
        outputs: some of ``OUTPUTS``; ``seg`` needs the masks and brings them.
        every: of the frames of a stack or cine each how many-th one.
        tracking: whether the boxes of a cine are followed through its frames.
    """

    branch: Branch = "guided"
    outputs: tuple[str, ...] = DEFAULT
    every: int = 1
    tracking: bool = True

    def __post_init__(self) -> None:
        """Check the outputs.

        Raises:
            GuidedsegError: there is no such output.
        """
        unknown = sorted(set(self.outputs) - set(OUTPUTS))
        if unknown or not self.outputs:
            raise GuidedsegError(f"--outputs: {', '.join(unknown) or 'none'} given, there are {', '.join(OUTPUTS)}.")

    def wants(self, output: str) -> bool:
        """Whether an output is asked for."""
        return output in self.outputs or (output == "mask" and "seg" in self.outputs)

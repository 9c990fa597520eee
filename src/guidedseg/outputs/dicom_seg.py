"""Masks as DICOM segmentations (SEG), for stills and, a file per frame, for cines."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guidedseg.errors import GuidedsegError
from guidedseg.outputs import dicom_object
from guidedseg.outputs.software import Software

try:
    import highdicom
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes
except ImportError as error:
    raise GuidedsegError(dicom_object.MISSING) from error

_SERIES_NUMBER = 1001


def write_seg(
    source: Path,
    frames: Iterable[tuple[int, NDArray[np.bool_]]],
    folder: Path,
    stem: str,
    *,
    software: Software,
) -> list[Path]:
    """Write masks of a DICOM file's frames as SEG, taken one by one.

    Of a still one file, also of an empty mask: one empty frame says that nothing was found. Of a cine one file for
    every frame with a lesion, all in one series. Written again they are the same bytes.

    Args:
        source: the DICOM file.
        frames: index (from 0) and mask (H, W) bool.
        folder: of the files: ``STEM.dcm``, in a cine ``STEM_00007.dcm`` for frame 7 (frame 8 to DICOM).
        stem: of their names.
        software: what made the masks.

    Returns:
        The files.

    Raises:
        GuidedsegError: the source has no header that a SEG could refer to.
        ValueError: a mask is not of the source's size.
    """
    header = dicom_object.read(source)
    view, cine = dicom_object.single_frame(header), dicom_object.is_cine(header)
    written = []
    for index, mask in frames:
        if mask.shape != (header.Rows, header.Columns):
            raise ValueError(f"{source}: a mask of {mask.shape} for a picture of {(header.Rows, header.Columns)}")
        if cine and not mask.any():
            continue
        target = folder / (f"{stem}_{index:05d}.dcm" if cine else f"{stem}.dcm")
        with dicom_object.tolerant():
            segmentation = _segmentation(view, index, mask, software)
            if cine:
                (group,) = segmentation.PerFrameFunctionalGroupsSequence
                group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = index + 1
            dicom_object.save(segmentation, header, target)
        written.append(target)
    return written


def _segmentation(view: Dataset, index: int, mask: NDArray[np.bool_], software: Software) -> highdicom.seg.Segmentation:
    made_of = ("SEG", software, view.SOPInstanceUID)
    segment = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="Lesion",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        anatomic_regions=[codes.SCT.Breast],
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=software.name, family=codes.DCM.ArtificialIntelligence, version=software.version
        ),
    )
    segmentation = highdicom.seg.Segmentation(
        source_images=[view],
        pixel_array=mask.astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[segment],
        series_instance_uid=dicom_object.uid(*made_of),
        series_number=_SERIES_NUMBER,
        series_description="Lesions, segmented automatically",
        sop_instance_uid=dicom_object.uid(*made_of, index, np.packbits(mask).tobytes().hex()),
        instance_number=index + 1,
        omit_empty_frames=False,  # as viewers like it; it would also print a warning
        content_label="LESIONS",
        content_description="Lesions, segmented automatically",
        **dicom_object.described(view, software),
    )
    segmentation.PatientOrientation = ""  # type 2C of every image without a frame of reference
    dimensions = dicom_object.uid(*made_of, "dimensions")  # highdicom draws it at random
    for item in (*segmentation.DimensionOrganizationSequence, *segmentation.DimensionIndexSequence):
        item.DimensionOrganizationUID = dimensions
    return segmentation

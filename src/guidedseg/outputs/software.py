"""Which software a result is of, as DICOM objects name it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Software:
    """What segmented; of the same source and the same software there is one result.

    Attributes:
        name: of the bundle, at most 64 characters.
        version: of the bundle, at most 64 characters.
        bundle: its id, at most 64 characters. Whatever else decides about a result, a threshold for example, belongs
            into one of the three: they and the source make the UIDs of DICOM objects.
    """

    name: str
    version: str
    bundle: str

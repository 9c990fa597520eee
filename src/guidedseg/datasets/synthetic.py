"""How synthetic images are told from real ones, and where they lie."""

from pathlib import Path

PREFIX = "synthetic+"
"""What their names begin with; no image of a dataset has a + in its name (``reading``), so none is taken for one."""


def place(image_id: str, real: Path, synthetic: Path | None) -> Path:
    """The folder of canonical images that has this one.

    Args:
        image_id: its name.
        real: the folder of the dataset's images.
        synthetic: that of synthetic ones; None: there is none.
    """
    return synthetic if synthetic is not None and image_id.startswith(PREFIX) else real

"""Whether a bundle is whole and does on this machine what it did on the one that made it."""

from pathlib import Path

from guidedseg.bundles import example
from guidedseg.bundles.loading import REMEDY, read, segmenter, unpacked
from guidedseg.errors import listed
from guidedseg.inference.engines.opening import Kind


def check(path: Path, engine: Kind = "onnxruntime") -> list[str]:
    """Check hashes and description, then segment the example.

    Args:
        path: a folder or a zip.
        engine: which one is tested.

    Returns:
        Lines that say what was found.

    Raises:
        GuidedsegError: the bundle is damaged, or this machine makes something else of the example.
    """
    folder = unpacked(path)
    description, digest = read(folder)
    trained = segmenter(folder, description, engine=engine)
    found = example.differences(folder / "example", trained)
    if found:
        raise listed(f"{path}: the example comes out otherwise with {trained.detector.engine.name}", found, REMEDY)
    return [
        f"{description.name} {description.version}, sha256 {digest}",
        f"files: {len(description.files)} as bundle.json says",
        f"example: the same with {trained.detector.engine.name} as with {description.engine}, which made it",
    ]

"""Whether a bundle is whole and does on this machine what it did on the one that made it."""

from pathlib import Path

from guidedseg.bundles import example
from guidedseg.bundles.loading import REMEDY, opened, segmenter
from guidedseg.errors import GuidedsegError, listed
from guidedseg.inference.engines.opening import Kind

_OTHERWISE = "If that does not help, this engine computes otherwise on this machine: choose another one (--engine)."


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
    folder, description, digest = opened(path)
    trained = segmenter(folder, description, engine=engine)
    name = trained.detector.engine.name
    try:
        found = example.differences(folder / "example", trained)
    except Exception as error:  # engines raise what they like
        what = " ".join(str(error).split())[:300]
        raise GuidedsegError(
            f"{path}: the example cannot be segmented with {name} ({type(error).__name__}: {what}). {REMEDY}"
        ) from error
    if found:
        raise listed(f"{path}: the example comes out otherwise with {name}", found, f"{REMEDY} {_OTHERWISE}")
    return [
        f"{description.name} {description.version}, sha256 {digest}",
        f"files: {len(description.files)} as bundle.json says",
        f"example: the same with {name} as with {description.engine}, which made it",
    ]

"""What each rival costs a user: parameters, and pictures a second from file to file, in every branch.

    python -m benchmarks.rivals --images FOLDER [--cores 2] bundles/unet bundles/maskrcnn ...

Bundles as they are: their engine, sizes and operating values. PNG files become masks by the product's own job runner
once it has started. All rivals and branches take turns, each in a process of its own; medians count. The reference is
the first bundle's direct. Parameters are those of all networks that a branch needs.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.segment import machine
from benchmarks.turns import alternating
from guidedseg.bundles.loading import MODULES, load
from guidedseg.names import DETECTORS, NETWORKS

PARTS = {"direct": ("direct",), "guided": ("detector", "guided"), "cascade": ("direct", "guided")}
"""Branches, and the networks that each needs."""


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--images", type=Path, required=True, help="a folder of PNG files")
    parser.add_argument("--count", type=int, default=64, help="of pictures, at most")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    paths = sorted(asked.images.glob("*.png"))
    paths = paths[:: max(1, len(paths) // asked.count)][: asked.count]  # every n-th, or they would be of a few patients
    with tempfile.TemporaryDirectory() as scratch:
        contestants: dict[str, tuple[object, ...]] = {
            f"{bundle} {branch}": (
                "benchmarks.own_way:on_files",
                *(bundle, None, asked.cores, paths, Path(scratch) / f"{number} {branch}", "onnxruntime", ("mask",)),
                branch,
            )
            for number, bundle in enumerate(asked.bundles)
            for branch in PARTS
        }
        found = alternating(contestants, cores=asked.cores, turns=asked.turns)
    reference = found[f"{asked.bundles[0]} direct"].wall
    print(f"{machine()}: {asked.cores} cores, {len(paths)} pictures, PNG in, mask PNG out, ONNX Runtime\n")
    print("| network, boxes of | | M parameters | images/s | ms | / the first | turns |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for bundle in asked.bundles:
        description = load(bundle).description
        sizes = {part: size(bundle, part) for part in ("detector", "direct", "guided")}
        name = f"{NETWORKS[description.model]}, {DETECTORS[description.made.params['detector']]}"
        for branch, parts in PARTS.items():
            turns = found[f"{bundle} {branch}"]
            print(
                f"| {name} | {branch} | {sum(sizes[part] for part in parts) / 1e6:.2f} | "
                f"{len(paths) / turns.wall:.1f} | {1000 * turns.wall / len(paths):.1f} | "
                f"{turns.wall / reference:.2f} | {turns.spread()} |"
            )


def size(bundle: Path, part: str) -> int:
    """Parameters of a network of a bundle."""
    network, _ = MODULES[part](bundle / part)
    return sum(parameter.numel() for parameter in network.parameters())


if __name__ == "__main__":
    main()

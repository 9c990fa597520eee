"""A bundle whose networks take inputs of other sizes, with the weights they have: as fast as one trained so."""

import json
import shutil
from pathlib import Path

from guidedseg.bundles import making
from guidedseg.bundles.loading import opened
from guidedseg.bundles.schema import NETWORKS
from guidedseg.segmentation import trained


def of_size(bundle: Path, target: Path, detector: int, segmenter: int) -> Path:
    """Write it.

    Args:
        bundle: a bundle's folder.
        target: a new folder.
        detector: the detector's new image size, pixels.
        segmenter: that of both segmenters.
    """
    networks = {name: target.parent / "networks" / name for name in NETWORKS}
    for name, folder in networks.items():
        folder.mkdir(parents=True)
        for path in (bundle / name).iterdir():
            shutil.copyfile(path, folder / path.name)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["image_size"] = detector if name == "detector" else segmenter
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        if name != "detector":  # its graph takes any size
            trained.export(folder)
    described = opened(bundle)[1].model_dump(exclude={"engine", "files"})
    for name in NETWORKS:
        described[name]["image_size"] = detector if name == "detector" else segmenter
    target.mkdir()
    making.write(target, networks, described, (bundle / "README.md").read_text(encoding="utf-8"))
    return target

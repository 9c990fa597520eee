"""The writer of a bundle that ``loading`` reads."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guidedseg.bundles import example
from guidedseg.bundles.loading import segmenter, sha256
from guidedseg.bundles.schema import FILES, NETWORKS, OF_A_NETWORK, Description


def write(target: Path, networks: Mapping[str, Path], description: Mapping[str, Any], card: str) -> Description:
    """Write a bundle into an existing, empty folder; the same bytes for the same networks and description.

    Args:
        target: the folder.
        networks: the folder of each of ``schema.NETWORKS``.
        description: ``bundle.json`` but for ``engine`` and ``files``.
        card: ``README.md``.

    Raises:
        GuidedsegError: a network cannot be opened.
    """
    for network in NETWORKS:
        (target / network).mkdir()
        for name in OF_A_NETWORK:
            shutil.copyfile(networks[network] / name, target / network / name)
    (target / "README.md").write_text(card, encoding="utf-8")
    (target / "example").mkdir()
    unfinished = Description.model_validate({**description, "engine": "", "files": {}})
    trained = segmenter(target, unfinished)
    example.write(target / "example", example.draw(), trained)
    files = {name: sha256(target / name) for name in FILES}
    whole = unfinished.model_copy(update={"engine": trained.detector.engine.name, "files": files})
    (target / "bundle.json").write_text(whole.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return whole

"""imported/NAME/: what ``guidedseg import`` made of another tool's masks, read back as runs of the leaderboard."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from guidedseg import artifacts, evaluated
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.pooling import IMPORTED, Params, Run
from guidedseg.exchange.data import Hashes
from guidedseg.restoring import damaged

FOLDER = Path("imported")

BRANCH = "direct"
"""Of whole images: another tool has no boxes of ours."""

OPERATING = ("direct_gate", "direct_threshold", "direct_dice")
"""What operating.json has of ``Operating``."""

RECORD = "import.json"


class Record(BaseModel):
    """Of what an import was made.

    Attributes:
        tool: who wrote the masks.
        probabilities: whether they were more than labels.
        data: hashes of the images, masks and split that they are of.
        scoring: the parameters that they were scored with.
        files: name -> SHA-256 of every mask that was read.
    """

    tool: str
    probabilities: bool
    data: Hashes
    scoring: dict[str, Any]
    files: dict[str, str]


_RULES: Mapping[str, artifacts.Good] = {f"a branch is {BRANCH}": lambda table: table["branch"] == BRANCH}


def folders(repo: Path) -> list[Path]:
    """Of all imports of a repository."""
    return sorted(path.parent for path in (repo / FOLDER).glob(f"[!.]*/{RECORD}"))


def read(folders: Sequence[Path], params: Params, version: str, hashes: Hashes) -> tuple[list[Run], list[str]]:
    """Imports as runs, whose models are their names.

    Args:
        folders: of the imports.
        params: of the work tree; an import has its own of ``scoring``.
        version: of the prepared data, as dvc.lock has it.
        hashes: of the data in the work tree.

    Returns:
        The runs; a line for every import that is of other data, or damaged.
    """
    runs, notes = [], []
    for folder in folders:
        try:
            runs.append(_run(folder, params, version, hashes))
        except GuidedsegError as error:
            notes.append(f"{folder} is left out: {error}")
    return runs, notes


def _run(folder: Path, params: Params, version: str, hashes: Hashes) -> Run:
    try:
        record = Record.model_validate(artifacts.values(folder / RECORD, [*Record.model_fields]))
    except ValidationError as error:
        raise damaged(folder / RECORD, f"{error.errors()[0]['loc'][0]} is not what it must be") from error
    if other := [key for key in hashes if hashes[key] != record.data.get(key)]:
        raise GuidedsegError(f"it is of another {' and '.join(other)}; import it again for the present data")
    images = artifacts.table(folder / "images.csv", evaluated.IMAGES, key=["image_id"], rules=_RULES)
    scored = {
        **params,
        "seed": 0,
        "model": folder.name,
        "profile": IMPORTED,
        "scoring": {**params.get("scoring", {}), **record.scoring},
        "imported": {"probabilities": record.probabilities},
    }
    return Run(folder.name, str(folder), scored, version, images)

"""The folder of a job: whose it is, and whether another call may go on in it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guidedseg.bundles.loading import Bundle
from guidedseg.errors import GuidedsegError
from guidedseg.jobs.settings import Settings
from guidedseg.json_files import write_json

RUN = "run.json"


def prepare(folder: Path, bundle: Bundle, settings: Settings, *, resume: bool) -> None:
    """Make the folder and write ``run.json``: what segments, and how.

    Raises:
        GuidedsegError: there is something in it already, or it is of a job with another bundle or other settings.
    """
    told = facts(bundle, settings)
    path = folder / RUN
    unfinished = {f".partial.{RUN}"}  # what a kill leaves at the very beginning
    if folder.is_dir() and any(entry.name not in unfinished for entry in folder.iterdir()):
        if not resume:
            more = "go on with --resume, or choose" if path.is_file() else "choose"
            raise GuidedsegError(f"{folder} is not empty: {more} another folder.")
        check_same(told, _read(path), folder)
    elif folder.exists() and not folder.is_dir():
        raise GuidedsegError(f"{folder} is no folder: choose another name.")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(told, path)


def check_same(told: dict[str, Any], before: dict[str, Any], folder: object) -> None:
    """Raise where a folder is of a job with another bundle, engine or other settings.

    Args:
        told: ``facts`` of this job.
        before: what ``run.json`` says.
        folder: of the outputs.

    Raises:
        GuidedsegError: names what is another.
    """
    if changed := sorted(key for key in {*told, *before} if told.get(key) != before.get(key)):
        raise GuidedsegError(
            f"{folder} is of a job with another {', '.join(changed)}: choose another folder, or repeat what "
            f"{folder}/{RUN} says."
        )


def facts(bundle: Bundle, settings: Settings) -> dict[str, Any]:
    """What ``run.json`` says: what segments, and how."""
    segmenter = bundle.segmenter
    return {
        "bundle": {"name": bundle.description.name, "version": bundle.description.version, "sha256": bundle.sha256},
        "engine": bundle.engine,
        "settings": {
            **asdict(settings),
            "outputs": list(settings.outputs),
            "confidence": segmenter.confidence,
            "direct_threshold": segmenter.direct.threshold,
            "direct_gate": segmenter.direct.gate,
            "guided_threshold": segmenter.guided.threshold,
            "margin": segmenter.margin,
            "flips": segmenter.flips,
        },
        "intended use": bundle.description.intended_use,
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise GuidedsegError(
            f"{path.parent} is not the folder of a job: {RUN} is missing or damaged. Choose another folder."
        ) from None
    return found if isinstance(found, dict) else {}

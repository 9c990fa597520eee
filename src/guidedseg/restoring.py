"""How what a stage made, and is missing or damaged now, is had again. Without pandas: light stages ask it too."""

import re
from pathlib import Path

from guidedseg.errors import GuidedsegError

PIPELINE = Path("dvc.yaml")


def missing(path: Path) -> str:
    """What to say of a file or folder that is not there."""
    return " ".join(filter(None, [f"{path} is missing.", restoring(path)]))


def damaged(path: Path, problem: str) -> GuidedsegError:
    """The error of a file that is not as the stage wrote it that made it."""
    return GuidedsegError(" ".join(filter(None, [f"{path} is damaged: {problem}.", restoring(path)])))


def restoring(path: Path) -> str:
    """How a stage's out, or the one that a path lies in, is had again; empty for anything else."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only where something is wrong
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        stages = YAML(typ="safe").load(PIPELINE.read_text(encoding="utf-8"))["stages"].items()
    except (OSError, ValueError, YAMLError, TypeError, KeyError, AttributeError):
        return ""
    for name, stage in stages:
        for out in [*stage.get("outs", []), *stage.get("metrics", [])]:
            pattern, options = next(iter(out.items())) if isinstance(out, dict) else (out, {})
            parts = re.split(r"\$\{[^}]*\}", pattern)
            if found := re.fullmatch(f"({'[^/]+'.join(map(re.escape, parts))})(/.*)?", path.as_posix()):
                command = "dvc checkout --force" if options.get("cache", True) else "git checkout"
                return f"Run `{command} {found[1]}` or `dvc repro {name}` to restore it."
    return ""

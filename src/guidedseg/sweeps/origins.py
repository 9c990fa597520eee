"""What the copies of a sweep are made from."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo

from guidedseg.datasets.dataset import Raw
from guidedseg.errors import GuidedsegError
from guidedseg.params import Params
from guidedseg.sweeps import refs
from guidedseg.sweeps.job import Origin

DROPPED_IN = "data/external"


def of(root: Path, commit: str, remote: str | None, settings: Sequence[Params]) -> Origin:
    """Look at the checkout.

    Args:
        root: of it.
        commit: that runs start from.
        remote: DVC's, where machines share no disk.
        settings: of the runs.

    Raises:
        GuidedsegError: DVC cannot read its own settings, or has no such remote.
    """
    config, cache = _config(root)
    if remote is None:
        git = refs.git(root, "rev-parse", "--path-format=absolute", "--git-common-dir", words="This is no repository")
        config.setdefault("cache", {})["dir"] = cache
    else:
        name = f'remote "{remote}"'
        known = [key.split('"')[1] for key in config if key.startswith("remote ")]
        if name not in config:
            raise GuidedsegError(
                f"--remote {remote}: DVC knows {', '.join(known) or 'none'}; `dvc remote add` adds one."
            )
        git = refs.git(root, "remote", "get-url", refs.REMOTE, words=f"There is no remote {refs.REMOTE!r}")
        if (root / git).exists():  # a path relative to this project
            git = str((root / git).resolve())
        config.setdefault("core", {})["remote"] = remote
        config.get("cache", {}).pop("dir", None)
    name, mail = (_said(root, key) for key in ("user.name", "user.email"))
    return Origin(
        git=git,
        shared=remote is None,
        commit=commit,
        author=(name, mail) if name and mail else None,
        config=config,
        remote=remote,
        links=_links(root, settings),
    )


def _config(root: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """The sections of .dvc/config.local and the remotes of .dvc/config, with absolute paths; where the cache is."""
    try:
        with closing(Repo(str(root))) as repo:
            shared, own, cache = repo.config.read("repo"), repo.config.read("local"), repo.cache.local_cache_dir
    except DvcException as error:
        raise GuidedsegError(f"{root}: {error}") from None
    remotes: dict[str, Any] = {}
    for level in (shared, own):
        for name, values in level["remote"].items():
            remotes.setdefault(f'remote "{name}"', {}).update(values)
    sections = {name: values for name, values in own.items() if values and name not in {"remote", "machine", "db"}}
    found = {**sections, **remotes}
    return {section: {key: _plain(value) for key, value in values.items()} for section, values in found.items()}, cache


def _plain(value: Any) -> Any:  # noqa: ANN401 - of DVC's settings
    """DVC's own kind of text is none for JSON's eyes."""
    return str(value) if isinstance(value, str) else value


def _said(root: Path, key: str) -> str:
    return refs.git(root, "config", "--default", "", "--get", key, words="git config")


def _links(root: Path, settings: Sequence[Params]) -> dict[str, str]:
    """Raw datasets that were dropped in, and weights files, sources and synthetic images at relative paths."""
    names = {f"{DROPPED_IN}/{path.name}" for path in (root / DROPPED_IN).glob("*")}
    for each in settings:
        raw = [getattr(each.datasets, name) for name in {*each.dataset_names, *each.external}]
        named = [each.chosen.network.encoder_weights, each.network_weights[1], each.detector_weights[1]]
        named.append(each.synthetic.folder)
        named += [group.source for group in raw if isinstance(group, Raw)]
        names |= {
            name for name in named if name and not Path(name).expanduser().is_absolute() and (root / name).exists()
        }
    return {name: str(root / name) for name in sorted(names)}

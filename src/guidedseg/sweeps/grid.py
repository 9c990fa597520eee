"""``-S key=a,b -S other=1,2``: the runs of a sweep, each with its name and its whole params.yaml, before any starts."""

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.utils.cli_parse import to_path_overrides
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps, to_hydra_overrides
from hydra.errors import HydraException
from ruamel.yaml import YAML

from guidedseg import params as schema
from guidedseg.errors import GuidedsegError, listed
from guidedseg.progress import bar
from guidedseg.temporary import Temporary

FILE = "params.yaml"

LONGEST = 40
"""Letters of a value in a name."""


@dataclass(frozen=True)
class Point:
    """One run.

    Attributes:
        name: of its experiment.
        overrides: ``key=value``, as ``dvc exp run -S`` takes them.
        values: params.yaml with them.
        params: the same, checked.
    """

    name: str
    overrides: tuple[str, ...]
    values: Mapping[str, Any]
    params: schema.Params


def expand(settings: Sequence[str], prefix: str, file: Path = Path(FILE)) -> list[Point]:
    """Every combination of the values, in DVC's own syntax for ``dvc exp run --queue -S``.

    Args:
        settings: ``key=a,b``, ``key=choice(a,b)``, ``key=range(0,5)``, ``key=value``; a list in brackets is one value.
        prefix: of all names.
        file: params.yaml.

    Raises:
        GuidedsegError: a setting that DVC does not understand, a key given twice, values that params.yaml may not have,
            two runs with the same parameters; all of them, before any work.
    """
    combinations = _combinations(settings)
    text = file.read_text(encoding="utf-8")
    problems: dict[str, None] = {}  # a wrong value is in many combinations and told once
    found = []
    with Temporary() as folder:
        copy = Path(folder) / FILE
        for overrides in bar("check", combinations, unit="run"):
            copy.write_text(text, encoding="utf-8")
            try:
                apply_overrides(copy, list(overrides))
                found.append((overrides, YAML(typ="safe").load(copy), schema.load(copy)))
            except DvcException as error:
                line = _first_line(error.__cause__ or error)
                problems[f"{line}: there is no such key" if line.startswith("Could not override") else line] = None
            except GuidedsegError as error:
                problems |= dict.fromkeys(re.findall(r"^  - (.*)$", str(error), re.MULTILINE))
    if problems:
        raise listed(
            "The sweep", list(problems), "Mend these values of -S; the comments in params.yaml say what each means."
        )
    same = [
        f"{' '.join(one)} and {' '.join(other)}"
        for (one, values, _), (other, others, _) in itertools.combinations(found, 2)
        if values == others
    ]
    if same:
        raise listed("Runs with the same parameters", same, "Give every value once.")
    names = _names(combinations, prefix)
    return [
        Point(name, overrides, values, params) for name, (overrides, values, params) in zip(names, found, strict=True)
    ]


def _combinations(settings: Sequence[str]) -> list[tuple[str, ...]]:
    """DVC's own grid."""
    by_file = to_path_overrides(settings)
    other = sorted(set(by_file) - {FILE})
    if other:
        raise GuidedsegError(f"-S {other[0]}:...: only {FILE} has parameters. Leave the file out.")
    if not by_file:
        raise GuidedsegError("A sweep is of something: -S model=unetpp,unet3plus, for example.")
    try:
        keys = Counter(override.key_or_group for override in to_hydra_overrides(by_file[FILE]))
        combinations = [tuple(overrides[FILE]) for overrides in get_hydra_sweeps(by_file)]
    except (DvcException, HydraException) as error:
        raise GuidedsegError(f"-S: {_first_line(error)}. Write key=value or key=value,value.") from None
    twice = [key for key, count in keys.items() if count > 1]
    if twice:
        raise GuidedsegError(f"-S {twice[0]}=... is given twice. Give all its values at once: -S {twice[0]}=1,2.")
    return combinations


def _names(combinations: Sequence[tuple[str, ...]], prefix: str) -> list[str]:
    """What varies is in the name: words as they are, other values behind the last part of their key."""
    varied = [len(set(values)) > 1 for values in zip(*combinations, strict=True)]
    names = [
        "-".join([prefix, *(_word(setting) for setting, varies in zip(overrides, varied, strict=True) if varies)])
        for overrides in combinations
    ]
    counts, taken = Counter(names), set(names)
    for index, name in enumerate(names):
        if counts[name] > 1:
            names[index] = next(free for number in itertools.count(1) if (free := f"{name}-{number}") not in taken)
            taken.add(names[index])
    return names


def _word(setting: str) -> str:
    """``model=unet`` is unet, ``split.fold=0`` fold0, ``external=[a,b]`` external-a-b."""
    key, _, value = setting.partition("=")
    key = key.rpartition(".")[2]
    # dots stay in numbers alone: git does not want two together, nor one at the end
    word = re.sub(r"[^A-Za-z0-9_.]+|\.(?!\d)|(?<!\d)\.", "-", value)[-LONGEST:].strip("-.")
    if value[:1].isdigit():
        return f"{key}{word}"
    if value[:1].isalpha() and value.lower() not in {"true", "false", "null"}:
        return word
    return f"{key}-{word}".rstrip("-")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")

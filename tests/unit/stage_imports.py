"""Which of the project's own modules a stage imports, directly or through others, read from the source."""

import ast
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent

PARAMS = ROOT / "src/guidedseg/params"

HARMLESS = {
    "src/guidedseg/group.py": "numbers and groups of params.yaml; refuses, or gives what stands there",
    "src/guidedseg/artifacts.py": "refuses what a stage handed over, or gives what stands there (test_artifacts.py)",
    "src/guidedseg/restoring.py": "words about what is missing or damaged",
    "src/guidedseg/given.py": "words about where weights are to be had",
    "src/guidedseg/faults.py": "words about what ended a stage",
    "src/guidedseg/watcher.py": "words about a stage that the kernel killed",
    "src/guidedseg/temporary.py": "folders that are gone at the end",
    "src/guidedseg/errors.py": "raising ends a stage without a result; what is raised is words",
    "src/guidedseg/params": "refuses, or gives what params.yaml says (test_params.py), which dvc.yaml names",
    "src/guidedseg/progress.py": "bars and live curves; what a bar is put around goes through as it is",
    "src/guidedseg/__init__.py": "hands on one name",
    "src/guidedseg/journal.py": "notes how a stage made its artifact; tells a bundle commit and versions",
    "src/guidedseg/fitting/launching.py": "starts ranks, waits, tells each its number; what they compute is elsewhere",
    "src/guidedseg/fitting/shown.py": "looks at a training and leaves it alone (test_live.py)",
    "src/guidedseg/writing.py": "a file or folder comes into place whole or not at all; its bytes are made elsewhere",
    "stages/__init__.py": "prints how a stage ended; the number of threads that it presumes is in no dep either",
}
"""Modules that cannot change a result, and why: no stage has them among its deps, and to reword them reruns nothing.

All else that a stage imports is a dep, with the words in it: a module is the smallest thing that DVC looks at. What
only writes JSON (``json_files``) is one too, for it decides the bytes of an out.
"""


NETWORKS = {
    name: ROOT / "src" / "guidedseg" / "segmentation" / "models" / f"{name}.py"
    for name in yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["models"]
}
"""A file per network: all are imported, one is built."""


def harmless(file: Path) -> bool:
    """Whether a file of this repository is on the list, itself or its folder."""
    return any(file.is_relative_to(ROOT / place) for place in HARMLESS)


def module_file(name: str) -> Path | None:
    """The file of ``guidedseg.x`` or ``stages.x``; None for other packages and for names inside a module."""
    base = (ROOT / "src" if name.split(".", maxsplit=1)[0] == "guidedseg" else ROOT) / Path(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def imported_names(path: Path) -> frozenset[str]:
    """Dotted names that one file imports, wherever in it the import stands: ``from a import b`` gives a and a.b.

    But for what only a type checker sees.
    """
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


@cache
def imported(path: Path) -> frozenset[Path]:
    """The project's own files that one file imports; with a module go the packages that it lies in."""
    own = {name for name in imported_names(path) if name.split(".")[0] in ("guidedseg", "stages")}
    own |= {name.rsplit(".", depth)[0] for name in own for depth in range(1, name.count(".") + 1)}
    return frozenset(file for name in own if (file := module_file(name)) is not None)


@cache
def closure(path: Path, without: frozenset[Path] = frozenset()) -> set[Path]:
    """All files that are read when ``path`` runs, itself included; packages that hold a docstring only are left out.

    Args:
        path: a module.
        without: files that are not looked into.
    """
    seen: set[Path] = set()
    waiting = {path}
    while waiting:
        current = waiting.pop()
        seen.add(current)
        if not current.is_relative_to(PARAMS):  # it asks the datasets which keys they have, and gives no more of them
            waiting |= imported(current) - seen - without
    return {
        file for file in seen if len(ast.parse(file.read_text(encoding="utf-8")).body) > 1 or file.name != "__init__.py"
    }


def module(stage: str) -> Path:
    """A stage's file: `acquire_external` is `acquire` of another dataset."""
    return ROOT / "stages" / f"{stage.removesuffix('_external')}.py"


def needed(stage: str, network: str) -> set[Path]:
    """The files that can change what a stage makes of one network: not those of the other networks."""
    others = frozenset(file for name, file in NETWORKS.items() if name != network)
    return {file for file in closure(module(stage), others) if not harmless(file)}

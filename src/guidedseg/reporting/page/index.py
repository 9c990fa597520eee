"""The report as a page: one file, nothing from the web, every text escaped."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from guidedseg.evaluation.bootstrap import RELIABLE
from guidedseg.evaluation.counts import PREDICTED
from guidedseg.evaluation.recipe import flat
from guidedseg.evaluation.scores import Nested
from guidedseg.reporting.figures import of_run
from guidedseg.reporting.page.gallery import OUTCOMES, RULE, Entry
from guidedseg.reporting.results import Results
from guidedseg.reporting.tables.table import Table
from guidedseg.reporting.tables.wording import TITLES, percent


@dataclass(frozen=True)
class Shown:
    """A figure on a page.

    Attributes:
        name: of its files.
        title: over it.
        caption: under it.
        alt: instead of it.
        source: of the picture, a ``data:`` address.
    """

    name: str
    title: str
    caption: str
    alt: str
    source: str


@dataclass(frozen=True)
class Facts:
    """What was run.

    Attributes:
        params: as params.yaml has them, of the chosen dataset, profile and network alone.
        split: metrics/split.json.
        made: the stages that led here, each with md5 by path of what it made. By these the page finds their entries in
            the journal, which is not part of it: the same run gives the same page.
    """

    params: dict[str, Any]
    split: Nested
    made: dict[str, dict[str, str]]


def index(
    results: Results, facts: Facts, tables: Sequence[Table], figures: Sequence[Shown], gallery: Sequence[Entry]
) -> str:
    """The page of one run.

    Args:
        results: of the run.
        facts: what was run.
        tables: in their order on the page.
        figures: likewise; the one named ``rules`` stands beside the headline.
        gallery: an entry per image of ``gallery.chosen``.
    """
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            model=results.model,
            results=results,
            sample=results.scores["sample"],
            operating=results.scores["operating"],
            branches=results.scores["branches"],
            differences=results.scores["differences"],
            detection=results.scores["detection"],
            facts=facts,
            parameters=flat(facts.params),
            tables=tables,
            rules=[figure for figure in figures if figure.name == "rules"],
            figures=[figure for figure in figures if figure.name != "rules"],
            gallery=gallery,
            predicted=PREDICTED,
            reliable=RELIABLE,
            outcomes=OUTCOMES,
            rule=RULE,
        )
    )


def figures(results: Results, folder: Path) -> list[Shown]:
    """The figures of a run, embedded.

    Args:
        results: of the run.
        folder: of the PNGs.
    """
    return [
        Shown(
            kind.name,
            kind.title,
            kind.caption(results),
            kind.alt(results),
            embedded((folder / f"{kind.name}.png").read_bytes()),
        )
        for kind in of_run(results)
    ]


def embedded(png: bytes) -> str:
    """A PNG file as a ``data:`` address."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def environment() -> jinja2.Environment:
    """The templates; what they leave open is an error."""
    loader = jinja2.PackageLoader("guidedseg.reporting.page")
    templates = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["percent"] = percent
    scripts = {name: loader.get_source(templates, name)[0] for name in loader.list_templates() if name.endswith(".js")}
    templates.globals |= {
        "titles": TITLES,
        "policy": _policy(scripts.values()),
        "script": lambda name: Markup(f"<script>{scripts[name]}</script>"),  # noqa: S704 - our own file
    }
    return templates


def _policy(scripts: Iterable[str]) -> str:
    """What a page may run and load: its own scripts, word for word, run.js beside it, and pictures within it.

    A second wall: names and parameters of others cannot become scripts, for the templates escape them.
    """
    own = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    hashes = " ".join(f"'sha256-{each}'" for each in own)
    return (
        f"default-src 'none'; script-src {hashes} 'self' file:; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )

"""The same test images with the masks of several networks, for the leaderboard (the paper's Figures 3 and 5)."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from guidedseg import evaluated
from guidedseg.datasets import prepared
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.pooling import Entry, Run, Section
from guidedseg.evaluation.rules import strict
from guidedseg.experiments import fetch
from guidedseg.inference import tiles
from guidedseg.inference.patchwork import patchworks
from guidedseg.names import MODES
from guidedseg.reporting import selection
from guidedseg.reporting.figures import masks
from guidedseg.reporting.page.index import Shown, embedded
from guidedseg.temporary import Temporary

CAPTION = (
    "The newest entry of every network, its first seed; Dice under strict. Shown are the images with a lesion that are "
    "nearest to the quantiles 0, 25, 50, 75 and 100 % of the networks' mean guided Dice under strict, and the normal "
    "with the lowest."
)

Rows = dict[str, masks.Row]


def of_sections(repo: Path, sections: Sequence[Section]) -> tuple[dict[int, Shown], list[str]]:
    """A figure per section, of the newest entry of every network.

    Args:
        repo: root of the repository.
        sections: of the leaderboard.

    Returns:
        Number of a section -> figure; a line for every network whose predictions are not to be had.
    """
    shown, notes = {}, []
    for section in sections:
        entries = section.newest
        if not entries:  # masks of other tools alone, which are not kept
            continue
        images = entries[0].rows("guided").drop_duplicates("image_id").sort_values("image_id", ignore_index=True)
        chosen = selection.spread(images, pd.DataFrame([_dice(entry) for entry in entries]).mean())
        columns = []
        for entry in entries:
            try:
                columns.append(_columns(repo, entry, chosen))
            except GuidedsegError as error:
                notes.append(f"no masks of {entry.model}: {error}")
        if columns:
            shown[section.number] = _shown(section, [_side_by_side(columns, name) for name in chosen])
    return shown, notes


def _dice(entry: Entry) -> pd.Series:
    """Guided Dice under ``strict`` by image_id; repeats with other seeds averaged."""
    rows = entry.rows("guided")
    return pd.Series(strict(rows)[:, 0], index=rows["image_id"]).groupby(level=0).mean().sort_index()


def _columns(repo: Path, entry: Entry, chosen: Sequence[str]) -> Rows:
    """An entry's two columns, each image from the first run that tested it."""
    rows: Rows = {}
    for run in entry.runs:
        names = [name for name in chosen if name not in rows and name in set(run.images["image_id"])]
        if names:
            with Temporary() as folder:
                rows |= _of_run(repo, run, names, Path(folder))
    return rows


def _of_run(repo: Path, run: Run, names: Sequence[str], folder: Path) -> Rows:
    """Fetch what these images need into ``folder``, and read it."""
    model, of_images = run.params["model"], folder / "data/prepared"
    predictions, evaluation = [f"predictions/{model}/{mode}" for mode in MODES], f"evaluations/{model}/operating.json"
    pictures = [f"data/prepared/{kind}/{name}.png" for name in names for kind in ("images", "masks")]
    fetch(repo, run, [*predictions, evaluation, *pictures], folder)
    operating = evaluated.operating(folder / evaluation)
    direct, guided = (tiles.load(folder / path) for path in predictions)
    rows = {}
    for name in names:
        truth, patches = prepared.load_mask(of_images, name), patchworks(direct, guided, name, operating)
        counted = run.images[run.images["image_id"] == name].set_index("branch")
        heads = {mode: f"{model}\n{mode}" for mode in MODES}
        rows[name] = masks.Row(
            image_id=name,
            pathology=str(counted["pathology"].iloc[0]),
            image=prepared.load_image(of_images, name),
            truth=truth,
            masks={head: patches[mode].mask(*truth.shape) for mode, head in heads.items()},
            dice={head: float(strict(counted.loc[[mode]])[0, 0]) for mode, head in heads.items()},
        )
    return rows


def _side_by_side(columns: Sequence[Rows], name: str) -> masks.Row:
    """One image with the columns of all entries."""
    rows = [of_entry[name] for of_entry in columns]
    return replace(
        rows[0],
        masks={head: mask for row in rows for head, mask in row.masks.items()},
        dice={head: dice for row in rows for head, dice in row.dice.items()},
    )


def _shown(section: Section, rows: Sequence[masks.Row]) -> Shown:
    buffer = io.BytesIO()
    masks.grid(rows).savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    scores = [
        f"{row.image_id}: "
        + ", ".join(f"{head} {100 * dice:.0f}".replace("\n", " ") for head, dice in row.dice.items())
        for row in rows
    ]
    return Shown(
        name=f"masks-{section.number}",
        title="Masks by network",
        caption=CAPTION,
        alt=f"Masks of the same test images; Dice in percent: {'; '.join(scores)}.",
        source=embedded(buffer.getvalue()),
    )

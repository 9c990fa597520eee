"""Whether two opinions are better than one: ways to put direct and guided together, on held-out images of folds.

    python -m benchmarks.fusion --model attention_unet runs/fold0 runs/fold1 ...

Each folder is a fold of one cross-validation, with data/prepared, data/split.csv and predictions/MODEL/{direct,guided}.
What a way may choose, it chooses on the fold's validation images by the mean strict Dice: the confidence of boxes is
always guided's; a mask threshold, and where a way has one, a gate. Ways:

    direct, guided          as they are
    guided, gated           guided; empty below a gate of its highest probability, as direct is, beside the confidence
    fallback                guided; where no box counts, direct
    sure fallback           guided; where no box counts, direct if its highest probability reaches a gate of its own
    rescored                guided; of a box counts its confidence times the mean probability of its region's pixels
                            that have 0.5 (SOLO's maskness, Wang et al. 2020), and not the confidence alone
    mean in boxes           mean of both probabilities within the regions of the boxes that count, 0 elsewhere
    mean                    mean of both, guided being 0 outside of its regions; empty below a gate

Printed over all held-out images: Dice under strict, on images with a lesion, normals left empty, and the differences
from guided with 95 % intervals over whole groups.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from guidedseg import scoring
from guidedseg.datasets import prepared, splits
from guidedseg.evaluation import bootstrap
from guidedseg.evaluation.operating import THRESHOLDS, Operating, level
from guidedseg.inference import tiles

GATES = np.linspace(0.0, 0.99, 34).tolist()


class Seen(NamedTuple):
    """An image: its truth, opinions as (H, W) uint8 probability x 255, and where boxes that count lie."""

    truth: np.ndarray
    direct: np.ndarray
    guided: np.ndarray
    rescored: np.ndarray
    inside: np.ndarray


Way = Callable[[Seen, Operating, float], np.ndarray]


def gated(seen: Seen, values: Operating, _: float) -> np.ndarray:
    """Direct as the pipeline has it, its own gate."""
    return seen.direct if seen.direct.max() >= level(values.direct_gate) else np.zeros_like(seen.direct)


def fallback(seen: Seen, _: Operating, gate: float) -> np.ndarray:
    """Guided, and direct where no box counts and it reaches a gate."""
    return seen.guided if seen.inside.any() else seen.direct * (seen.direct.max() >= level(gate))


def mean(seen: Seen) -> np.ndarray:
    """Of both."""
    return ((seen.direct.astype(np.uint16) + seen.guided + 1) // 2).astype(np.uint8)


WAYS: dict[str, tuple[Way, bool]] = {
    "direct": (gated, False),
    "guided": (lambda seen, _, __: seen.guided, False),
    "guided, gated": (lambda seen, _, gate: seen.guided * (seen.guided.max() >= level(gate)), True),
    "rescored": (lambda seen, _, __: seen.rescored, False),
    "fallback": (lambda seen, values, _: fallback(seen, values, values.direct_gate), False),
    "sure fallback": (fallback, True),
    "mean in boxes": (lambda seen, _, __: mean(seen) * seen.inside, False),
    "mean": (lambda seen, _, gate: mean(seen) * (mean(seen).max() >= level(gate)), True),
}
"""And whether a gate is chosen."""


def main() -> None:
    """Read, choose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", required=True)
    asked = parser.parse_args()
    folds = [scored(folder, asked.model) for folder in asked.folders]
    validated, found = (pd.concat([fold[part] for fold in folds], ignore_index=True) for part in ("val", "test"))
    print(f"{len(found)} held-out images of {len(folds)} folds, Dice in %; of the validation images under strict")
    print(f"{'':14} validation  strict  - guided              lesion  - guided              normals empty")
    for way in WAYS:
        line = f"{way:14} {100 * validated[way].mean():10.1f}"
        for value, less in compared(found, way, "guided"):
            line += f" {100 * value:6.1f}  {points(less):20}"
        print(f"{line} {100 * found.loc[~found['lesion'], way].mean():6.1f}")


def compared(found: pd.DataFrame, one: str, other: str) -> list[tuple[float, bootstrap.Interval]]:
    """Of all images, then of those with a lesion: the mean of a column, and what it is more than another's."""
    drawn, groups = bootstrap.weights(found, seed=0), found["group_id"].to_numpy(dtype=str)
    told = []
    for chosen in (np.ones(len(found), dtype=bool), found["lesion"].to_numpy(dtype=bool)):
        own, less = (np.where(chosen, found[name], np.nan) for name in (one, other))
        difference = bootstrap.mean((own - less)[:, None], groups, drawn)[:, 0]
        between = bootstrap.interval(difference, np.ones(drawn.shape[1]), bootstrap.DIFFERENCE)
        told.append((float(np.nanmean(own)), between))
    return told


def chosen(
    direct: tiles.Tiles,
    guided: tiles.Tiles,
    cascade: tiles.Tiles,
    names: Sequence[str],
    load_mask: scoring.LoadMask,
) -> Operating:
    """The operating values that are best on validation images, as the pipeline has them under strict."""
    return scoring.operating(
        lambda thresholds: scoring.curves(direct, guided, cascade, names, load_mask, thresholds, "validation"),
        rule="strict",
        confidence=None,
        gate=None,
        mask_threshold=None,
    )


def scored(folder: Path, model: str) -> dict[str, pd.DataFrame]:
    """Of a fold's val and test images a row each: group_id, whether there is a lesion, strict Dice of every way."""
    images = folder / "data/prepared"
    index = prepared.read_index(images)
    split = splits.read(folder / "data/split.csv", index)
    direct, guided = (tiles.load(folder / "predictions" / model / mode) for mode in ("direct", "guided"))
    names = {part: split.loc[split["split"] == part, "image_id"].tolist() for part in ("val", "test")}

    def mask(name: str) -> np.ndarray:
        return prepared.load_mask(images, name)

    judged = tiles.Tiles(guided.probabilities, guided.items.assign(confidence=guided.confidences * maskness(guided)))
    values = chosen(direct, guided, guided, names["val"], mask)
    least = chosen(direct, judged, judged, names["val"], mask).confidence

    def seen(name: str) -> Seen:
        truth = mask(name)
        boxes = guided.of(name, "detector")
        boxes = boxes[guided.confidences[boxes] >= values.confidence]
        inside = np.zeros(truth.shape, dtype=np.uint8)
        for x0, y0, x1, y1 in guided.boxes[boxes]:
            inside[y0:y1, x0:x1] = 1
        whole, regions = direct.of(name, "frame"), guided.assembled(boxes, *truth.shape)
        kept = judged.of(name, "detector")
        again = judged.assembled(kept[judged.confidences[kept] >= least], *truth.shape)
        return Seen(truth, direct.assembled(whole, *truth.shape), regions, again, inside)

    of_part = {part: [seen(name) for name in own] for part, own in names.items()}
    tables = {part: index.set_index("image_id").loc[own, ["group_id"]].reset_index() for part, own in names.items()}
    for part, table in tables.items():
        table["lesion"] = [bool(each.truth.any()) for each in of_part[part]]
    for name, (way, free) in WAYS.items():
        gates = GATES if free else GATES[:1]
        scores = np.array([[dice(way(each, values, gate), each.truth) for each in of_part["val"]] for gate in gates])
        place, threshold = np.unravel_index(scores.mean(axis=1).argmax(), (len(gates), len(THRESHOLDS)))
        for part, table in tables.items():
            table[name] = [dice(way(each, values, gates[place]), each.truth)[threshold] for each in of_part[part]]
    return tables


def maskness(regions: tiles.Tiles) -> np.ndarray:
    """(K,) float64: the mean probability of each region's pixels that have at least 0.5; 0 where none has."""
    lesion = regions.probabilities >= level(0.5)
    inside = np.where(lesion, regions.probabilities, 0).sum(axis=(1, 2)) / 255
    return inside / np.maximum(lesion.sum(axis=(1, 2)), 1)


def points(difference: bootstrap.Interval) -> str:
    """In hundredths, with its interval."""
    value, low, high = difference["value"], difference["ci_low"], difference["ci_high"]
    if value is None:
        return ""
    return f"{100 * value:+.1f}" + ("" if low is None or high is None else f" ({100 * low:.1f} to {100 * high:.1f})")


def dice(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Strict Dice at every threshold."""
    size = np.count_nonzero(truth)
    inside, outside = (np.bincount(probabilities[own], minlength=256)[::-1].cumsum()[::-1] for own in (truth, ~truth))
    levels = [level(threshold) for threshold in THRESHOLDS]
    found, total = 2.0 * inside[levels], inside[levels] + outside[levels] + size
    return np.divide(found, total, out=np.ones(len(levels)), where=total > 0)


if __name__ == "__main__":
    main()

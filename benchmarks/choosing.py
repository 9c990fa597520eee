"""What choosing confidence, gate and threshold on validation images by one rule or another is worth on held-out ones.

    python -m benchmarks.choosing --model attention_unet runs/fold0 runs/fold1 runs/fold2 ...

Each folder is a fold of one cross-validation, with data/prepared, data/split.csv and predictions/MODEL/. Under every
rule of ``scoring.choose`` the values are chosen on the fold's validation images; ``strict at 0.5`` with the threshold
given; ``pooled`` before a rule's name means on the validation images of all folds but those that are held out here.
Printed over all held-out images: Dice under strict, on images with a lesion, and normals left empty; what the rule
itself makes of them, beside what it made of the validation images (a large difference is a promise not kept) and what
it makes of these where a group of patients is left out of the choice and judged by it, one after the other (by which
ways to choose can be told apart without held-out images); how far the folds' values lie apart; and ``hindsight``, the
values that would have been best under strict on the very images (for scale, not to be had).
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import LeaveOneGroupOut

from guidedseg.datasets import prepared, splits
from guidedseg.evaluation.operating import THRESHOLDS, Curves, Operating, Rule, choose, level
from guidedseg.inference import tiles
from guidedseg.scoring import curves

RULES: tuple[Rule, ...] = ("strict", "balanced", "quiet")
HALF = THRESHOLDS.index(0.5)


class Fold(NamedTuple):
    """Curves of a fold's images, by name, and of every image the group of patients."""

    validation: dict[str, Curves]
    held_out: dict[str, Curves]
    groups: dict[str, str]


class Way(NamedTuple):
    """How values are chosen: by which rule, on whose images, with which thresholds."""

    name: str
    rule: Rule
    pooled: bool = False
    half: bool = False


WAYS = (
    *(Way(rule, rule) for rule in RULES),
    Way("strict at 0.5", "strict", half=True),
    *(Way(f"pooled {rule}", rule, pooled=True) for rule in RULES),
)
HINDSIGHT = Way("hindsight", "strict")


def main() -> None:
    """Read, choose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", required=True)
    asked = parser.parse_args()
    folds = [read(folder, asked.model) for folder in asked.folders]
    print(
        f"{'':9} {'chosen by':17} strict  lesion  normals empty   rule: validation  a group left out  held out   "
        "gate or confidence"
    )
    for approach in ("direct", "guided"):
        for way in WAYS:
            report(approach, way, folds, [chosen(folds, number, way) for number in range(len(folds))])
        report(approach, HINDSIGHT, folds, [best(list(fold.held_out.values()), HINDSIGHT) for fold in folds])


def read(folder: Path, model: str) -> Fold:
    """Curves of one run."""
    index = prepared.read_index(folder / "data/prepared")
    split = splits.read(folder / "data/split.csv", index)
    direct, guided = (tiles.load(folder / "predictions" / model / mode) for mode in ("direct", "guided"))
    parts = []
    for part in ("val", "test"):
        names = split.loc[split["split"] == part, "image_id"].tolist()
        masks = folder / "data/prepared"
        found = curves(direct, guided, guided, names, lambda name: prepared.load_mask(masks, name), THRESHOLDS, part)  # noqa: B023
        parts.append(dict(zip(names, found, strict=True)))
    validation, held_out = parts
    return Fold(validation, held_out, dict(zip(index["image_id"], index["group_id"], strict=True)))


def chosen(folds: list[Fold], number: int, way: Way) -> Operating:
    """The values for one fold."""
    own = folds[number]
    if not way.pooled:
        return best(list(own.validation.values()), way)
    others = [image for fold in folds for name, image in fold.validation.items() if name not in own.held_out]
    return best(others, way)


def best(images: list[Curves], way: Way) -> Operating:
    """Nothing is given, but for the threshold where a way says so."""
    if not way.half:
        return choose(images, THRESHOLDS, rule=way.rule, confidence=None, gate=None)
    column = np.s_[..., HALF : HALF + 1]
    halves = [
        replace(image, direct=image.direct[column], guided=image.guided[column], cascade=None) for image in images
    ]
    return choose(halves, (THRESHOLDS[HALF],), rule=way.rule, confidence=None, gate=None)


def left_out(fold: Fold, way: Way, approach: str) -> float:
    """What the rule makes of a fold's validation images, each judged at what all other groups' choose."""
    images, found = list(fold.validation.values()), np.empty(len(fold.validation))
    for others, own in LeaveOneGroupOut().split(images, groups=[fold.groups[name] for name in fold.validation]):
        values = best([images[place] for place in others], way)
        found[own] = [dice(images[place], values, approach) for place in own]
    return judged(way.rule, found, np.array([image.silent for image in images]))


def dice(image: Curves, values: Operating, approach: str) -> float:
    """Strict Dice of one image at these values."""
    if approach == "direct":
        column = THRESHOLDS.index(values.direct_threshold)
        return image.silent if image.peak < level(values.direct_gate) else float(image.direct[column])
    count = int((image.confidences >= values.confidence).sum())
    return float(image.guided[count, THRESHOLDS.index(values.guided_threshold)])


def report(approach: str, way: Way, folds: list[Fold], values: list[Operating]) -> None:
    """One row."""
    scores, silent, kept = [], [], []
    for fold, own in zip(folds, values, strict=True):
        images = list(fold.held_out.values())
        found = [dice(image, own, approach) for image in images]
        scores += found
        silent += [image.silent for image in images]
        kept.append(judged(way.rule, np.array(found), np.array([image.silent for image in images])))
    normal = np.array(silent) > 0
    promised = [value.direct_dice if approach == "direct" else value.guided_dice for value in values]
    gates = [value.direct_gate if approach == "direct" else value.confidence for value in values]
    strict, lesion, empty = np.mean(scores), np.mean(np.array(scores)[~normal]), np.mean(np.array(scores)[normal])
    promise = np.mean(np.array(promised, dtype=float))
    crossed = not way.pooled and way != HINDSIGHT
    alone = f"{np.mean([left_out(fold, way, approach) for fold in folds]):.3f}" if crossed else ""
    print(
        f"{approach:9} {way.name:17} {strict:.3f}   {lesion:.3f}   {empty:.3f}           {promise:.3f}             "
        f"{alone:16}  {np.mean(kept):.3f}      {min(gates):.2f} to {max(gates):.2f}"
    )


def judged(rule: Rule, found: np.ndarray, silent: np.ndarray) -> float:
    """What a rule makes of a fold."""
    if rule == "strict":
        return float(found.mean())
    with_lesion, normal = found[silent == 0].mean(), found[silent == 1].mean()
    return float((with_lesion + normal) / 2 if rule == "balanced" else with_lesion)


if __name__ == "__main__":
    main()

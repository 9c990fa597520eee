"""What choosing confidence, gate and threshold on validation images by one rule or another is worth on held-out ones.

    python benchmarks/choosing.py --model attention_unet runs/fold0 runs/fold1 runs/fold2 ...

Each folder is a fold of one cross-validation, with data/prepared, data/split.csv and predictions/MODEL/. Under every
rule of ``scoring.choose`` the values are chosen on the fold's validation images; ``pooled`` before a rule's name
means on the validation images of all folds but those that are held out here. Printed over all held-out images: Dice
under strict, on images with a lesion, and normals left empty; what the rule itself makes of them, beside what it made
of the validation images (a large difference is a promise not kept); how far the folds' values lie apart; and
``hindsight``, the values that would have been best under strict on the very images (for scale, not to be had).
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from guidedseg.datasets import prepared, splits
from guidedseg.evaluation.operating import THRESHOLDS, Curves, Operating, Rule, choose, level
from guidedseg.inference import tiles
from guidedseg.scoring import curves

RULES: tuple[Rule, ...] = ("strict", "balanced", "quiet")


class Fold(NamedTuple):
    """Curves of a fold's images, by name."""

    validation: dict[str, Curves]
    held_out: dict[str, Curves]


def main() -> None:
    """Read, choose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", required=True)
    asked = parser.parse_args()
    folds = [read(folder, asked.model) for folder in asked.folders]
    print(f"{'':9} {'chosen by':17} strict  lesion  normals empty   rule: validation  held out   gate or confidence")
    for approach in ("direct", "guided"):
        for name, rule, pooled in [(rule, rule, False) for rule in RULES] + [(f"pooled {r}", r, True) for r in RULES]:
            report(approach, name, rule, folds, [chosen(folds, number, rule, pooled) for number in range(len(folds))])
        report(approach, "hindsight", "strict", folds, [best(list(fold.held_out.values()), "strict") for fold in folds])


def read(folder: Path, model: str) -> Fold:
    """Curves of one run."""
    split = splits.read(folder / "data/split.csv", prepared.read_index(folder / "data/prepared"))
    direct, guided = (tiles.load(folder / "predictions" / model / mode) for mode in ("direct", "guided"))
    parts = []
    for part in ("val", "test"):
        names = split.loc[split["split"] == part, "image_id"].tolist()
        masks = folder / "data/prepared"
        found = curves(direct, guided, guided, names, lambda name: prepared.load_mask(masks, name), THRESHOLDS, part)  # noqa: B023
        parts.append(dict(zip(names, found, strict=True)))
    return Fold(*parts)


def chosen(folds: list[Fold], number: int, rule: Rule, pooled: bool) -> Operating:
    """The values for one fold."""
    own = folds[number]
    if not pooled:
        return best(list(own.validation.values()), rule)
    others = [image for fold in folds for name, image in fold.validation.items() if name not in own.held_out]
    return best(others, rule)


def best(images: list[Curves], rule: Rule) -> Operating:
    """Nothing is given."""
    return choose(images, THRESHOLDS, rule=rule, confidence=None, gate=None)


def dice(image: Curves, values: Operating, approach: str) -> float:
    """Strict Dice of one image at these values."""
    if approach == "direct":
        column = THRESHOLDS.index(values.direct_threshold)
        return image.silent if image.peak < level(values.direct_gate) else float(image.direct[column])
    count = int((image.confidences >= values.confidence).sum())
    return float(image.guided[count, THRESHOLDS.index(values.guided_threshold)])


def report(approach: str, name: str, rule: Rule, folds: list[Fold], values: list[Operating]) -> None:
    """One row."""
    scores, silent, kept = [], [], []
    for fold, own in zip(folds, values, strict=True):
        images = list(fold.held_out.values())
        found = [dice(image, own, approach) for image in images]
        scores += found
        silent += [image.silent for image in images]
        kept.append(judged(rule, np.array(found), np.array([image.silent for image in images])))
    normal = np.array(silent) > 0
    promised = [value.direct_dice if approach == "direct" else value.guided_dice for value in values]
    gates = [value.direct_gate if approach == "direct" else value.confidence for value in values]
    strict, lesion, empty = np.mean(scores), np.mean(np.array(scores)[~normal]), np.mean(np.array(scores)[normal])
    promise = np.mean(np.array(promised, dtype=float))
    print(
        f"{approach:9} {name:17} {strict:.3f}   {lesion:.3f}   {empty:.3f}           {promise:.3f}             "
        f"{np.mean(kept):.3f}      {min(gates):.2f} to {max(gates):.2f}"
    )


def judged(rule: Rule, found: np.ndarray, silent: np.ndarray) -> float:
    """What a rule makes of a fold."""
    if rule == "strict":
        return float(found.mean())
    with_lesion, normal = found[silent == 0].mean(), found[silent == 1].mean()
    return float((with_lesion + normal) / 2 if rule == "balanced" else with_lesion)


if __name__ == "__main__":
    main()

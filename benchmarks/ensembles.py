"""Whether the mean of several trainings is better than one of them, on held-out images of folds.

    python -m benchmarks.ensembles --model NAME --fold runs/fold0-seed0 runs/fold0-seed1 ... --fold runs/fold1-seed0 ...

Every ``--fold`` names repeats of one fold with other seeds, each a folder with data/prepared, data/split.csv and
predictions/MODEL/. A member gives its probabilities of the whole image: direct's, or guided's and the cascade's in the
boxes that count at the member's own confidence, chosen on validation images as ever. Members and their mean alike
choose gate and mask threshold on the fold's validation images, by the mean strict Dice; a gate of 0 is among them.
Printed over all held-out images: the mean of the members, their ensemble, and the difference with a 95 % interval over
whole groups; then what guided and the cascade are ahead of direct, one against one and all against all.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fusion import GATES, chosen, compared, dice, points
from guidedseg.datasets import prepared, splits
from guidedseg.evaluation.operating import THRESHOLDS, level
from guidedseg.inference import tiles

BRANCHES = {"direct": "frame", "guided": "detector", "cascade": "cascade"}
"""And what their regions are called."""


def main() -> None:
    """Read, choose, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fold", action="append", nargs="+", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--model", required=True)
    asked = parser.parse_args()
    folds = [scored(folders, asked.model) for folders in asked.fold]
    validated, found = (pd.concat([fold[part] for fold in folds], ignore_index=True) for part in ("val", "test"))
    print(
        f"{len(found)} held-out images of {len(folds)} folds, {[len(each) for each in asked.fold]} members. Dice in %"
    )
    print("| | validation, one | mean of all | `strict`, one | all - one | `lesion`, one | all - one | normals empty |")
    print("|---|---|---|---|---|---|---|---|")
    for branch in BRANCHES:
        cells = [f"{100 * validated[f'{branch} {which}'].mean():.1f}" for which in ("one", "all")]
        changes = compared(found, f"{branch} all", f"{branch} one")
        for rows, (_, less) in zip((found, found[found["lesion"]]), changes, strict=True):
            cells += [f"{100 * rows[f'{branch} one'].mean():.1f}", points(less)]
        empty = [100 * found.loc[~found["lesion"], f"{branch} {which}"].mean() for which in ("one", "all")]
        print(f"| {branch} | {' | '.join(cells)} | {empty[0]:.1f}, {empty[1]:.1f} |")
    print("\n| | `strict`, one | mean of all | `lesion`, one | mean of all |\n|---|---|---|---|---|")
    for branch in ("guided", "cascade"):
        of_one, of_all = (compared(found, f"{branch} {which}", f"direct {which}") for which in ("one", "all"))
        cells = [points(less) for rule in zip(of_one, of_all, strict=True) for _, less in rule]
        print(f"| {branch} - direct | {' | '.join(cells)} |")


def scored(folders: Sequence[Path], model: str) -> dict[str, pd.DataFrame]:
    """Of a fold's val and test images a row each: group_id, lesion, strict Dice of a member (mean) and of all."""
    images = folders[0] / "data/prepared"
    index = prepared.read_index(images)
    split = splits.read(folders[0] / "data/split.csv", index)
    if any(not splits.read(each / "data/split.csv", index).equals(split) for each in folders):
        raise SystemExit(f"{folders}: not repeats of one fold, their data/split.csv differ")
    names = {part: split.loc[split["split"] == part, "image_id"].tolist() for part in ("val", "test")}
    truths = {name: prepared.load_mask(images, name) for part in names.values() for name in part}
    tables = {part: index.set_index("image_id").loc[own, ["group_id"]].reset_index() for part, own in names.items()}
    for part, table in tables.items():
        table["lesion"] = [bool(truths[name].any()) for name in names[part]]
    of_members = [maps(folder, model, names["val"], truths) for folder in folders]
    for branch in BRANCHES:
        members = [member[branch] for member in of_members]
        together = {name: np.mean([member[name] for member in members], axis=0) for name in truths}
        together = {name: np.round(mean).astype(np.uint8) for name, mean in together.items()}
        single = [best(member, truths, names) for member in members]
        of_all = best(together, truths, names)
        for part, table in tables.items():
            table[f"{branch} one"] = np.mean([each[part] for each in single], axis=0)
            table[f"{branch} all"] = of_all[part]
    return tables


def maps(
    folder: Path, model: str, validation: Sequence[str], truths: dict[str, np.ndarray]
) -> dict[str, dict[str, np.ndarray]]:
    """A member's probabilities x 255 by branch and image, (H, W) uint8; 0 outside of the boxes that count."""
    found = {branch: tiles.load(folder / "predictions" / model / branch) for branch in BRANCHES}
    values = chosen(found["direct"], found["guided"], found["cascade"], validation, truths.__getitem__)
    least = {"direct": None, "guided": values.confidence, "cascade": values.cascade_confidence}

    def seen(branch: str, name: str) -> np.ndarray:
        own, enough = found[branch], least[branch]
        items = own.of(name, BRANCHES[branch])
        counting = items if enough is None else items[own.confidences[items] >= enough]
        return own.assembled(counting, *truths[name].shape)

    return {branch: {name: seen(branch, name) for name in truths} for branch in BRANCHES}


def best(
    seen: dict[str, np.ndarray], truths: dict[str, np.ndarray], names: dict[str, list[str]]
) -> dict[str, np.ndarray]:
    """Strict Dice of every image of a part, at the gate and the threshold that validation images choose."""
    peaks = {part: np.array([seen[name].max() for name in own]) for part, own in names.items()}
    silent = {part: np.array([0.0 if truths[name].any() else 1.0 for name in own]) for part, own in names.items()}
    curves = {part: np.stack(list(_curves(own, seen, truths))) for part, own in names.items()}

    def gated(part: str, gate: float) -> np.ndarray:
        return np.where((peaks[part] >= level(gate))[:, None], curves[part], silent[part][:, None])

    scores = np.array([gated("val", gate).mean(axis=0) for gate in GATES])
    place, threshold = np.unravel_index(scores.argmax(), (len(GATES), len(THRESHOLDS)))
    return {part: gated(part, GATES[place])[:, threshold] for part in names}


def _curves(own: Iterable[str], seen: dict[str, np.ndarray], truths: dict[str, np.ndarray]) -> Iterable[np.ndarray]:
    for name in own:
        yield dice(seen[name], truths[name])


if __name__ == "__main__":
    main()

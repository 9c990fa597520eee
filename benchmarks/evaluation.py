"""What evaluating an image costs: ours, distance transforms of the whole frame, and MONAI, for the same nine figures.

Then what the draws cost: 1,000 of all scores of an evaluation as large as BUS-UCLM.

    python benchmarks/evaluation.py [--images 40] [--repeats 5] [--seed 0]

Masks are drawn, of BUS-UCLM's picture size and with lesions as large as there; the three take turns on each pair, one
thread each. Processor time is measured, so that a neighbour on the machine does not count.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import binary_erosion, distance_transform_edt

from guidedseg.evaluation.bootstrap import DRAWS
from guidedseg.evaluation.counts import BRANCHES, LESION_COLUMNS, Evaluation, count
from guidedseg.evaluation.rules import OVERLAP, ratios
from guidedseg.evaluation.scores import scores
from guidedseg.evaluation.surfaces import surface

HEIGHT, WIDTH = 606, 856
TOLERANCE = 10.0  # pixels, about 1 % of the diagonal

Mask = npt.NDArray[np.bool_]
Figures = npt.NDArray[np.float64]
"""(9,): ``OVERLAP``, then HD95, mean surface distance and normalized surface Dice."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    pairs = list(mask_pairs(asked.images, asked.seed))
    figures = np.array([ours(*pair) for pair in pairs])
    shares = [100 * truth.mean() for truth, _ in pairs]
    print(f"{len(pairs)} pairs of masks, {WIDTH} x {HEIGHT} pixels")
    print(f"lesion: {min(shares):.1f} to {max(shares):.1f} % of the image, median {np.median(shares):.1f} %")
    print(f"Dice: {figures[:, 0].min():.2f} to {figures[:, 0].max():.2f}")
    methods = {"ours": ours, "distance transforms": distance_transforms, "MONAI": monai_metrics()}
    times = measure(methods, pairs, asked.repeats)
    print(f"{'':20} {'ms per image':>12} {'slowest':>8} {'times ours':>10} {'differs by':>10}")
    for name, seconds in times.items():
        mean, slowest = 1000 * seconds.mean(), 1000 * seconds.max()
        difference = np.abs([methods[name](*pair) for pair in pairs] - figures).max()
        print(f"{name:20} {mean:12.2f} {slowest:8.2f} {seconds.mean() / times['ours'].mean():10.1f} {difference:10.0e}")
    evaluation = made_up_evaluation(figures, asked.seed)
    start = time.process_time()
    scores(evaluation, seed=asked.seed, batch=16)
    rows = len(evaluation.images) // len(BRANCHES)
    seconds_of_all = time.process_time() - start
    print(f"{DRAWS} draws x {rows} images x {len(BRANCHES)} branches x all rules and metrics: {seconds_of_all:.1f} s")


def measure(
    methods: dict[str, Callable[[Mask, Mask], Figures]], pairs: Sequence[tuple[Mask, Mask]], repeats: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Seconds of every pair, the median of the repeats."""
    seconds = {name: np.empty((len(pairs), repeats)) for name in methods}
    for row, pair in enumerate(pairs):
        for repeat in range(repeats):
            for name, method in methods.items():
                start = time.process_time()
                method(*pair)
                seconds[name][row, repeat] = time.process_time() - start
    return {name: np.median(each, axis=1) for name, each in seconds.items()}


def ours(truth: Mask, predicted: Mask) -> Figures:
    """As an evaluation counts an image."""
    return np.append(ratios(np.array(count(truth, predicted), dtype=np.float64)), surface(truth, predicted, TOLERANCE))


def distance_transforms(truth: Mask, predicted: Mask) -> Figures:
    """The definitions of the surface figures, written down with scipy.ndimage; the rest as ours."""
    a, b = (mask & ~binary_erosion(mask) for mask in (truth, predicted))
    there, back = distance_transform_edt(~b)[a], distance_transform_edt(~a)[b]
    both = np.concatenate([there, back])
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    overlap = ratios(np.array(count(truth, predicted), dtype=np.float64))
    return np.append(overlap, [hd95, both.mean(), (both <= TOLERANCE).mean()])


def monai_metrics() -> Callable[[Mask, Mask], Figures]:
    """MONAI's functions for the same figures, single-threaded."""
    import torch  # noqa: PLC0415 - many seconds together, which --help need not wait for
    from monai import metrics  # noqa: PLC0415

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "(?s).*always_return_as_numpy", FutureWarning)  # it warns of itself

    def method(truth: Mask, predicted: Mask) -> Figures:
        # numbers, because of booleans its confusion matrix counts no true positive
        y_pred, y = (torch.from_numpy(mask)[None, None].float() for mask in (predicted, truth))
        confusion = metrics.get_confusion_matrix(y_pred, y)
        figures = [
            metrics.compute_dice(y_pred, y),
            metrics.compute_iou(y_pred, y),
            *(metrics.compute_confusion_matrix_metric(name, confusion) for name in OVERLAP[2:]),
            metrics.compute_hausdorff_distance(y_pred, y, include_background=True, percentile=95),
            metrics.compute_average_surface_distance(y_pred, y, include_background=True, symmetric=True),
            metrics.compute_surface_dice(y_pred, y, [TOLERANCE], include_background=True),
        ]
        return np.array([figure.item() for figure in figures])

    return method


def made_up_evaluation(figures: npt.NDArray[np.float64], seed: int) -> Evaluation:
    """683 images of 38 patients, 264 with a lesion, in all branches; the figures of the pairs in random order."""
    rng = np.random.default_rng(seed)
    pixels = HEIGHT * WIDTH
    images, levels = [], []
    patients = np.sort(rng.integers(0, 38, 683))
    has_lesion = rng.permutation(683) < 264
    for branch in BRANCHES:
        drawn = rng.integers(0, len(figures), 683)
        lesion = rng.integers(1_000, 100_000, 683) * has_lesion
        tp = (lesion * figures[drawn, 3]).astype(np.int64)
        images.append(
            pd.DataFrame(
                {
                    "image_id": [f"{number:03}" for number in range(683)],
                    "patient_id": [f"P{patient:02}" for patient in patients],
                    "group_id": [f"P{patient:02}" for patient in patients],
                    "pathology": np.where(has_lesion, "benign", "normal"),
                    "width": WIDTH,
                    "height": HEIGHT,
                    "lesion_px": lesion,
                    "lesions": has_lesion.astype(int),
                    "branch": branch,
                    "boxes": 1,
                    "tp": tp,
                    "fp": tp // 4,
                    "fn": lesion - tp,
                    "tn": pixels - lesion - tp // 4,
                    "hd95": figures[drawn, 6],
                    "msd": figures[drawn, 7],
                    "nsd": figures[drawn, 8],
                    "lesions_found": 0,
                    "areas": 1,
                    "false_areas": 1,
                    "regions": 1,
                    "loss": 0.5,
                }
            )
        )
        keys = pd.MultiIndex.from_product([images[-1]["group_id"].unique(), range(256)], names=["group_id", "level"])
        levels.append(keys.to_frame(index=False).assign(branch=branch, pixels=1000, lesion_pixels=100))
    lesions = pd.DataFrame(columns=LESION_COLUMNS)
    return Evaluation(pd.concat(images), lesions, pd.concat(levels))


def mask_pairs(number: int, seed: int) -> Iterator[tuple[Mask, Mask]]:
    """Lesions of 0.2 to 38 % of the image, median 5 %, and predictions with other bulges, moved and resized."""
    rng = np.random.default_rng(seed)
    shares = np.exp(np.interp(np.linspace(0, 1, number), [0, 0.5, 1], np.log([0.002, 0.05, 0.38])))
    for share in shares:
        radius = np.sqrt(share * HEIGHT * WIDTH / np.pi)
        bulges = rng.normal(0, 0.08, (2, 5))
        frame = np.array([HEIGHT, WIDTH])
        centre = rng.uniform(np.minimum(radius, frame / 2), np.maximum(frame - radius, frame / 2))
        yield (
            blob(centre, radius, bulges),
            blob(
                centre + rng.normal(0, 0.08 * radius, 2),
                radius * rng.uniform(0.85, 1.15),
                bulges + rng.normal(0, 0.03, (2, 5)),
            ),
        )


def blob(centre: npt.NDArray[np.float64], radius: float, bulges: npt.NDArray[np.float64]) -> Mask:
    """A star-shaped mask whose radius varies with the angle: cosine and sine of 2 to 6 periods, (2, 5) amplitudes."""
    row, column = np.mgrid[:HEIGHT, :WIDTH] - centre[:, None, None]
    turns = np.arctan2(row, column)[..., None] * np.arange(2, 7)
    outline = 1 + np.cos(turns) @ bulges[0] + np.sin(turns) @ bulges[1]
    return np.hypot(row, column) <= radius * outline


if __name__ == "__main__":
    main()

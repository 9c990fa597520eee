"""How often the 95 % intervals hold the true score, and how often the tests reject where there is nothing to find.

    python -m benchmarks.coverage --repetitions 2000     # ten minutes on one core; 100 for a look

Samples of groups are drawn from made-up populations like BUS-UCLM's, scored with ``bootstrap.interval`` and tested with
``paired``. docs/metrics.md describes the populations and has the tables that this prints.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit, ndtr, ndtri, stdtrit

from benchmarks.populations import BEYOND, POPULATIONS, Population, Sums, draw, generator
from guidedseg.evaluation import bootstrap, paired
from guidedseg.evaluation.bootstrap import DIFFERENCE, SHARE, Array, Bounds, Interval, interval, ratio, with_seeds
from guidedseg.evaluation.matrix import unpaired

NUMBERS = (3, 4, 5, 8, 12, 20, 38, 100)
AT_ONCE = 50  # samples that share their draws
TRUTH = 200_000  # groups whose score is taken for the population's

SCORES: dict[str, tuple[Callable[[Sums], tuple[Array, Array]], Bounds]] = {
    "strict": (lambda of: (of["strict"][1], of["images"]), SHARE),
    "lesion": (lambda of: (of["lesion"][1], of["lesions"]), SHARE),
    "pooled": (lambda of: (of["twice_tp"][1], of["areas"][1]), SHARE),
    "recall": (lambda of: (of["found"][1], of["lesions"]), SHARE),
    "strict difference": (lambda of: (of["strict"][1] - of["strict"][0], of["images"]), DIFFERENCE),
    "lesion difference": (lambda of: (of["lesion"][1] - of["lesion"][0], of["lesions"]), DIFFERENCE),
}
"""Numerator and denominator per group, and what the score can be."""


@dataclass(frozen=True)
class Sample:
    """One score of one sample of n groups.

    Attributes:
        score: its name.
        numerator: (n,)
        parts: (n,) of the denominator.
        has_lesion: (n,)
        drawn: (1 + D, n) of ``bootstrap.weights``.
        estimate: (1 + D,).
    """

    score: str
    numerator: Array
    parts: Array
    has_lesion: npt.NDArray[np.bool_]
    drawn: Array
    estimate: Array

    @property
    def bounds(self) -> Bounds:
        """What the score can be."""
        return SCORES[self.score][1]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=2000, help="samples per cell, whole fifties")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=list(TABLES))
    asked = parser.parse_args()
    for name in asked.tables:
        table = TABLES[name]
        print(f"\n{table.__doc__}\n", flush=True)
        print(table(asked.repetitions, asked.seed).to_string(index=False, float_format="{:.1f}".format), flush=True)


def coverage(repetitions: int, seed: int) -> pd.DataFrame:
    """The interval, by the number of groups that contribute: coverage in % (too high, too low) width.

    Too high: the interval lies above the truth. Width: relative to that between percentiles of the same draws.
    """
    records = []
    for name, population in {**POPULATIONS, **BEYOND}.items():
        true = truth(population)
        for number in NUMBERS:
            for sample in samples(population, number, repetitions, seed):
                told = interval(sample.estimate, sample.parts, sample.bounds)
                ends = ends_of(told)
                if ends:
                    plain = np.subtract(*np.nanpercentile(sample.estimate[1:], [97.5, 2.5]))
                    wrong = missed(ends, true[sample.score])
                    records.append((name, sample.score, told["groups"], *wrong, ends[1] - ends[0], plain))
    frame = pd.DataFrame(records, columns=["population", "score", "groups", "too_high", "too_low", "width", "plain"])
    frame["groups"] = np.array(NUMBERS)[np.searchsorted(NUMBERS, frame["groups"], side="right") - 1]
    return frame.groupby(["score", "population", "groups"]).apply(in_short).unstack().reset_index()


def in_short(cell: pd.DataFrame) -> str:
    """One cell of the table."""
    high, low = 100 * cell["too_high"].mean(), 100 * cell["too_low"].mean()
    return f"{100 - high - low:.1f} ({high:.1f}, {low:.1f}) {cell['width'].sum() / cell['plain'].sum():.2f}"


def methods(repetitions: int, seed: int) -> pd.DataFrame:
    """Other intervals: least coverage, %, over the four populations and strict, lesion, strict difference."""
    records = []
    rng = np.random.default_rng(seed)
    for name, population in POPULATIONS.items():
        true = truth(population)
        for number in (8, 12, 38):
            for sample in samples(population, number, repetitions, seed):
                told = interval(sample.estimate, sample.parts, sample.bounds)["ci_low"] is not None
                if told and sample.score in {"strict", "lesion", "strict difference"}:
                    for method, ends in all_intervals(sample, rng).items():
                        wrong = missed(ends, true[sample.score])
                        records.append((method, number, name, sample.score, 1 - sum(wrong)))
    frame = pd.DataFrame(records, columns=["method", "groups", "population", "score", "covers"])
    cells = 100 * frame.groupby(["method", "groups", "population", "score"], sort=False)["covers"].mean()
    return cells.groupby(["method", "groups"], sort=False).min().unstack().reset_index()


def all_intervals(sample: Sample, rng: np.random.Generator) -> dict[str, Array]:
    """Method -> ends (Efron and Tibshirani 1993, chapters 11 to 14; DiCiccio and Efron 1996; Hesterberg 2015)."""
    numerator, parts, value = sample.numerator, sample.parts, sample.estimate[0]
    number, counted = len(parts), np.count_nonzero(parts)
    draws = sample.estimate[1:]
    defined = draws[~np.isnan(draws)]
    without = ratio(numerator.sum() - numerator, parts.sum() - parts)
    influence = (number - 1) * (without.mean() - without)
    error = np.sqrt((influence**2).sum() / (number * (number - 1)))
    drawn = sample.drawn[1:]
    squares = drawn @ influence**2 / number - (drawn @ influence / number) ** 2
    t_draws = (draws - value) / np.maximum(np.sqrt(np.maximum(squares, 0) / (number - 1)), 0.3 * error)
    t = stdtrit(counted - 1, 0.975)
    wide = np.sqrt(counted / (counted - 1)) * t
    bias = ndtri(np.clip(np.mean(defined < value) + np.mean(defined == value) / 2, 0.001, 0.999))
    skew = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    both = np.array([-1, 1])
    strata = np.zeros((len(draws), number))
    for stratum in (np.flatnonzero(sample.has_lesion), np.flatnonzero(~sample.has_lesion)):
        if len(stratum):
            strata[:, stratum] = rng.multinomial(len(stratum), np.full(len(stratum), 1 / len(stratum)), len(draws))
    slope = value * (1 - value)
    on_logits = expit(logit(value) + both * t * error / slope) if sample.bounds == SHARE else value + both * t * error
    ours = interval(sample.estimate, parts, sample.bounds)
    return {
        "percentiles, strata by lesion": np.nanquantile(ratio(strata @ numerator, strata @ parts), [0.025, 0.975]),
        "percentiles": np.quantile(defined, [0.025, 0.975]),
        "percentiles, expanded": np.quantile(defined, ndtr(both * wide)),
        "BCa": _corrected(defined, bias, skew, 1.96),
        "BCa, expanded": _corrected(defined, bias, skew, wide),
        "bootstrap-t": value - error * np.nanquantile(t_draws, [0.975, 0.025]),
        "jackknife t": value + both * t * error,
        "jackknife t on logits": on_logits,
        "bootstrap.interval": np.array([ours["ci_low"], ours["ci_high"]], dtype=np.float64),
    }


def trainings(repetitions: int, seed: int) -> pd.DataFrame:
    """Coverage, %, of strict Dice of 38 groups and several trainings, by the spread of seeds over that of patients.

    groups: the interval that knows of no seeds. both: ``bootstrap.with_seeds``.
    """
    population, records = POPULATIONS["misses per patient"], []
    true = truth(population)["strict"]
    spread = np.std([sample.estimate[0] for sample in samples(population, 38, 2000, seed) if sample.score == "strict"])
    for number in (3, 5, 12):
        for share in (0.0, 0.5, 1.0):
            rng = np.random.default_rng([seed, number, int(10 * share)])
            for _ in range(repetitions):
                of = draw(population, 1, 38, rng, methods=number)
                shifts = rng.normal(0, share * spread, number)
                scores = of["strict"][:, 0] + shifts[:, None] * of["images"]  # (trainings, groups)
                drawn = weights(38, rng)
                estimates = ratio(drawn @ scores.T, (drawn @ of["images"][0])[:, None])
                groups = interval(estimates.mean(axis=1), of["images"][0])
                both = with_seeds(groups, estimates[0])
                told = [1 - sum(missed(ends, true)) for ends in map(ends_of, (groups, both)) if ends]
                records.append((number, share, *told))
    frame = pd.DataFrame(records, columns=["trainings", "spread", "groups", "both"])
    return (100 * frame.groupby(["trainings", "spread"])[["groups", "both"]].mean().unstack()).reset_index()


def losses(repetitions: int, seed: int) -> pd.DataFrame:
    """Coverage, %, of ``matrix.unpaired``, home minus elsewhere, by the groups of both sides: (too high, too low).

    Elsewhere half of the lesions are missed where 30 % are at home.
    """
    records = []
    for name, population in POPULATIONS.items():
        elsewhere = replace(population, missed=0.5)
        home_true, there_true = truth(population), truth(elsewhere)
        true = {score: home_true[score] - there_true[score] for score in ("strict", "lesion")}
        for numbers in ((5, 5), (5, 38), (5, 100), (12, 12), (38, 12), (38, 38), (38, 100)):
            sides = (samples(*side, repetitions, seed) for side in zip((population, elsewhere), numbers, strict=True))
            for home, there in zip(*sides, strict=True):
                if home.score in true:
                    told = unpaired(*(interval(side.estimate, side.parts, side.bounds) for side in (home, there)))
                    ends = ends_of(told)
                    if ends:
                        wrong = missed(ends, true[home.score])
                        records.append((name, home.score, "{} and {}".format(*numbers), *wrong))
    frame = pd.DataFrame(records, columns=["population", "score", "groups", "too_high", "too_low"])
    cells = frame.groupby(["score", "population", "groups"], sort=False)[["too_high", "too_low"]].mean() * 100
    said = cells.apply(lambda cell: f"{100 - cell.sum():.1f} ({cell.iloc[0]:.1f}, {cell.iloc[1]:.1f})", axis=1)
    return said.unstack(sort=False).reset_index()


def rejections(repetitions: int, seed: int) -> pd.DataFrame:
    """Rejections at 5 %, of 100, where both sides are alike."""
    records = []
    for name, population in POPULATIONS.items():
        for number in (8, 12, 20, 38, 100):
            rng = generator(population, number, seed)
            for chunk in range(repetitions // AT_ONCE):
                of = draw(population, AT_ONCE, number, rng)
                names = [f"{group:03}" for group in range(number)]
                for score in ("strict", "lesion"):
                    ours = paired.of_means(of[score][1].T, of[score][0].T, names, seed=chunk)
                    records += [(name, score, number, p is not None and p <= 0.05) for p in ours]
                other, one = np.concatenate([of["twice_tp"], of["areas"]], axis=1).swapaxes(1, 2)  # (n, 2 R) each
                ours = paired.of_scores(one, other, names, pooled_dice, seed=chunk)
                records += [(name, "pooled", number, p is not None and p <= 0.05) for p in ours]
    frame = pd.DataFrame(records, columns=["population", "score", "groups", "rejected"])
    return (100 * frame.groupby(["population", "score", "groups"])["rejected"].mean().unstack()).reset_index()


def pooled_dice(sums: Array) -> Array:
    """Of many samples at once: twice the true positives of all of them, then the true and predicted pixels."""
    samples = sums.shape[-1] // 2
    return ratio(sums[..., :samples], sums[..., samples:])


def samples(population: Population, number: int, repetitions: int, seed: int) -> Iterator[Sample]:
    """Every score of every sample of so many groups."""
    rng = generator(population, number, seed)
    for _ in range(repetitions // AT_ONCE):
        of = draw(population, AT_ONCE, number, rng)
        drawn = weights(number, rng)
        for score, (fraction, _) in SCORES.items():
            numerators, parts = fraction(of)
            estimates = ratio(drawn @ numerators.T, drawn @ parts.T)
            for row, estimate in enumerate(estimates.T):
                yield Sample(score, numerators[row], parts[row], of["lesions"][row] > 0, drawn, estimate)


def weights(number: int, rng: np.random.Generator) -> Array:
    """``bootstrap.weights`` of so many groups."""
    frame = pd.DataFrame({"group_id": [f"{group:03}" for group in range(number)]})
    return bootstrap.weights(frame, seed=int(rng.integers(2**32)))


def truth(population: Population) -> dict[str, float]:
    """Score -> that of very many groups."""
    rng = np.random.default_rng(99)
    parts = [draw(population, 1, TRUTH // 100, rng) for _ in range(100)]
    of = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    fractions = {score: fraction(of) for score, (fraction, _) in SCORES.items()}
    true = {score: float(numerator.sum() / part.sum()) for score, (numerator, part) in fractions.items()}
    return {**true, "strict difference": 0.0, "lesion difference": 0.0}  # the sides are drawn alike


def ends_of(told: Interval) -> tuple[float, float] | None:
    """Of an interval; None where there is none."""
    low, high = told["ci_low"], told["ci_high"]
    return None if low is None or high is None else (low, high)


def missed(ends: tuple[float, float] | Array, true: float) -> tuple[bool, bool]:
    """Whether the interval lies above, and below, the truth."""
    return ends[0] > true, ends[1] < true


def _corrected(draws: Array, bias: float, skew: float, z: float) -> Array:
    moved = bias + np.array([-z, z])
    return np.quantile(draws, ndtr(bias + moved / np.maximum(1 - skew * moved, 0.05)))


TABLES = {table.__name__: table for table in (coverage, methods, trainings, losses, rejections)}

if __name__ == "__main__":
    main()

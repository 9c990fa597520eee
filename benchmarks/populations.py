"""Made-up populations of groups, like BUS-UCLM's patients, for benchmarks/coverage.py."""

import zlib
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from guidedseg.evaluation.bootstrap import Array

MOST_IMAGES = 40

Sums = dict[str, Array]
"""Sums per group: ``images`` and ``lesions`` (R, n); the others (methods, R, n)."""


@dataclass(frozen=True)
class Population:
    """What differs between groups.

    Attributes:
        misses: standard deviation between groups of the probit of a lesion's probability to be missed.
        false: likewise of a normal image's probability of a false positive.
        longer: correlation of a group's misses with the logarithm of its number of images.
        normal_only: share of the groups that have no lesion.
        missed: mean probability of a miss.
        failing: share of the groups in which 80 % are missed, whatever the rest.
    """

    misses: float = 0.9
    false: float = 0.5
    longer: float = 0.0
    normal_only: float = 0.0
    missed: float = 0.3
    failing: float = 0.0


POPULATIONS = {
    "alike": Population(misses=0, false=0),
    "misses per patient": Population(),
    "worse with more images": Population(longer=0.5),
    "normal-only at random": Population(normal_only=0.3),
}
BEYOND = {"one patient in 20 fails": Population(misses=0, false=0, missed=0.02, failing=0.05)}
"""Where no interval can cover: most samples hold no such patient."""


def generator(population: Population, number: int, seed: int) -> np.random.Generator:
    """Another one for every cell."""
    return np.random.default_rng([seed, number, zlib.crc32(repr(population).encode())])


def draw(population: Population, repetitions: int, number: int, rng: np.random.Generator, methods: int = 2) -> Sums:
    """Samples of groups, as methods that are alike but not equal would segment them.

    A method's misses in a group share four fifths of their variance with the other methods', and 60 % of the images
    have the same luck under all. A lesion that is not missed has a Dice of beta(8, 2), worse where misses are frequent.
    """
    groups, images = (repetitions, number), (repetitions, number, MOST_IMAGES)
    hard, longer, easily_false = rng.normal(size=(3, *groups))
    longer = population.longer * hard + np.sqrt(1 - population.longer**2) * longer
    size = np.clip(np.rint(16 * np.exp(0.5 * longer)), 3, MOST_IMAGES).astype(int)
    normal_only = rng.random(groups) < population.normal_only
    with_lesion = np.maximum(rng.binomial(size, rng.beta(2.5, 3.5, groups)), 1) * ~normal_only
    order = np.arange(MOST_IMAGES)
    has_lesion = order < with_lesion[..., None]
    normal = (order < size[..., None]) & ~has_lesion
    area = rng.lognormal(np.log(25_000), 0.8, images)

    def own(shared: Array) -> Array:
        return np.sqrt(0.8) * shared + np.sqrt(0.2) * rng.normal(size=(methods, *groups))

    def luck() -> Array:
        same = rng.random(images) < 0.6
        return np.where(same, rng.random(images), rng.random((methods, *images)))

    badness = own(hard)
    miss = np.where(
        rng.random(groups) < population.failing, 0.8, _spread(population.missed, population.misses, badness)
    )
    quality = np.clip(8 - (1.5 * badness if population.misses else 0 * badness), 3, 14)
    found = has_lesion & (luck() > miss[..., None])
    dice = found * rng.beta(quality[..., None], 2, (methods, *images))
    false = normal & (luck() < _spread(0.1, population.false, own(easily_false))[..., None])
    predicted = found * area * rng.uniform(0.7, 1.3, (methods, *images))
    false_area = false * rng.lognormal(np.log(8_000), 0.8, (methods, *images))
    return {
        "images": size.astype(np.float64),
        "lesions": with_lesion.astype(np.float64),
        "strict": (dice + (normal & ~false)).sum(axis=-1),
        "lesion": dice.sum(axis=-1),
        "found": found.sum(axis=-1).astype(np.float64),
        "twice_tp": (dice * (area * has_lesion + predicted)).sum(axis=-1),
        "areas": (area * has_lesion + predicted + false_area).sum(axis=-1),
    }


def _spread(mean: float, spread: float, of_group: Array) -> Array:
    """Probabilities whose probit varies with a standard deviation of ``spread`` around one that keeps their mean."""
    return ndtr(ndtri(mean) * np.sqrt(1 + spread**2) + spread * of_group)

"""Operating values: what makes a mask of probabilities, chosen on validation images by a stated rule.

Both approaches have the same two freedoms and get them by the same rule on the same images. A **threshold**: a pixel is
lesion where the probability reaches it. A **gate**: an image may be left empty as a whole. The gate of guided is the
confidence of its boxes, that of direct the highest probability of the frame. Without gates (``*_ungated``) thresholds
are chosen anew, and guided keeps its most confident box wherever the detector has one: so the gain of *localisation*
can be told from the gain of *being allowed to be silent*.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

UNDECIDED = 0.5
"""Where nothing speaks for another value."""

THRESHOLDS = tuple(step / 100 for step in sorted(range(5, 100, 5), key=lambda step: (abs(step - 50), step)))
"""Candidates for a mask threshold, the preferred first: nearest to 0.5, then the smaller."""

TIE = 1e-9
"""Mean Dice values closer than this are equal: they differ by the rounding of a sum only."""

QUIET = 0.9
"""Share of the normals that the rule ``quiet`` wants to be left empty."""

Rule = Literal["strict", "balanced", "quiet"]
"""What is best: of the mean Dice under ``strict``, which weighs silence by how many normals there happen to be; of the
mean of the Dice of images with a lesion and of the share of normals left empty, which does not; or of the former
alone, where at least ``QUIET`` of the normals are left empty. Images of one kind alone are judged by their own mean."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Operating:
    """The values at which masks are made.

    Attributes:
        confidence: boxes below are left out.
        direct_gate: a frame without a probability that reaches it is empty; 0: none is.
        direct_threshold: a pixel is lesion from this probability on, in tiles of whole frames.
        guided_threshold: likewise, in tiles of regions.
        direct_ungated_threshold: the same for the branch without a gate.
        guided_ungated_confidence: boxes below are left out, but never an image's most confident one.
        guided_ungated_threshold: the same for the branch without a gate.
        direct_dice: what the rule made the best of (``Rule``) at these values; None without a validation image.
        guided_dice: likewise.
        direct_ungated_dice: likewise.
        guided_ungated_dice: likewise.
        cascade_confidence: as ``confidence``, of boxes around what the frame's tile outlines.
        cascade_threshold: as ``guided_threshold``, in tiles of these.
        cascade_dice: likewise.
    """

    confidence: float
    direct_gate: float
    direct_threshold: float
    guided_threshold: float
    direct_ungated_threshold: float
    guided_ungated_confidence: float
    guided_ungated_threshold: float
    direct_dice: float | None
    guided_dice: float | None
    direct_ungated_dice: float | None
    guided_ungated_dice: float | None
    cascade_confidence: float = UNDECIDED
    cascade_threshold: float = UNDECIDED
    cascade_dice: float | None = None


class Boxed(NamedTuple):
    """Strict Dice of one image with its boxes; T thresholds.

    Attributes:
        confidences: (K,), falling.
        dice: (K + 1, T) of the mask of the first 0, 1, ..., K boxes.
    """

    confidences: Floats
    dice: Floats


@dataclass(frozen=True)
class Curves:
    """Strict Dice of one validation image at all that may be chosen; T thresholds.

    Attributes:
        silent: of an empty mask: 1 without a lesion, else 0.
        peak: the highest level of the frame, probability x 255.
        direct: (T,) of the frame's mask.
        confidences: (K,) of the detector's boxes, falling.
        guided: (K + 1, T) of the mask of the first 0, 1, ..., K boxes.
        cascade: likewise of the boxes around what the frame's tile outlines; None: they are not known.
    """

    silent: float
    peak: int
    direct: Floats
    confidences: Floats
    guided: Floats
    cascade: Boxed | None = None


def level(threshold: float) -> int:
    """The least level (probability x 255, uint8) that is lesion at a mask threshold in [0, 1]."""
    return math.ceil(round(threshold * 255, 9))  # (0.1 + 0.2 + 0.3) * 255 is a little more than 153


def choose(
    images: Sequence[Curves],
    thresholds: Sequence[float],
    *,
    rule: Rule,
    confidence: float | None,
    gate: float | None,
) -> Operating:
    """The values that are the best of the validation images under a rule, the same for both approaches.

    Tried are all pairs of a threshold with a confidence (guided) or a gate (direct). Confidences lie half way between
    one box and the next weaker one of all validation images, the last half way to 0; gates half way between the highest
    levels of two images, the least is 0. So at least one box and one frame always speak: an approach is never switched
    off. Equally good ones go to the first of ``thresholds``, then to the higher confidence, or the lower gate.

    Args:
        images: the validation images.
        thresholds: candidates, the preferred first.
        rule: what is best.
        confidence: a value to take instead of choosing one.
        gate: likewise.

    Returns:
        The values; what was not given and has nothing to be chosen by is ``UNDECIDED``, a gate 0.
    """
    confidences = _between(images) if confidence is None else np.array([confidence])
    gates = _gates(images) if gate is None else np.array([gate])
    kinds = [[image for image in images if image.silent == kind] for kind in (0, 1)]  # with a lesion, normals
    number = len(thresholds)

    def best(sums: Callable[[Sequence[Curves]], Floats]) -> tuple[int, int, float | None]:
        with_lesion, normal = (sums(kind) / max(len(kind), 1) for kind in kinds)
        return _best(_judged(rule, with_lesion, normal, *map(len, kinds)), any(kinds))

    row, column, direct_dice = best(lambda some: _gated(some, gates, number))
    _, alone, alone_dice = best(lambda some: _sum([image.direct for image in some], number)[None])
    strong, guided, guided_dice = best(lambda some: _guided(some, confidences, number, least=0))
    forced, bare, bare_dice = best(lambda some: _guided(some, confidences, number, least=1))
    peaks = _between(_cascaded(images))
    coarse, fine, cascade_dice = best(lambda some: _guided(_cascaded(some), peaks, number, least=0))
    return Operating(
        confidence=float(confidences[strong]),
        direct_gate=float(gates[row]),
        direct_threshold=thresholds[column],
        guided_threshold=thresholds[guided],
        direct_ungated_threshold=thresholds[alone],
        guided_ungated_confidence=float(confidences[forced]),
        guided_ungated_threshold=thresholds[bare],
        direct_dice=direct_dice,
        guided_dice=guided_dice,
        direct_ungated_dice=alone_dice,
        guided_ungated_dice=bare_dice,
        cascade_confidence=float(peaks[coarse]),
        cascade_threshold=thresholds[fine],
        cascade_dice=cascade_dice if _cascaded(images) else None,
    )


def _cascaded(images: Sequence[Curves]) -> list[Curves]:
    """The same images, with the boxes of the cascade in place of the detector's; none where these are not known."""
    return [
        replace(image, confidences=image.cascade.confidences, guided=image.cascade.dice)
        for image in images
        if image.cascade is not None
    ]


def _judged(rule: Rule, with_lesion: Floats, normal: Floats, lesions: int, normals: int) -> Floats:
    """(C, T) of how good values are, from the mean strict Dice of images with a lesion and of normals, and how many."""
    if not lesions or not normals:
        return with_lesion if lesions else normal
    if rule == "balanced":
        return (with_lesion + normal) / 2
    if rule == "quiet":  # where none is quiet enough, the quietest
        return np.where(normal >= QUIET - TIE, with_lesion, normal - 1)
    return (lesions * with_lesion + normals * normal) / (lesions + normals)


def _between(images: Sequence[Curves]) -> Floats:
    """Falling confidences half way between one box and the next weaker one, the last half way to 0."""
    falling = np.unique(np.concatenate([image.confidences for image in images] or [np.empty(0)]))[::-1]
    if not len(falling):
        return np.array([UNDECIDED])
    return np.asarray((falling + np.append(falling[1:], 0)) / 2).round(6)  # a digit more than confidences have


def _gates(images: Sequence[Curves]) -> Floats:
    """Rising gates: 0, and half way between one highest level and the next."""
    peaks = np.unique([image.peak for image in images])
    return np.asarray(np.append(0.0, (peaks[1:] + peaks[:-1]) / 2 / 255)).round(6)


def _gated(images: Sequence[Curves], gates: Floats, number: int) -> Floats:
    """Sums (G, T) of Dice at rising gates: a frame whose highest level lies below a gate is silent."""
    ordered = sorted(images, key=lambda image: image.peak)
    steps = np.zeros((len(images) + 1, number))  # what falling silent changes, one frame after the other
    steps[0] = _sum([image.direct for image in images], number)
    for row, image in enumerate(ordered, start=1):
        steps[row] = image.silent - image.direct
    silent = np.searchsorted([image.peak for image in ordered], [level(gate) for gate in gates], side="left")
    return np.asarray(steps.cumsum(axis=0)[silent])


def _guided(images: Sequence[Curves], confidences: Floats, number: int, least: int) -> Floats:
    """Sums (C, T) of Dice at falling confidences, with an image's ``least`` most confident boxes always kept."""
    kept = [min(least, len(image.confidences)) for image in images]
    start = _sum([image.guided[at] for image, at in zip(images, kept, strict=True)], number)
    steps = [np.diff(image.guided, axis=0)[at:] for image, at in zip(images, kept, strict=True)]
    entering = np.concatenate([image.confidences[at:] for image, at in zip(images, kept, strict=True)] or [np.empty(0)])
    order = np.argsort(-entering, kind="stable")
    running = np.vstack([start, start + np.vstack([*steps, np.empty((0, number))])[order].cumsum(axis=0)])
    return np.asarray(running[np.searchsorted(-entering[order], -confidences, side="right")])


def _sum(rows: Sequence[Floats], number: int) -> Floats:
    return np.sum(rows, axis=0) if len(rows) else np.zeros(number)


def _best(means: Floats, any_image: bool) -> tuple[int, int, float | None]:
    """Row, column and value of the best of (C, T) means; of equal ones the first column, there the first row."""
    as_good = means > means.max() - TIE
    column, row = divmod(int(np.argmax(as_good.T)), len(means))
    return row, column, float(means[row, column]) if any_image else None

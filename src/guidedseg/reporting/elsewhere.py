"""What the trained pair does on the external datasets, as tables, figures and metrics read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from guidedseg import artifacts, tested
from guidedseg.evaluation import bootstrap, detection
from guidedseg.evaluation.operating import Operating
from guidedseg.evaluation.scores import Nested, headline, one_per_image, scores
from guidedseg.names import MODES
from guidedseg.tested import Tested

DETECTION = ("ap50", "ap50_95", "lesion_recall", "false_boxes_per_normal_image")


@dataclass(frozen=True)
class Elsewhere:
    """One external dataset.

    Attributes:
        tested: what was kept of it.
        scores: as those of the test images: ``sample``, ``branches``, ``differences`` and ``detection``.
    """

    tested: Tested
    scores: Nested

    @property
    def hindsight(self) -> dict[str, float | None]:
        """Mean strict Dice of both modes at the values that would have been best here."""
        return {"direct": self.tested.hindsight.direct_dice, "guided": self.tested.hindsight.guided_dice}


def read(folder: Path, home: Operating, *, seed: int, batch: int, match_iou: float) -> dict[str, Elsewhere]:
    """Every external dataset of a run, by name.

    Args:
        folder: ``evaluations/external/MODEL``.
        home: the operating values.
        seed: of the bootstrap.
        batch: images per batch of the rule ``batch_pooled``.
        match_iou: least IoU of a box with the lesion it finds.
    """
    names = artifacts.values(folder / "datasets.json", ["datasets"])["datasets"]
    return {name: _read(folder / name, home, seed, batch, match_iou) for name in names}


def metrics(elsewhere: Mapping[str, Elsewhere]) -> Nested:
    """metrics/external.json: per dataset the headline of both modes, the detector, and the best in hindsight."""
    return {
        name: {
            **{mode: headline(each.scores["branches"][mode]) for mode in MODES},
            "detection": {key: each.scores["detection"][key]["value"] for key in DETECTION},
            "strict_dice_in_hindsight": each.hindsight,
        }
        for name, each in elsewhere.items()
    }


def _read(folder: Path, home: Operating, seed: int, batch: int, match_iou: float) -> Elsewhere:
    found = tested.read(folder)
    sample = one_per_image(found.evaluation.images)
    of_boxes = detection.scores(
        found.boxes,
        found.true_boxes,
        sample,
        confidence=home.confidence,
        match_iou=match_iou,
        weights=bootstrap.weights(sample, seed=seed),
    )
    everything = scores(found.evaluation, seed=seed, batch=batch)
    return Elsewhere(found, {**everything, "detection": detection.intervals(of_boxes)})

"""One finished run, as tables, figures and the page read it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from guidedseg import artifacts, evaluated
from guidedseg.datasets import prepared
from guidedseg.detection.boxes import read_detections
from guidedseg.evaluation import bootstrap, calibration, detection
from guidedseg.evaluation.counts import PREDICTED, Evaluation
from guidedseg.evaluation.matching import matched
from guidedseg.evaluation.operating import Operating
from guidedseg.evaluation.rules import strict
from guidedseg.evaluation.scores import Nested, one_per_image, scores
from guidedseg.inference import tiles
from guidedseg.inference.tiles import Tiles
from guidedseg.names import BOX, MODES
from guidedseg.reporting import elsewhere
from guidedseg.reporting.elsewhere import Elsewhere

COMPARED_FLAGS = ("doppler",)
"""Of data/prepared/index.csv: scores are told with and without the images that have one of these."""


@dataclass(frozen=True)
class Results:
    """All that is known of a run's test images.

    Attributes:
        model: the network.
        evaluation: counts per image, lesion and branch.
        scores: ``evaluation.scores.scores`` with ``operating`` and ``detection`` (name -> value, ci_low, ci_high).
        boxes: the detector's boxes of the test images at every confidence: image_id, x0, y0, x1, y1, confidence, finds
            (position in ``lesions`` of the one that the box finds, -1 for none).
        lesions: true boxes of the test images: image_id, x0, y0, x1, y1.
        match_iou: least IoU of a box with the lesion it finds.
        tiles: mode -> predicted regions.
        gates: mode -> attention maps as tiles, coarse to fine; empty where the network has none.
        segmenters: mode -> epoch, train_loss, val_loss, val_dice, val_strict.
        detector: epoch, val_map50, val_map50_95 and losses.
        elsewhere: external dataset -> what the trained pair made of it.
    """

    model: str
    evaluation: Evaluation
    scores: Nested
    boxes: pd.DataFrame
    lesions: pd.DataFrame
    match_iou: float
    tiles: Mapping[str, Tiles]
    gates: Mapping[str, tuple[Tiles, ...]]
    segmenters: Mapping[str, pd.DataFrame]
    detector: pd.DataFrame
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)

    @cached_property
    def images(self) -> pd.DataFrame:
        """By image_id: image_id, patient_id, group_id, pathology, width, height, lesion_px, lesions."""
        return one_per_image(self.evaluation.images)[
            ["image_id", "patient_id", "group_id", "pathology", "width", "height", "lesion_px", "lesions"]
        ]

    @cached_property
    def dice(self) -> pd.DataFrame:
        """Dice under ``strict``: a row per image_id (sorted), a column per branch of ``PREDICTED``."""
        columns = {}
        for branch in PREDICTED:
            rows = self.evaluation.images.query("branch == @branch")
            columns[branch] = pd.Series(strict(rows)[:, 0], index=rows["image_id"].to_numpy())
        return pd.DataFrame(columns).sort_index()

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Of ``boxes`` those at the operating confidence, by falling confidence."""
        enough = self.boxes[self.boxes["confidence"] >= self.operating.confidence]
        return enough.sort_values("confidence", ascending=False, kind="stable")

    @property
    def operating(self) -> Operating:
        """Confidence and thresholds that the validation images chose."""
        return Operating(**self.scores["operating"])

    @cached_property
    def curves(self) -> dict[str, pd.DataFrame]:
        """Name -> table.

        ``froc``, ``reliability_boxes``, ``reliability_direct``, ``reliability_guided`` of the test images, and the
        training curves ``segmenter_direct``, ``segmenter_guided``, ``detector``.
        """
        given = (self.boxes, self.lesions, one_per_image(self.evaluation.images))
        levels = self.evaluation.levels
        return {
            **{f"segmenter_{mode}": curve for mode, curve in self.segmenters.items()},
            "detector": self.detector,
            "froc": detection.froc_curve(*given, match_iou=self.match_iou),
            "reliability_boxes": detection.reliability(*given, match_iou=self.match_iou),
            **{f"reliability_{mode}": calibration.reliability(levels.query("branch == @mode")) for mode in MODES},
        }


def read(root: Path, model: str, *, detector: str, seed: int, batch: int, match_iou: float) -> Results:
    """Read a run's files and score it.

    Args:
        root: of the project.
        model: the network.
        detector: yolo or fcos, which the scores name.
        seed: of the bootstrap.
        batch: images per batch of the rule ``batch_pooled``.
        match_iou: least IoU of a box with the lesion it finds.
    """
    folder = root / "evaluations" / model
    evaluation = evaluated.read(folder)
    operating = evaluated.operating(folder / "operating.json")
    sample = one_per_image(evaluation.images)
    index, true = prepared.read(root / "data/prepared")
    detections = read_detections(root / "data/detections.csv", index["image_id"])
    boxes, lesions = (
        rows[rows["image_id"].isin(sample["image_id"])].reset_index(drop=True) for rows in (detections, true)
    )
    of_boxes = detection.scores(
        boxes,
        lesions,
        sample,
        confidence=operating.confidence,
        match_iou=match_iou,
        weights=bootstrap.weights(sample, seed=seed),
    )
    flags = index.set_index("image_id")["flags"].str.split()
    flagged = {flag: flags.index[flags.map(lambda of, flag=flag: flag in of)] for flag in COMPARED_FLAGS}
    everything = scores(evaluation, seed=seed, batch=batch, flagged=flagged)
    everything["operating"] = asdict(operating)
    everything["detector"] = detector
    everything["detection"] = detection.intervals(of_boxes)
    return Results(
        model=model,
        evaluation=evaluation,
        scores=everything,
        boxes=boxes.assign(finds=matched(boxes, lesions, match_iou).to_numpy()),
        lesions=lesions[["image_id", *BOX]],
        match_iou=match_iou,
        tiles={mode: tiles.load(root / "predictions" / model / mode) for mode in MODES},
        gates={mode: tiles.load_gates(root / "predictions" / model / mode) for mode in MODES},
        segmenters={mode: artifacts.curve(root / "models" / model / mode / "curve.csv") for mode in MODES},
        detector=artifacts.curve(root / "models/detector/curve.csv"),
        elsewhere=elsewhere.read(
            root / "evaluations/external" / model, operating, seed=seed, batch=batch, match_iou=match_iou
        ),
    )

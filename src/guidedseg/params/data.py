"""Groups of params.yaml about images, splits, boxes, regions and scores."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, create_model, model_validator

from guidedseg.datasets.balance import Balance
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.group import Count, Group, OpenShare, Seed, Share
from guidedseg.harmonising.picture import Harmonising

Jitter = Annotated[float, Field(ge=0, lt=0.5)]

Datasets = create_model(  # type: ignore[call-overload]
    "Datasets",
    __base__=Group,
    __doc__="How several are trained on together, and a group per dataset, with the keys that it has.",
    balance=(Balance, ...),
    **{name: (dataset.options, ...) for name, dataset in DATASETS.items()},
)


class Prepare(Harmonising):
    """Canonical images, masks and index; and what is made of every picture."""

    duplicate_similarity: OpenShare

    @property
    def harmonising(self) -> Harmonising:
        """What is made of every picture."""
        return Harmonising(**self.model_dump(include=set(Harmonising.model_fields)))


class Split(Group):
    """Who is trained on, who validates, who tests."""

    protocol: Literal["official", "holdout", "folds"]
    group_by: Literal["patient", "image"]
    val: OpenShare
    test: OpenShare
    folds: Annotated[int, Field(ge=3, le=1000)]
    fold: Annotated[int, Field(ge=0)]
    seed: Seed

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(
                f"val + test must leave something to train on (their sum is {self.val + self.test:g}; less than 1)"
            )
        if self.fold >= self.folds:
            raise ValueError(f"fold must be less than folds (fold is {self.fold}, folds is {self.folds})")
        return self


class Synthetic(Group):
    """Images that are trained on beside the real ones.

    Attributes:
        share: of the training images, as many as are added.
        source: ``phantom``, or a folder with images and masks.
        use: who trains on them.
        seed: of what is drawn.
    """

    share: Annotated[float, Field(ge=0, le=10)]
    source: Annotated[str, Field(min_length=1)]
    use: Literal["both", "detector", "segmenters"]
    seed: Seed

    @property
    def folder(self) -> str | None:
        """The folder that they are taken from; None: none is taken from any."""
        return str(Path(self.source).expanduser()) if self.share and self.source != "phantom" else None

    def images(self, real: int) -> int:
        """How many are added to so many real training images."""
        return max(1, round(self.share * real)) if self.share else 0

    def given_to(self, reader: Literal["detector", "segmenters"]) -> bool:
        """Whether there are to be any, and the detector, or the segmenters, train on them."""
        return self.share > 0 and self.use in ("both", reader)


class Detect(Group):
    """Which boxes are kept."""

    floor: OpenShare
    nms_iou: OpenShare
    max_boxes: Annotated[int, Field(ge=1, le=1000)]


class Frame(Group):
    """Whole images, the regions of the direct approach."""

    jitter: Jitter


class Roi(Group):
    """Regions around boxes."""

    margin: Annotated[float, Field(ge=0, le=10)]
    jitter: Jitter | None
    backgrounds: Annotated[int, Field(ge=0, le=100)]


class Predict(Group):
    """From regions to probabilities."""

    flips: bool


class Scoring(Group):
    """From probabilities and boxes to counts."""

    choose: Literal["strict", "balanced", "quiet"]
    confidence: OpenShare | None
    gate: Share | None
    mask_threshold: OpenShare | None
    match_iou: OpenShare
    surface_tolerance: OpenShare
    batch: Count

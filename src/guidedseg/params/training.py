"""Groups of params.yaml about training the detector and the segmenters."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from guidedseg.group import (
    Batch,
    Channels,
    Count,
    Devices,
    Epochs,
    Group,
    NonNegative,
    OpenShare,
    Positive,
    Share,
    Side,
    Workers,
)


class Yolo(Group):
    """Ultralytics' training arguments, by its names; what nobody tunes is in ``detection.yolo.training.FIXED``.

    ``weights`` is its ``model``, ``image_size`` its ``imgsz``, ``precision`` its ``amp``; ``ema_decay`` and ``ema_tau``
    are of its ``ModelEMA``.
    """

    weights: Annotated[str, Field(pattern=r"\.(yaml|pt)$")]
    image_size: Side
    epochs: Epochs
    patience: Annotated[int, Field(ge=0, le=100_000)]
    batch: Batch
    optimizer: Literal["SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSProp"]
    lr0: Annotated[float, Field(gt=0, le=1)]
    lrf: Annotated[float, Field(gt=0, le=1)]
    cos_lr: bool
    momentum: Share
    weight_decay: Share
    warmup_epochs: NonNegative
    ema_decay: OpenShare
    ema_tau: Positive
    precision: Literal["bf16", "fp32"]  # in fp16 Ultralytics would first test itself with a model that it downloads
    box: NonNegative
    cls: NonNegative
    dfl: NonNegative
    mosaic: Share
    close_mosaic: Annotated[int, Field(ge=0, le=100_000)]
    mixup: Share
    fliplr: Share
    degrees: Annotated[float, Field(ge=0, le=180)]
    translate: Share
    scale: Share
    shear: Annotated[float, Field(ge=0, le=180)]
    multi_scale: Annotated[float, Field(ge=0, lt=1)]
    hsv_v: Share
    workers: Workers  # Ultralytics seeds each: on a GPU (on a CPU it takes none) another number is another detector

    @model_validator(mode="before")
    @classmethod
    def _on_one_device(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the file has
        # Ultralytics divides each rank's loss by that rank's own boxes, and trains on several GPUs alone: not tried
        several = [key for key in ("devices", "nodes", "strategy") if isinstance(given, dict) and key in given]
        if several:
            raise ValueError(
                f"{several[0]} given, but yolo trains on one device; detector: fcos trains on several, by fcos.devices"
            )
        return given

    @model_validator(mode="after")
    def _mosaic_ends(self) -> Self:
        # Ultralytics would end it before the first epoch, without a word
        if self.mosaic > 0 and self.close_mosaic >= self.epochs:
            raise ValueError(
                "close_mosaic must be less than epochs, unless mosaic is 0 "
                f"(close_mosaic is {self.close_mosaic}, epochs is {self.epochs})"
            )
        return self


class Recipe(Group):
    """What is said of all that learns in this package's own loop, and the processes that do it together."""

    epochs: Epochs
    patience: Epochs
    batch: Annotated[Batch, Field(ge=2)]
    steps: Count | None
    empty_share: Annotated[float, Field(ge=0, lt=1)] | None
    optimizer: Literal["adamw", "adam", "sgd"]
    lr: Positive
    weight_decay: NonNegative
    schedule: Literal["cosine", "polynomial", "constant"]
    warmup: Annotated[float, Field(ge=0, lt=1)]
    clip: Positive | None
    ema: OpenShare | None
    precision: Literal["bf16", "fp16", "fp32"]
    deterministic: bool
    flip: Share
    rotation: Annotated[float, Field(ge=0, le=180)]
    brightness: Annotated[float, Field(ge=0, lt=1)]
    devices: Devices
    nodes: Devices
    strategy: Literal["auto", "ddp"]

    @model_validator(mode="after")
    def _shared_out(self) -> Self:
        ranks = self.devices * self.nodes
        if self.batch % ranks or self.batch < 2 * ranks:
            raise ValueError(
                "batch must be a multiple of devices x nodes, 2 items or more for each (batch is "
                f"{self.batch}, devices is {self.devices}, nodes is {self.nodes})"
            )
        return self


class Fcos(Recipe):
    """The recipe of the detector FCOS."""

    encoder: str
    encoder_weights: str | None
    channels: Annotated[Channels, Field(multiple_of=32)]  # its head normalises groups of 32
    image_size: Annotated[Side, Field(ge=64)]
    scale: Annotated[float, Field(ge=0, lt=1)]
    aspect: Annotated[float, Field(ge=0, lt=1)]
    translate: Share


class MaskRcnn(Fcos):
    """The recipe of the detector Mask R-CNN: that of FCOS, and its own sizes."""

    channels: Annotated[Channels, Field(multiple_of=8)]  # its normalisations are of 8 groups
    hidden: Channels

    @model_validator(mode="after")
    def _on_one_device(self) -> Self:
        if self.devices * self.nodes > 1:
            raise ValueError(
                f"devices is {self.devices} and nodes {self.nodes}, but maskrcnn trains on one device: its losses are "
                "of what it draws from each picture"
            )
        return self


class Cascade(Group):
    """Boxes of the direct network's own probabilities."""

    level: OpenShare


class Pretrain(Group):
    """What the detector learns from made-up frames first; else its recipe is the same."""

    images: Annotated[int, Field(ge=0, le=10**7)]
    epochs: Annotated[Epochs, Field(ge=2)]

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if 0 < self.images < 20:
            raise ValueError(f"images must be 0 (none) or at least 20 (images is {self.images})")
        return self


class Inputs(Group):
    """Size of the segmenters' inputs, in pixels."""

    image_size: Side


class Train(Recipe):
    """The segmenters' training recipe."""

    loss: Literal["bce", "dice", "focal", "bce_dice", "hybrid", "hybrid_bce"]
    focal_gamma: NonNegative
    compile: bool

"""The schema of params.yaml: read, checked as a whole, every problem reported at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from guidedseg.errors import GuidedsegError, listed

DatasetName = Literal["phantom", "bus_uclm"]
ModelName = Literal["unetpp", "unet3plus", "attention_unet", "transunet", "deeplabv3"]
Mode = Literal["direct", "guided"]

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Channels = Annotated[list[Count], Field(min_length=1)]


class Group(BaseModel):
    """A group of keys: unknown keys are errors, and a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Phantom(Group):
    """The generated dataset; sizes in pixels."""

    patients: Annotated[int, Field(ge=6)]
    images: Annotated[int, Field(ge=12)]
    width: Annotated[int, Field(ge=64)]
    height: Annotated[int, Field(ge=64)]
    seed: Seed


class BusUclm(Group):
    """Where BUS-UCLM comes from: a URL, a zip or a folder."""

    source: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    images: Count | None


class Datasets(Group):
    """One group per dataset."""

    phantom: Phantom
    bus_uclm: BusUclm


class Prepare(Group):
    """Canonical images, masks and index."""

    duplicate_similarity: OpenShare


class Split(Group):
    """Who is trained on, who validates, who tests."""

    protocol: Literal["official", "holdout", "folds"]
    group_by: Literal["patient", "image"]
    val: OpenShare
    test: OpenShare
    folds: Annotated[int, Field(ge=3)]
    fold: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(
                f"val + test must leave something to train on (their sum is {self.val + self.test:g}; less than 1)"
            )
        if self.fold >= self.folds:
            raise ValueError(f"fold must be less than folds (fold is {self.fold}, folds is {self.folds})")
        return self


class Detect(Group):
    """Which boxes are kept."""

    floor: OpenShare
    nms_iou: OpenShare
    max_boxes: Count


class Roi(Group):
    """Regions around boxes."""

    margin: NonNegative
    jitter: Annotated[float, Field(ge=0, lt=0.5)]
    copies: Count
    backgrounds: Annotated[int, Field(ge=0)]


class Scoring(Group):
    """From probabilities and boxes to counts."""

    confidence: OpenShare | None
    mask_threshold: OpenShare | None
    match_iou: OpenShare
    surface_tolerance: OpenShare
    batch: Count


class UnetPlusPlus(Group):
    """smp's UNet++ (Zhou et al. 2018)."""

    decoder_channels: Annotated[Channels, Field(min_length=5, max_length=5)]


class Unet3Plus(Group):
    """UNet3+ (Huang et al. 2020)."""

    channels: Count


class AttentionUnet(Group):
    """Attention U-Net (Oktay et al. 2018)."""

    decoder_channels: Annotated[Channels, Field(min_length=5, max_length=5)]


class TransUnet(Group):
    """TransUNet (Chen et al. 2021)."""

    width: Count
    depth: Count
    heads: Count
    dropout: Annotated[float, Field(ge=0, lt=1)]
    decoder_channels: Annotated[Channels, Field(min_length=4, max_length=4)]

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads (width is {self.width}, heads is {self.heads})")
        return self


class DeepLabV3(Group):
    """smp's DeepLabV3 (Chen et al. 2017)."""

    output_stride: Literal[8, 16]
    channels: Count
    atrous_rates: Annotated[Channels, Field(min_length=3, max_length=3)]


class Models(Group):
    """One group per network."""

    unetpp: UnetPlusPlus
    unet3plus: Unet3Plus
    attention_unet: AttentionUnet
    transunet: TransUnet
    deeplabv3: DeepLabV3


class Detector(Group):
    """Ultralytics' training arguments, by its names (``image_size`` is its ``imgsz``, ``weights`` its ``model``)."""

    weights: Annotated[str, Field(pattern=r"\.(yaml|pt)$")]
    image_size: Annotated[int, Field(ge=32, multiple_of=32)]
    epochs: Count
    patience: Annotated[int, Field(ge=0)]
    batch: Count
    optimizer: Literal["SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSProp"]
    lr0: Positive
    lrf: Positive
    momentum: Share
    weight_decay: NonNegative
    warmup_epochs: NonNegative
    mosaic: Share
    close_mosaic: Annotated[int, Field(ge=0)]
    fliplr: Share
    degrees: Annotated[float, Field(ge=0, le=180)]
    translate: Share
    scale: Share
    hsv_v: Share
    workers: Annotated[int, Field(ge=0)]


class Inputs(Group):
    """Size of the segmenters' inputs, in pixels."""

    image_size: Annotated[int, Field(ge=32, multiple_of=32)]


class Network(Group):
    """What all networks of a profile have in common."""

    encoder: Annotated[str, Field(min_length=1)]
    encoder_weights: Annotated[str, Field(min_length=1)] | None
    decoder_width: Annotated[float, Field(gt=0, le=4)]


class Train(Group):
    """The segmenters' training recipe."""

    loss: Literal["bce", "dice", "bce_dice"]
    epochs: Count
    patience: Count
    batch: Annotated[int, Field(ge=2)]
    lr: Positive
    weight_decay: NonNegative
    flip: Share
    rotation: Annotated[float, Field(ge=0, le=180)]
    brightness: Annotated[float, Field(ge=0, lt=1)]
    workers: Annotated[int, Field(ge=0)]


class Profile(Group):
    """How large and how long everything is."""

    detector: Detector
    inputs: Inputs
    network: Network
    train: Train


class Params(Group):
    """The whole file."""

    seed: Seed
    dataset: DatasetName
    profile: str
    model: ModelName
    mode: Mode
    datasets: Datasets
    prepare: Prepare
    split: Split
    detect: Detect
    roi: Roi
    scoring: Scoring
    models: Models
    profiles: Annotated[dict[str, Profile], Field(min_length=1)]

    @property
    def chosen(self) -> Profile:
        """The profile named by ``profile``."""
        return self.profiles[self.profile]


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check the whole of params.yaml.

    Raises:
        GuidedsegError: the file is missing or is no YAML, or names every wrong key with its value and what is allowed.
    """
    try:
        # DVC's own reader: `dvc exp run -S` writes numbers (1e-05) that PyYAML takes for text
        raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GuidedsegError(f"{path} not found: run from the root of the repository") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise GuidedsegError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise GuidedsegError(f"{path} is empty or no list of keys: restore it with `git checkout {path}`")
    problems = _choice_problems(raw)
    try:
        params = Params.model_validate(raw)
    except ValidationError as error:
        problems = [_problem(detail["loc"], detail) for detail in error.errors()] + problems
    if problems:
        raise listed(str(path), problems, "Mend these keys; the comments in params.yaml say what each means.")
    return params


def _choice_problems(raw: dict[str, Any]) -> list[str]:
    """What is wrong between the keys; read from the raw file, so that it is reported together with wrong values."""
    problems = []
    profiles, split = raw.get("profiles"), raw.get("split")
    profile = raw.get("profile")
    if isinstance(profiles, dict):
        if not isinstance(profile, str) or profile not in profiles:
            problems.append(f"profile: {profile!r} given, allowed: {', '.join(map(str, profiles))}")
            profile = None
        group = profiles.get(profile)
        network = group.get("network") if isinstance(group, dict) else None
        weights = network.get("encoder_weights") if isinstance(network, dict) else None
        if isinstance(weights, str) and weights != "imagenet" and not Path(weights).is_file():
            key = f"profiles.{profile}.network.encoder_weights"
            problems.append(f"{key}: no file {weights!r}; allowed: null, imagenet, or the path of a weights file")
    if isinstance(split, dict) and split.get("protocol") == "official" and raw.get("dataset") == "phantom":
        problems.append(
            "split.protocol: 'official' given, but the phantom has no official split; allowed: holdout, folds"
        )
    return problems


def _problem(location: Sequence[int | str], detail: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    """One line: key, value, what is allowed."""
    key = ".".join(str(part) for part in location)
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    match detail["type"]:
        case "missing":
            return f"{key}: missing"
        case "extra_forbidden":
            return f"{key}: unknown key"
        case "value_error":
            return f"{key}: {message}"
        case _:
            return f"{key}: {detail['input']!r} given, allowed: {message}"

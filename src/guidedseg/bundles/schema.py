"""``bundle.json``: what a bundle says of itself."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from guidedseg.harmonising.picture import Harmonising

SCHEMA = 1

NETWORKS = ("detector", "direct", "guided")
"""Folders of a bundle, each with a network."""

OF_A_NETWORK = ("config.json", "network.onnx", "weights.safetensors")

EXAMPLE = ("image.png", "mask.png", "direct.png", "guided.png", "boxes.json")
"""Files of ``example/``: a drawn picture, its mask, what both networks say of the whole of it, its boxes."""

FILES = (
    "README.md",
    *(f"{network}/{name}" for network in NETWORKS for name in OF_A_NETWORK),
    *(f"example/{name}" for name in EXAMPLE),
)
"""All that a bundle holds besides ``bundle.json``: nothing else is read."""

Side = Annotated[int, Field(ge=32, le=4096, multiple_of=32)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
OpenShare = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A group of keys: no key more, no key less."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Detector(Part):
    """How boxes are made: ``inference.proposing.proposer``; ``level`` is a cascade's, absent in others."""

    image_size: Side
    floor: OpenShare
    nms_iou: OpenShare
    max_boxes: Annotated[int, Field(ge=1, le=10_000)]
    level: Annotated[OpenShare | None, Field(exclude_if=lambda value: value is None)] = None


class Network(Part):
    """How a segmenter's probabilities become a mask: ``inference.segmenter.Filler``."""

    image_size: Side
    threshold: OpenShare
    gate: Share


class Cascade(Part):
    """``inference.segmenter.Cascaded``, but for ``max_boxes``, which the detector has."""

    level: OpenShare
    confidence: Share
    threshold: OpenShare


class Data(Part):
    """What the networks have seen.

    Attributes:
        dataset: its name in params.yaml.
        images: of train, val and test; patients likewise.
        index_sha256: of data/prepared/index.csv, which holds the hash of every image.
        split_sha256: of data/split.csv: who was trained on.
    """

    dataset: str
    images: dict[str, int]
    patients: dict[str, int]
    index_sha256: Sha256
    split_sha256: Sha256


class Made(Part):
    """With what the bundle was made.

    Attributes:
        commit: the last one that changed the code; None where there is no git.
        versions: of packages.
        params: of params.yaml, the dataset, profile and model that were run; files by their name alone.
    """

    commit: str | None
    versions: dict[str, str | None]
    params: dict[str, Any]


class Description(Part):
    """The whole file.

    Attributes:
        schema_version: of this file's layout.
        name: of the bundle.
        version: of guidedseg.
        model: the segmenting network.
        intended_use: in one sentence.
        licence: of weights and graphs.
        input_format: what every network takes.
        margin: added on each side of a box, as a share of its width or height.
        flips: whether regions are seen in the mirror too.
        confidence: a box counts from this confidence on; chosen on the validation images, as thresholds and gate.
        engine: what the example was made with.
        files: path within the bundle -> sha256.
        harmonising: what is made of a picture before a network sees it; absent: nothing.
        cascade: of the branch without a detector; absent in bundles of before there was one.
    """

    schema_version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,100}$")]
    version: str
    model: str
    intended_use: str
    licence: str
    input_format: str
    detector: Detector
    direct: Network
    guided: Network
    margin: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
    flips: bool
    confidence: Share
    engine: str
    data: Data
    made: Made
    files: dict[str, Sha256]
    harmonising: Annotated[Harmonising | None, Field(exclude_if=lambda value: value is None)] = None
    cascade: Annotated[Cascade | None, Field(exclude_if=lambda value: value is None)] = None

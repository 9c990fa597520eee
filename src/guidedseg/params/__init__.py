"""params.yaml: read, checked as a whole, every problem reported at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from guidedseg import given
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError, listed
from guidedseg.group import Group, Seed, Workers
from guidedseg.names import datasets_in
from guidedseg.params.data import Datasets, Detect, Frame, Predict, Prepare, Roi, Scoring, Split, Synthetic
from guidedseg.params.networks import Models, Network
from guidedseg.params.training import Cascade, Fcos, Inputs, MaskRcnn, Pretrain, Train, Yolo

ModelName = Literal[
    "unet",
    "unetpp",
    "unet3plus",
    "attention_unet",
    "transunet",
    "deeplabv3",
    "skunet",
    "maskrcnn",
    "yolo11n_seg",
    "sam",
]
DetectorName = Literal["yolo", "fcos", "maskrcnn", "cascade"]
Mode = Literal["direct", "guided"]

ONE_BY_ONE = ("maskrcnn", "yolo11n_seg")
"""Networks that find lesions one by one. Their losses are divided by what is found in a batch, or drawn from it, so
that those of shares of a batch are not that of the batch."""

GIVEN = ("sam",)
"""Networks whose weights are given: they are not trained."""

LARGEST = 100_000
"""Letters of params.yaml, and values in it once its aliases are followed."""


def known_dataset(dataset: str) -> str:
    """The name, where it is of datasets that there are; else a ValueError that says which."""
    names = datasets_in(dataset)
    unknown = [name for name in names if name not in DATASETS]
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"{dataset!r} given, allowed: {', '.join(DATASETS)}, or several of them joined by +")
    return dataset


class Profile(Group):
    """How large and how long everything is.

    ``workers``, the processes that prepare the segmenters' batches, change no result: no stage has them in its params.
    """

    workers: Workers
    engine: Literal["onnxruntime", "openvino", "torch"]
    yolo: Yolo
    fcos: Fcos
    maskrcnn: MaskRcnn
    cascade: Cascade
    pretrain: Pretrain
    inputs: Inputs
    network: Network
    train: Train


class Params(Group):
    """The whole file."""

    seed: Seed
    dataset: Annotated[str, AfterValidator(known_dataset)]
    external: list[str]
    profile: str
    model: ModelName
    detector: DetectorName
    mode: Mode
    datasets: Datasets
    prepare: Prepare
    split: Split
    synthetic: Synthetic
    detect: Detect
    frame: Frame
    roi: Roi
    predict: Predict
    scoring: Scoring
    models: Models
    profiles: Annotated[dict[str, Profile], Field(min_length=1)]

    @property
    def chosen(self) -> Profile:
        """The profile named by ``profile``."""
        return self.profiles[self.profile]

    @property
    def dataset_names(self) -> list[str]:
        """The dataset named by ``dataset``, or those of a union."""
        return datasets_in(self.dataset)

    @property
    def detector_weights(self) -> tuple[str, str | None]:
        """The key of what the chosen detector starts from, and its value; None of a cascade, which is trained here."""
        if self.detector == "cascade":
            return "detector", None
        if self.detector == "yolo":
            return f"profiles.{self.profile}.yolo.weights", self.chosen.yolo.weights
        recipe = self.chosen.fcos if self.detector == "fcos" else self.chosen.maskrcnn
        return f"profiles.{self.profile}.{self.detector}.encoder_weights", recipe.encoder_weights

    @property
    def network_weights(self) -> tuple[str, str | None]:
        """The key of the chosen network's own weights, and their path; None of one that is trained here."""
        return given.KEY, self.models.sam.weights if self.model in GIVEN else None

    @property
    def run(self) -> dict[str, Any]:
        """The parameters of the dataset, profile, network and detector that are run, without what changes nothing."""
        everything = self.model_dump(exclude={"profiles": {"__all__": {"workers"}}})
        of_union = ["balance"] if len(self.dataset_names) > 1 else []
        for group, names in (
            ("datasets", [*of_union, *self.dataset_names]),
            ("profiles", [self.profile]),
            ("models", [self.model]),
        ):
            everything[group] = {name: everything[group][name] for name in names}
        if not self.synthetic.share:
            del everything["synthetic"]
        for unused in set(get_args(DetectorName)) - {self.detector}:
            del everything["profiles"][self.profile][unused]
        return everything


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check the whole of params.yaml.

    Raises:
        GuidedsegError: the file is missing or is no YAML, or names every wrong key with its value and what is allowed.
    """
    raw = _read(path)
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


def _read(path: Path) -> Any:  # noqa: ANN401 - whatever the file has
    try:
        text = path.read_text(encoding="utf-8")
        if len(text) > LARGEST:
            raise GuidedsegError(f"{path} has {len(text)} letters: no params.yaml has more than {LARGEST}")
        # DVC's own reader: `dvc exp run -S` writes numbers (1e-05) that PyYAML takes for text
        raw = YAML(typ="safe").load(text)
    except FileNotFoundError:
        raise GuidedsegError(f"{path} not found: run from the root of the repository") from None
    except RecursionError:
        raise GuidedsegError(f"{path} is not valid YAML: brackets within brackets without end") from None
    except (YAMLError, ValueError) as error:  # of decoding; of a number of thousands of digits
        raise GuidedsegError(f"{path} is not valid YAML: {error}") from None
    if _larger(raw, LARGEST):
        raise GuidedsegError(f"{path} has aliases (*) of aliases, {LARGEST} values and more; write them out")
    return raw


def _larger(raw: Any, most: int) -> bool:  # noqa: ANN401
    """Whether there are more values than that; aliases cost the reader nothing, and whoever prints them the machine."""
    waiting, count = [raw], 0
    while waiting and count <= most:
        value = waiting.pop()
        count += 1
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return count > most


def _choice_problems(raw: dict[str, Any]) -> list[str]:
    """What is wrong between the keys; read from the raw file, so that it is reported together with wrong values."""
    problems = []
    profiles, split = raw.get("profiles"), raw.get("split")
    profile = raw.get("profile")
    if isinstance(profiles, dict) and (not isinstance(profile, str) or profile not in profiles):
        problems.append(f"profile: {profile!r} given, allowed: {', '.join(map(str, profiles))}")
    if isinstance(split, dict) and split.get("protocol") == "official":
        names = datasets_in(str(raw.get("dataset")))
        problems += [
            f"split.protocol: 'official' given, but {DATASETS[name].title} has none; allowed: holdout, folds"
            for name in names
            if name in DATASETS and not DATASETS[name].official
        ]
    chosen = profiles.get(profile) if isinstance(profiles, dict) and isinstance(profile, str) else None
    train = chosen.get("train") if isinstance(chosen, dict) else None
    model = raw.get("model")
    if isinstance(model, str) and model in ONE_BY_ONE and isinstance(train, dict):
        problems += [
            f"profiles.{profile}.train.{key}: {train[key]} given, but {model} trains on one device; allowed: 1"
            for key in ("devices", "nodes")
            if train.get(key, 1) != 1
        ]
    options = raw["models"].get(model) if isinstance(raw.get("models"), dict) else None
    if isinstance(model, str) and model in GIVEN and isinstance(options, dict) and options.get("weights", "") is None:
        problems.append(f"{given.KEY}: None given, but {model} is not trained; allowed: a checkpoint. {given.had()}")
    external, own = raw.get("external"), datasets_in(str(raw.get("dataset")))
    if isinstance(external, list) and all(isinstance(name, str) for name in external):
        allowed = [name for name in DATASETS if name not in own]
        if not set(external) <= set(allowed) or len(set(external)) < len(external):
            problems.append(f"external: {external} given, allowed: each once, {', '.join(allowed)}")
    scoring, detect = raw.get("scoring"), raw.get("detect")
    confidence, floor = (
        group.get(key) if isinstance(group, dict) else None
        for group, key in ((scoring, "confidence"), (detect, "floor"))
    )
    if isinstance(confidence, float) and isinstance(floor, float) and confidence < floor:
        problems.append(
            f"scoring.confidence: {confidence:g} given, but no box below detect.floor is kept; allowed: null, or from "
            f"{floor:g} on"
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
            return f"{key}: {_short(detail['input'])} given, allowed: {message}"


def _short(given: Any) -> str:  # noqa: ANN401
    try:
        text = repr(given)
    except (ValueError, RecursionError):  # Python prints no number of thousands of digits, and no endless brackets
        return "what cannot be printed"
    return text if len(text) <= 100 else f"{text[:100]}..."

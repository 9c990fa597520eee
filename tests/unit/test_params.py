"""params.yaml: the repository's loads, every mistake is told at once, and the schema agrees with the library."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from guidedseg import params
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError
from guidedseg.segmentation import losses, models

ROOT = Path(__file__).parents[2]
Changed = Callable[..., Path]


def message(path: Path) -> str:
    with pytest.raises(GuidedsegError) as error:
        params.load(path)
    return str(error.value)


def test_file_of_the_repository_loads_with_the_embedded_default() -> None:
    settings = params.load(ROOT / "params.yaml")
    assert (settings.dataset, settings.profile, settings.mode) == ("phantom", "quick", "guided")
    assert settings.chosen is settings.profiles["quick"]


@pytest.mark.parametrize("dataset", [*DATASETS, "bus_uclm+busi"])
@pytest.mark.parametrize("profile", ["quick", "cpu", "paper"])
def test_every_profile_goes_with_every_dataset(changed: Changed, dataset: str, profile: str) -> None:
    assert params.load(changed({"dataset": dataset, "profile": profile})).profile == profile


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("seed", -1, "greater than or equal to 0"),
        ("seed", "0", "a valid integer"),
        ("seed", True, "a valid integer"),
        ("dataset", "busy", "phantom, phantom_elsewhere, bus_uclm, "),
        ("dataset", "busi+busi", "phantom, phantom_elsewhere, bus_uclm, "),
        (
            "model",
            "segnet",
            "'transunet', 'deeplabv3', 'skunet', 'maskrcnn', 'yolo11n_seg' or 'sam'",
        ),
        ("mode", "both", "'direct' or 'guided'"),
        ("profile", "gpu", "quick, cpu, paper"),
        ("profile", ["quick"], "quick, cpu, paper"),
        ("external", ["busi", "busi"], "each once, phantom_elsewhere, bus_uclm, busi, "),
        ("external", ["phantom"], "each once, phantom_elsewhere, bus_uclm, busi, "),
        ("external", "busi", "a valid list"),
        ("prepare.region", 1, "a valid boolean"),
        ("prepare.mm_per_pixel", 0, "greater than or equal to 0.01"),
        ("frame.jitter", None, "a valid number"),
        ("roi.jitter", 0.5, "less than 0.5"),
        ("roi.backgrounds", 1.5, "a valid integer"),
        ("scoring.confidence", 1, "less than 1"),
        ("scoring.mask_threshold", 0, "greater than 0"),
        ("scoring.match_iou", None, "a valid number"),
        ("scoring.surface_tolerance", 5, "less than 1"),
        ("scoring.batch", 0, "greater than or equal to 1"),
        ("profiles.quick.train.lr", "0.002", "a valid number"),
        ("profiles.quick.train.lr", float("inf"), "a finite number"),
        ("profiles.quick.train.lr", float("nan"), "a finite number"),
        ("profiles.quick.train.loss", "tversky", "'bce', 'dice', 'focal', 'bce_dice', 'hybrid' or 'hybrid_bce'"),
        ("profiles.quick.train.focal_gamma", -1.0, "greater than or equal to 0"),
        ("profiles.quick.train.empty_share", 1.0, "less than 1"),
        ("profiles.quick.train.optimizer", "lion", "'adamw', 'adam' or 'sgd'"),
        ("profiles.quick.train.schedule", "step", "'cosine', 'polynomial' or 'constant'"),
        ("profiles.quick.train.warmup", 1.0, "less than 1"),
        ("profiles.quick.train.clip", 0.0, "greater than 0"),
        ("profiles.quick.train.ema", 1.0, "less than 1"),
        ("profiles.quick.train.precision", "fp64", "'bf16', 'fp16' or 'fp32'"),
        ("predict.flips", 1, "a valid boolean"),
        ("models.unet3plus.class_guided", "yes", "a valid boolean"),
        ("profiles.quick.inputs.image_size", 100, "a multiple of 32"),
        ("profiles.quick.network.encoder_weights", "", "at least 1 character"),
        ("profiles.quick.workers", -1, "greater than or equal to 0"),
        ("models.deeplabv3.output_stride", 4, "8 or 16"),
        ("models.unetpp.decoder_channels", [64, 32], "at least 5 items"),
        ("profiles.quick", None, "a valid dictionary"),
        ("profiles.quick.network", "resnet34", "a valid dictionary"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_what_is_allowed(
    changed: Changed, key: str, value: object, allowed: str
) -> None:
    text = message(changed({key: value}))
    lines = [line for line in text.splitlines() if line.startswith(f"  - {key}: ")]
    assert any(allowed in line for line in lines), text
    assert str(value) in text


def test_several_mistakes_are_told_in_one_error(changed: Changed) -> None:
    path = changed(
        {
            "model": "segnet",
            "mode": "both",
            "dataset": "busy",
            "profile": "cpu",
            "learning_rate": 1,
            "roi.margins": 0.2,
            "seed": ...,
            "scoring.match_iou": "0.5",
            "profiles.paper.train.batch": 1,
        }
    )
    text = message(path)
    expected = [
        "model: 'segnet' given, allowed: 'unet', 'unetpp', ",
        "mode: 'both' given, allowed: 'direct' or 'guided'",
        "dataset: 'busy' given, allowed: phantom, phantom_elsewhere, bus_uclm, ",
        "learning_rate: unknown key",
        "roi.margins: unknown key",
        "seed: missing",
        "scoring.match_iou: '0.5' given, allowed: a valid number",
        "profiles.paper.train.batch: 1 given, allowed: greater than or equal to 2",
    ]
    for line in expected:
        assert f"  - {line}" in text
    assert f"{path}: {len(expected)} problem(s)" in text


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"split.protocol": "official"}, "split.protocol: 'official' given, but the drawn phantom has none"),
        ({"split.val": 0.5, "split.test": 0.5}, "split: val + test must leave something to train on"),
        ({"split.fold": 5}, "split: fold must be less than folds (fold is 5, folds is 5)"),
        (
            {"profiles.quick.yolo.epochs": 8},
            "profiles.quick.yolo: close_mosaic must be less than epochs, unless mosaic is 0 (close_mosaic is 8, ",
        ),
        (
            {"profiles.quick.train.devices": 3},
            "profiles.quick.train: batch must be a multiple of devices x nodes, 2 items or more for each (batch is 8, ",
        ),
        ({"profiles.quick.fcos.devices": 4, "profiles.quick.fcos.nodes": 2}, "profiles.quick.fcos: batch must be a "),
        ({"profiles.quick.train.strategy": "fsdp"}, "profiles.quick.train.strategy: 'fsdp' given, allowed: 'auto' or"),
        ({"profiles.quick.yolo.devices": 2}, "profiles.quick.yolo: devices given, but yolo trains on one device; "),
        ({"scoring.confidence": 0.009}, "scoring.confidence: 0.009 given, but no box below detect.floor is kept"),
    ],
)
def test_values_that_do_not_go_together_are_refused(changed: Changed, changes: dict[str, Any], line: str) -> None:
    assert f"  - {line}" in message(changed(changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"profiles.quick.yolo.epochs": 9},
        {"profiles.quick.yolo.epochs": 1, "profiles.quick.yolo.mosaic": 0.0},
        {"scoring.confidence": 0.01},
        {"profiles.quick.train.devices": 2, "profiles.quick.train.nodes": 2},
    ],
)
def test_values_at_the_edge_of_what_goes_together_are_allowed(changed: Changed, changes: dict[str, Any]) -> None:
    params.load(changed(changes))


def test_official_split_is_allowed_for_the_real_images(changed: Changed) -> None:
    path = changed({"split.protocol": "official", "dataset": "bus_uclm"})
    assert params.load(path).split.protocol == "official"


@pytest.mark.parametrize("key", ["confidence", "mask_threshold"])
@pytest.mark.parametrize("value", [None, 0.3])
def test_operating_value_is_given_or_left_to_the_validation_images(
    changed: Changed, key: str, value: float | None
) -> None:
    assert getattr(params.load(changed({f"scoring.{key}": value})).scoring, key) == value


def test_what_is_given_is_what_the_file_says() -> None:
    # so the code of `params` changes no result but by refusing, and is no dep of any stage
    path = ROOT / "params.yaml"
    assert params.load(path).model_dump() == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_weights_file_may_be_gone(changed: Changed) -> None:
    # in the copy that a queued experiment works in it is; the stage `outside` tells one that never was
    path = changed({"profiles.quick.network.encoder_weights": "weights/none.safetensors"})
    assert params.load(path).chosen.network.encoder_weights == "weights/none.safetensors"


@pytest.mark.parametrize("number", ["1e-05", "1e-5", "0.00001", "1.0e-05"])
def test_small_numbers_are_numbers_however_they_are_written(changed: Changed, number: str) -> None:
    # `dvc exp run -S profiles.quick.train.lr=0.00001` writes 1e-05 into the file
    path = changed({"profiles.quick.train.lr": "NUMBER"})
    path.write_text(path.read_text(encoding="utf-8").replace("NUMBER", number), encoding="utf-8")
    assert params.load(path).chosen.train.lr == 1e-5


def test_missing_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    assert message(tmp_path / "params.yaml").endswith("params.yaml not found: run from the root of the repository")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"seed: [1", "is not valid YAML"),
        (b"seed: 1\nseed: 2\n", "duplicate key"),
        (b"seed: \xff", "is not valid YAML"),
        (b"", "is empty"),
        (b"- seed\n", "no list of keys"),
    ],
)
def test_file_that_is_no_yaml_mapping_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "params.yaml").write_bytes(content)
    assert told in message(tmp_path / "params.yaml")


def test_schema_names_the_networks_of_the_library() -> None:
    assert list(get_args(params.ModelName)) == list(models.MODELS)
    assert list(params.Models.model_fields) == list(models.MODELS)


@pytest.mark.parametrize("name", models.MODELS)
def test_schema_has_the_options_of_the_network(name: str) -> None:
    group = params.Models.model_fields[name].annotation
    assert group is not None
    assert set(group.model_fields) == set(models.defaults(name))


@pytest.mark.parametrize("name", models.MODELS)
def test_options_in_the_file_are_the_networks_own_defaults(name: str) -> None:
    given = getattr(params.load(ROOT / "params.yaml").models, name).model_dump()
    assert given == {
        key: list(value) if isinstance(value, tuple) else value for key, value in models.defaults(name).items()
    }


def test_schema_names_the_losses_of_the_library() -> None:
    assert get_args(params.Train.model_fields["loss"].annotation) == tuple(losses.LOSSES)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("datasets.phantom.images", 10**12),
        ("datasets.phantom.width", 10**9),
        ("profiles.quick.workers", 10**6),
        ("profiles.quick.yolo.workers", 10**6),
        ("profiles.quick.inputs.image_size", 2**40),
        ("profiles.quick.yolo.image_size", 2**40),
        ("profiles.quick.fcos.image_size", 2**40),
        ("profiles.quick.fcos.channels", 2**30),
        ("profiles.quick.train.batch", 10**9),
        ("profiles.quick.train.epochs", 10**9),
        ("profiles.quick.train.lr", 1e300),
        ("models.deeplabv3.channels", 10**9),
        ("models.unet.decoder_channels", [10**9, 128, 64, 32, 16]),
        ("detect.max_boxes", 10**9),
        ("split.folds", 10**9),
        ("roi.margin", 1e12),
        ("profiles.quick.train.devices", 10**6),
    ],
)
def test_a_zero_too_many_is_told(changed: Changed, key: str, value: object) -> None:
    text = message(changed({key: value}))
    assert key in text
    assert "less than or equal to" in text


BOMBS = {
    "nested": ("seed: " + "[" * 10_000, "is not valid YAML"),
    "nested and closed": ("seed: " + "[" * 10_000 + "]" * 10_000, "seed: what cannot be printed"),
    "a number of 5,000 digits": (f"seed: {'9' * 5000}", "is not valid YAML"),
    "a number of 4,000 digits": (f"seed: {'9' * 4000}", "seed: 99999"),
    "a billion laughs": (
        "a0: &a0 [lol, lol]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)),
        "aliases",
    ),
    "an alias of itself": ("a: &a [*a]", "aliases"),
    "long": (f"seed: {'x' * 200_000}", "200006 letters"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_yaml_that_would_burst_is_one_short_message(tmp_path: Path, bomb: str) -> None:
    content, told = BOMBS[bomb]
    path = tmp_path / "params.yaml"
    path.write_text(content)
    text = message(path)
    assert told in text
    assert max(map(len, text.splitlines())) < 400

"""Every leaf of params.yaml makes a recipe, or is on the list of what does not."""

import itertools
from pathlib import Path
from typing import Any, get_args

import pytest

from guidedseg import params
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.evaluation.recipe import DETECTORS, LEFT_OUT, UNREAD, fits, flat, recipe, short
from guidedseg.params.data import Split

FILE = params.load(Path(__file__).parent.parent.parent / "params.yaml").model_dump()
PROTOCOLS = get_args(Split.model_fields["protocol"].annotation)


def chosen(dataset: str, model: str, profile: str, protocol: str) -> dict[str, Any]:
    split = FILE["split"] | {"protocol": protocol, "seed": 0}
    return FILE | {"dataset": dataset, "model": model, "profile": profile, "split": split}


@pytest.mark.parametrize(
    ("dataset", "model", "profile", "protocol"),
    list(itertools.product(DATASETS, FILE["models"], FILE["profiles"], PROTOCOLS)),
)
def test_every_leaf_makes_the_recipe_or_is_on_the_list(dataset, model, profile, protocol):
    of = chosen(dataset, model, profile, protocol)
    others = [
        f"{group}.{name}."
        for group, mine in (("datasets", dataset), ("models", model), ("profiles", profile))
        for name in FILE[group]
        if name != mine
    ]
    others += ["datasets.balance"]  # of a union
    others += ["synthetic."]  # none
    others += [f"profiles.{profile}.{detector}." for detector in DETECTORS if detector != of["detector"]]
    expected = {
        key
        for key in flat(of)
        if not any(fits(key, pattern) for pattern in LEFT_OUT)
        and not key.startswith(tuple(others))
        and key not in {f"split.{name}" for name in UNREAD[protocol]}
    }
    assert set(recipe(of)) == expected
    assert len({short(key) for key in expected}) == len(expected)


def test_synthetic_images_make_the_recipe_where_there_are_any_and_older_runs_had_none():
    of = chosen("phantom", "unetpp", "quick", "holdout")
    with_some = {key for key in recipe(of | {"synthetic": of["synthetic"] | {"share": 0.5}}) if "synthetic" in key}
    assert with_some == {f"synthetic.{name}" for name in ("share", "source", "use", "seed")}
    older = {key: value for key, value in of.items() if key != "synthetic"}
    assert recipe(older) == recipe(of)


def test_every_line_of_the_list_is_a_leaf():
    leaves = [*flat(FILE), "split.seed"]
    assert [pattern for pattern in LEFT_OUT if not any(fits(leaf, pattern) for leaf in leaves)] == []
    assert [key for keys in UNREAD.values() for key in keys if f"split.{key}" not in leaves] == []
    assert set(UNREAD) == set(PROTOCOLS)


OTHERS = set(DETECTORS) - {"yolo"}


def test_what_makes_no_result_is_few_and_known():
    of = chosen("phantom", "unetpp", "quick", "holdout")
    mine = {key for key in flat(of) if not key.startswith(("datasets.", "models.", "profiles.", "synthetic."))}
    assert mine - set(recipe(of)) == {
        *("dataset", "external", "model", "profile", "mode", "seed", "split.fold", "split.folds", "scoring.batch")
    }
    of_profile = {key for key in flat(of) if key.startswith("profiles.quick.") and key.split(".")[2] not in OTHERS}
    # the detector's workers draw their own augmentation
    assert {key for key in of_profile if key not in recipe(of)} == {"profiles.quick.workers"}


def test_how_a_union_is_balanced_is_of_its_recipe_and_of_no_other():
    even = {"datasets": FILE["datasets"] | {"balance": "even"}}
    one, union = (chosen(dataset, "unetpp", "quick", "holdout") for dataset in ("phantom", "phantom+bus_uclm"))
    assert recipe(one) == recipe(one | even)
    assert recipe(union) != recipe(union | even)


@pytest.mark.parametrize(
    ("group", "key", "value"),
    [("predict", "flips", True), ("detect", "floor", 0.02), ("split", "seed", 1), ("scoring", "match_iou", 0.4)],
)
def test_what_changes_a_result_changes_the_recipe(group, key, value):
    of = chosen("phantom", "unetpp", "quick", "holdout")
    assert recipe(of) != recipe(of | {group: of[group] | {key: value}})


def test_a_group_that_a_later_version_adds_is_in_the_recipe():
    of = chosen("phantom", "unetpp", "quick", "holdout")
    assert recipe(of | {"calibration": {"kind": "platt"}})["calibration.kind"] == "platt"


def test_the_seed_of_the_split_means_nothing_where_the_split_is_the_authors():
    of = chosen("bus_uclm", "unetpp", "quick", "official")
    assert recipe(of) == recipe(of | {"split": of["split"] | {"seed": 9}})


def test_whole_numbers_are_equal_however_they_are_written():
    of = chosen("phantom", "unetpp", "quick", "holdout")
    assert recipe(of | {"roi": {"margin": 1}}) == recipe(of | {"roi": {"margin": 1.0}})


def test_keys_are_shortened_by_what_a_row_says():
    assert [short(key) for key in ("profiles.quick.yolo.epochs", "models.unet.channels", "split.val")] == [
        *("yolo.epochs", "unet.channels", "split.val")
    ]

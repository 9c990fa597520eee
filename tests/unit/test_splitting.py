"""Splits: groups stay together, proportions hold, folds partition, leaks are told, and errors name the key."""

import json
import logging

import numpy as np
import pandas as pd
import pytest

from guidedseg.datasets.splitting import assign, audit
from guidedseg.errors import GuidedsegError
from guidedseg.names import SPLITS

SETTINGS = {"protocol": "holdout", "group_by": "patient", "val": 0.15, "test": 0.2, "folds": 5, "fold": 0, "seed": 7}


def index_of(patients: int = 38, seed: int = 0) -> pd.DataFrame:
    """A dataset like BUS-UCLM: uneven patients, mostly normal frames, P00 and P01 sharing pictures."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        kind = "malignant" if patient % 3 == 0 else "benign"
        for frame in range(int(rng.integers(6, 30))):
            pathology = kind if frame == 0 or rng.random() < 0.35 else "normal"
            rows.append((f"P{patient:02d}_{frame:03d}", f"P{patient:02d}", pathology))
    index = pd.DataFrame(rows, columns=["image_id", "patient_id", "pathology"])
    return index.assign(
        group_id=index["patient_id"].replace("P01", "P00"),
        lesion_count=(index["pathology"] != "normal").astype(int),
        official_split="",
        patient_known=1,
        dataset="ours",
    )


def with_official(index: pd.DataFrame, val: set[str], test: set[str]) -> pd.DataFrame:
    patient = index["patient_id"]
    return index.assign(
        official_split=np.where(patient.isin(test), "test", np.where(patient.isin(val), "val", "train"))
    )


@pytest.fixture
def index() -> pd.DataFrame:
    return index_of()


@pytest.fixture
def duplicates() -> pd.DataFrame:
    return pd.DataFrame(
        {"image_a": ["P00_000", "P00_001"], "image_b": ["P01_000", "P01_001"], "similarity": [1.0, 1.0]}
    )


@pytest.mark.parametrize("protocol", ["holdout", "folds"])
def test_result_has_one_sorted_row_per_image_whatever_the_row_order(index: pd.DataFrame, protocol: str) -> None:
    split = assign(index, **SETTINGS | {"protocol": protocol})
    assert list(split.columns) == ["image_id", "group_id", "split"]
    assert split["image_id"].tolist() == sorted(index["image_id"])
    assert set(split["split"]) == set(SPLITS)
    shuffled = assign(index.sample(frac=1, random_state=1), **SETTINGS | {"protocol": protocol})
    pd.testing.assert_frame_equal(split, shuffled)


@pytest.mark.parametrize("protocol", ["holdout", "folds"])
@pytest.mark.parametrize("seed", range(5))
def test_by_patient_no_group_lies_in_two_splits(
    index: pd.DataFrame, duplicates: pd.DataFrame, protocol: str, seed: int
) -> None:
    split = assign(index, **SETTINGS | {"protocol": protocol, "seed": seed})
    assert (split.groupby("group_id")["split"].nunique() == 1).all()
    assert set(audit(index, split, duplicates)["leakage"].values()) == {0}


@pytest.mark.parametrize("protocol", ["holdout", "folds"])
def test_by_image_the_audit_tells_the_leak(index: pd.DataFrame, duplicates: pd.DataFrame, protocol: str) -> None:
    split = assign(index, **SETTINGS | {"protocol": protocol, "group_by": "image"})
    leakage = audit(index, split, duplicates)["leakage"]
    apart = split.groupby(index.set_index("image_id").loc[split["image_id"], "patient_id"].to_numpy())[
        "split"
    ].nunique()
    assert leakage["patients_in_several_splits"] == (apart > 1).sum() > 30
    assert leakage["groups_in_several_splits"] > 30
    assert split["group_id"].tolist() == index.sort_values("image_id")["group_id"].tolist()


def test_audit_counts_by_hand() -> None:
    index = pd.DataFrame(
        {
            "image_id": ["a", "b", "c", "d", "e"],
            "patient_id": ["P", "P", "Q", "R", "S"],
            "group_id": ["P", "P", "Q", "Q", "S"],
            "pathology": ["normal", "benign", "benign", "malignant", "malignant"],
            "lesion_count": [0, 2, 1, 1, 3],
            "patient_known": [1, 1, 0, 1, 1],
            "dataset": "ours",
        }
    )
    split = index[["image_id", "group_id"]].assign(split=["train", "val", "train", "test", "train"])
    duplicates = pd.DataFrame({"image_a": ["c", "a"], "image_b": ["d", "e"], "similarity": [1.0, 0.99]})
    counts = audit(index, split, duplicates)
    # a, c, e are train: patients P, Q, S in groups P, Q, S; one normal, a benign with 1, a malignant with 3 lesions
    train = {
        "images": 3,
        "patients": 3,
        "groups": 3,
        "lesions": 4,
        "normal": 1,
        "benign": 1,
        "malignant": 1,
        "unknown": 0,
    }
    val = {
        "images": 1,
        "patients": 1,
        "groups": 1,
        "lesions": 2,
        "normal": 0,
        "benign": 1,
        "malignant": 0,
        "unknown": 0,
    }
    test = {
        "images": 1,
        "patients": 1,
        "groups": 1,
        "lesions": 1,
        "normal": 0,
        "benign": 0,
        "malignant": 1,
        "unknown": 0,
    }
    # P lies in train and val; group P too, and group Q in train and test; of the pairs only c-d is apart
    leakage = {
        "patients_in_several_splits": 1,
        "groups_in_several_splits": 2,
        "duplicate_pictures_in_several_splits": 1,
        "images_of_unknown_patients": 1,
    }
    assert counts == {"train": train, "val": val, "test": test, "leakage": leakage}
    assert json.loads(json.dumps(counts)) == counts


def test_audit_takes_an_empty_table_of_duplicates(index: pd.DataFrame) -> None:
    none = pd.DataFrame(columns=["image_a", "image_b", "similarity"])
    assert audit(index, assign(index, **SETTINGS), none)["leakage"]["duplicate_pictures_in_several_splits"] == 0


@pytest.mark.parametrize("seed", range(5))
def test_holdout_by_patient_comes_close_to_fractions_and_proportions(index: pd.DataFrame, seed: int) -> None:
    split = assign(index, **SETTINGS | {"seed": seed}).merge(index[["image_id", "pathology"]])
    for name, target in (("train", 0.65), ("val", 0.15), ("test", 0.2)):
        part = split[split["split"] == name]
        assert len(part) / len(split) == pytest.approx(target, abs=0.02)
        for pathology, total in split["pathology"].value_counts().items():
            assert (part["pathology"] == pathology).sum() / total == pytest.approx(target, abs=0.04)


def test_holdout_by_image_meets_fractions_and_proportions_to_the_image(index: pd.DataFrame) -> None:
    split = assign(index, **SETTINGS | {"group_by": "image"}).merge(index[["image_id", "pathology"]])
    counts = pd.crosstab(split["split"], split["pathology"])
    totals = counts.sum()
    assert counts.sum(axis=1).to_dict() == {
        "test": round(0.2 * len(index)),
        "val": round(0.15 * len(index)),
        "train": len(index) - round(0.2 * len(index)) - round(0.15 * len(index)),
    }
    for name, target in (("val", 0.15), ("test", 0.2)):
        assert (counts.loc[name] - target * totals).abs().max() <= 1.5


@pytest.mark.parametrize("group_by", ["patient", "image"])
def test_each_image_is_test_in_exactly_one_fold_and_val_in_the_one_before(index: pd.DataFrame, group_by: str) -> None:
    splits = [assign(index, **SETTINGS | {"protocol": "folds", "group_by": group_by, "fold": k}) for k in range(5)]
    tested = pd.concat([split[split["split"] == "test"] for split in splits])
    assert sorted(tested["image_id"]) == sorted(index["image_id"])
    for fold, split in enumerate(splits):
        after = splits[(fold + 1) % 5]
        assert set(split.loc[split["split"] == "val", "image_id"]) == set(
            after.loc[after["split"] == "test", "image_id"]
        )


@pytest.mark.parametrize("group_by", ["patient", "image"])
@pytest.mark.parametrize("protocol", ["holdout", "folds"])
def test_one_seed_gives_one_split_and_another_seed_another(index: pd.DataFrame, protocol: str, group_by: str) -> None:
    settings = SETTINGS | {"protocol": protocol, "group_by": group_by}
    first = assign(index, **settings)
    pd.testing.assert_frame_equal(first, assign(index, **settings))
    assert not first.equals(assign(index, **settings | {"seed": 8}))


def test_official_split_is_taken_as_it_is(index: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    official = with_official(index, val={"P05", "P06"}, test={"P09", "P10"})
    split = assign(official, **SETTINGS | {"protocol": "official"})
    assert split["split"].tolist() == official.sort_values("image_id")["official_split"].tolist()
    assert not caplog.records


@pytest.mark.parametrize(
    ("val", "test", "expected"), [({"P01"}, set(), "val"), (set(), {"P01"}, "test"), ({"P00"}, {"P01"}, "test")]
)
def test_group_in_several_official_splits_goes_whole_to_test_before_val_before_train(
    index: pd.DataFrame, val: set[str], test: set[str], expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    official = with_official(index, val=val | {"P05", "P06"}, test=test | {"P09", "P10"})
    with caplog.at_level(logging.WARNING):
        split = assign(official, **SETTINGS | {"protocol": "official"})
    assert set(split.loc[split["group_id"] == "P00", "split"]) == {expected}
    assert "Patient P00" in caplog.text
    others = split["group_id"] != "P00"
    ordered = official.sort_values("image_id", ignore_index=True)
    assert split.loc[others, "split"].tolist() == ordered.loc[others, "official_split"].tolist()


@pytest.mark.parametrize("empty", ["", None, np.nan])
def test_missing_official_split_names_the_remedy(index: pd.DataFrame, empty: object) -> None:
    without = index.assign(official_split=pd.Series([empty] * len(index), dtype=object))
    with pytest.raises(GuidedsegError, match=r"no official split.*split\.protocol: holdout"):
        assign(without, **SETTINGS | {"protocol": "official"})


def test_partly_missing_official_split_names_the_images(index: pd.DataFrame) -> None:
    official = with_official(index, val={"P05"}, test={"P09"})
    official.loc[official["image_id"] == "P03_002", "official_split"] = np.nan
    with pytest.raises(GuidedsegError, match=r"(?s)P03_002.*split\.protocol: holdout"):
        assign(official, **SETTINGS | {"protocol": "official"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protocol": "random"}, r"split\.protocol is 'random'.*official, holdout, folds"),
        ({"group_by": "frame"}, r"split\.group_by is 'frame'.*patient, image"),
        ({"val": 0.0}, r"split\.val is 0\.0"),
        ({"test": 1.2}, r"split\.test is 1\.2"),
        ({"val": 0.5, "test": 0.5}, r"split\.val \+ split\.test is 1"),
        ({"protocol": "folds", "folds": 2}, r"split\.folds is 2"),
        ({"protocol": "folds", "fold": 5}, r"split\.fold is 5.*= 4"),
        ({"protocol": "folds", "fold": -1}, r"split\.fold is -1"),
        ({"protocol": "folds", "folds": 50}, r"lower split\.folds"),
    ],
)
def test_impossible_settings_are_refused_naming_the_key(
    index: pd.DataFrame, change: dict[str, object], message: str
) -> None:
    with pytest.raises(GuidedsegError, match=message):
        assign(index, **SETTINGS | change)


def test_all_wrong_settings_are_told_at_once(index: pd.DataFrame) -> None:
    with pytest.raises(GuidedsegError, match=r"(?s)split\.protocol.*split\.group_by"):
        assign(index, **SETTINGS | {"protocol": "x", "group_by": "y"})


def test_empty_split_is_refused(index: pd.DataFrame) -> None:
    two_groups = index[index["group_id"].isin(["P03", "P04"])]
    with pytest.raises(GuidedsegError, match=r"(?s)has no image.*split\.val or split\.test"):
        assign(two_groups, **SETTINGS)


@pytest.mark.parametrize("protocol", ["holdout", "folds"])
def test_every_set_without_a_lesion_is_refused(index: pd.DataFrame, protocol: str) -> None:
    normals = index.assign(pathology="normal", lesion_count=0)
    each = ".*".join(f"{name} has no image with a lesion" for name in SPLITS)
    with pytest.raises(GuidedsegError, match=rf"(?s){each}.*seed"):
        assign(normals, **SETTINGS | {"protocol": protocol})


@pytest.mark.parametrize("name", SPLITS)
def test_official_split_without_lesions_in_one_set_is_refused(index: pd.DataFrame, name: str) -> None:
    official = with_official(index, val={"P05"}, test={"P09"})
    official.loc[official["official_split"] == name, "lesion_count"] = 0
    with pytest.raises(GuidedsegError, match=rf"(?s)1 problem.*{name} has no image with a lesion.*protocol: holdout"):
        assign(official, **SETTINGS | {"protocol": "official"})


def test_stratification_by_image_impossible_with_one_image_of_a_kind(index: pd.DataFrame) -> None:
    alone = index.assign(pathology=["malignant"] + ["normal"] * (len(index) - 1))
    with pytest.raises(GuidedsegError, match=r"split\.val or split\.test"):
        assign(alone, **SETTINGS | {"group_by": "image"})


def test_official_folds_are_those_of_the_authors(index: pd.DataFrame) -> None:
    parts = index["group_id"].rank(method="dense").astype(int) % 5 + 1
    index = index.assign(official_split="fold" + parts.astype(str))
    for fold in range(5):
        split = assign(index, **SETTINGS | {"protocol": "official", "fold": fold})
        found = split.merge(index[["image_id", "official_split"]]).groupby("official_split")["split"].unique()
        expected = {
            f"fold{k + 1}": "test" if k == fold else "val" if k == (fold + 1) % 5 else "train" for k in range(5)
        }
        assert {name: values.item() for name, values in found.items()} == expected
    with pytest.raises(GuidedsegError, match="there are 5 official folds"):
        assign(index, **SETTINGS | {"protocol": "official", "folds": 10, "fold": 7})

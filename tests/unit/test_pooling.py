"""Which runs make one entry, and which entries may be ranked, on made-up runs."""

import pytest
from board_runs import REFERENCE, boarded, folds, images, run, score, tables

from guidedseg.evaluation import pooling
from guidedseg.reporting.board import formats


def seeds_of(*runs: pooling.Run) -> list[list[int]]:
    """The seeds of every entry."""
    return [entry.seeds for entry in pooling.pool(runs, REFERENCE)[0]]


def notes_of(*runs: pooling.Run) -> list[str]:
    return pooling.pool(runs, REFERENCE)[1]


# Folds


def test_missing_folds_are_named_with_the_patients_that_remain():
    text = formats.text(boarded(*folds(0, 1, 3, of=5)), "strict", "dice")
    assert "Test images: 12; patients: 6." in text
    assert "Only fold 0, 1, 3 of 5." in text
    assert "Only fold" not in formats.text(boarded(*folds(0, 1, 2)), "strict", "dice")


def test_a_fold_number_means_nothing_where_the_split_has_no_folds():
    result = boarded(run(images()), run(images(), split__fold=2))
    assert score(result)["runs"] == 1
    assert score(result)["folds"] == ""


# Seeds


def test_seeds_with_the_same_test_images_are_repeats_of_one_entry():
    runs = [run(images(), seed=seed) for seed in (2, 0, 1)]
    assert seeds_of(*runs) == [[0, 1, 2]]
    assert notes_of(*runs) == []


def test_seeds_with_other_test_images_are_entries_of_their_own():
    # as in versions in which the seed drew the split, too
    runs = [run(images(range(seed, seed + 5)), seed=seed) for seed in (0, 1)]
    assert seeds_of(*runs) == [[0], [1]]
    assert notes_of(*runs) == ["unetpp, quick, seed 1: not the test images of seed 0, so no repeat of it; own row."]
    assert len(boarded(*runs).sections) == 2


def test_seeds_whose_folds_hold_other_images_are_no_repeats():
    first, second = folds(0, 1), folds(1, 0, seed=7)
    for number, one in enumerate(second):  # the two folds change places
        one.params["split"]["fold"] = number
    assert seeds_of(*first, *second) == [[0], [7]]
    reasons = formats.not_comparable(boarded(*first, *second).sections)
    assert reasons == ["Not comparable: sections 1 and 2, the same images, but divided otherwise into folds."]


def test_a_seed_that_lacks_folds_is_left_out_where_another_has_them():
    runs = [*folds(1, seed=7), *folds(0, 1, 2), *folds(0, 1, 2, seed=1)]
    (entry,), notes = pooling.pool(runs, REFERENCE)
    assert (entry.seeds, entry.folds) == ([0, 1], [0, 1, 2])
    assert notes == ["unetpp, quick, seed 7: only fold 1; left out, because other seeds have more folds."]
    assert score(boarded(*runs))["value"] == score(boarded(*folds(0, 1, 2)))["value"]


def test_repeats_that_lack_the_same_folds_are_pooled():
    runs = [*folds(0, 1), *folds(0, 1, seed=1)]
    assert seeds_of(*runs) == [[0, 1]]


def test_equal_results_of_the_same_parameters_count_once():
    result = boarded(run(images(), "workspace"), run(images()[::-1], "commit", mode="direct", scoring__batch=4))
    assert score(result)["runs"] == 1
    assert result.notes == []


def test_of_two_results_of_the_same_parameters_the_newer_counts_and_both_are_named():
    result = boarded(run(images(direct=40), "new"), run(images(direct=20), "old"))
    assert score(result)["value"] == score(boarded(run(images(direct=40))))["value"]
    assert len(result.notes) == 1
    assert "same parameters, other result: new and old; code or machine differs" in result.notes[0]


# Recipes


def test_only_what_makes_a_result_is_told_apart():
    unused = {
        "models__unet3plus__channels": 32,
        "profiles__paper__train__epochs": 7,
        "datasets__bus_uclm__images": 5,
        "split__folds": 9,
        "profiles__quick__train__rotation": 10,  # 10.0 in the file
    }
    result = boarded(run(images()), run(images(), **unused))
    assert score(result)["changed"] == ""
    assert score(result)["runs"] == 1


@pytest.mark.parametrize(("key", "value"), [("predict__flips", True), ("roi__margin", 0.3), ("detect__floor", 0.02)])
def test_a_run_of_another_recipe_is_another_entry(key, value):
    result = boarded(run(images()), run(images(), **{key: value}))
    assert len(result.sections[0].entries) == 2
    assert result.sections[0].entries[1].changed == f"{key.replace('__', '.')}={str(value).lower()}"


def test_a_changed_parameter_makes_another_row_that_names_it():
    changes = {"profiles__quick__yolo__epochs": 40, "models__unetpp__decoder_channels": [8, 8, 8, 8, 8]}
    result = boarded(run(images()), run(images(), scoring__confidence=0.3, **changes))
    names = "scoring.confidence=0.3 unetpp.decoder_channels=[8,8,8,8,8] yolo.epochs=40"
    assert set(result.scores["changed"].dropna()) == {"", names}
    assert names in formats.text(result, "strict", "dice")


def test_another_detector_is_a_word_and_what_differs_of_its_own_settings():
    result = boarded(run(images()), run(images(), detector="cascade", profiles__quick__cascade__level=0.5))
    assert set(result.scores["changed"].dropna()) == {"", "detector=cascade cascade.level=0.5"}


# What may be compared


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (run(images(), version="v2"), "other dataset version (v1 against v2)"),
        (run(images(), split__test=0.3), "other split ("),
        (run(images(range(9))), "tested on other images (20 of 10 patients against 18 of 9 patients)"),
    ],
)
def test_what_differs_in_data_split_or_images_is_not_ranked_together(other, reason):
    other.params["model"] = "transunet"
    result = boarded(run(images()), other)
    assert len(result.sections) == 2
    assert [table["rank"].tolist().count("1") for table in tables(result)[1::3]] == [1, 1]
    for text in (formats.text, formats.markdown, formats.latex):
        printed = " ".join(text(result, "strict", "dice").split())
        assert f"Not comparable: sections 1 and 2, {reason}" in printed


def test_the_first_reason_is_given():
    result = boarded(run(images()), run(images(range(9)), version="v2", split__test=0.3))
    assert "other dataset version" in formats.text(result, "strict", "dice")
    assert "other split" not in formats.text(result, "strict", "dice")


def test_an_entry_with_more_seeds_is_ranked_with_one_of_fewer():
    # both are means over trainings of scores on the same images; the columns tell of how many
    result = boarded(run(images(), seed=0), run(images(), seed=1), run(images(), model="transunet"))
    assert len(result.sections) == 1
    assert tables(result)[0]["seeds"].tolist() == ["0 1", "0"]


def test_other_datasets_go_without_saying():
    result = boarded(run(images()), run(images(), version="v2", dataset="bus_uclm"))
    assert len(result.sections) == 2
    assert "Not comparable" not in formats.text(result, "strict", "dice")

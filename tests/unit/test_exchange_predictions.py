"""Another tool's masks are looked at as a whole: what is wrong with any is told before anything is made of them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from exchanged import HEIGHT, WIDTH, drawn, grey, load, mask, nnunet, probabilities, save

from guidedseg.errors import GuidedsegError
from guidedseg.exchange import predictions
from guidedseg.exchange.data import Data

BOTH = ("v0", "v1", "x0", "x1")
TESTED = ("x0", "x1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return drawn(tmp_path_factory.mktemp("project"))


def told(read: Callable[..., object], data: Data, *folders: Path) -> list[str]:
    """The problems."""
    with pytest.raises(GuidedsegError, match=r"no masks of our images") as error:
        read(folders, data)
    lines = str(error.value).splitlines()
    assert lines[0].endswith(f"{len(lines) - 2} problem(s)")
    return [line.removeprefix("  - ").replace(f"{folders[0]}/", "") for line in lines[1:-1]]


def test_grey_pictures_are_probabilities(data: Data, tmp_path: Path) -> None:
    found = predictions.of_masks([grey(tmp_path, *BOTH)], data)
    assert found.probabilities
    assert {*found.files} == {*BOTH}
    # 0.4 x 255 = 102, 0.32 x 255 = 81.6
    assert np.unique(found.levels("x0")).tolist() == [0, 82, 102]


@pytest.mark.parametrize("lesion", [1, 255])
def test_two_values_are_labels(data: Data, tmp_path: Path, lesion: int) -> None:
    for image_id in TESTED:
        save(tmp_path / f"{image_id}.png", mask(image_id) * np.uint8(lesion))
    found = predictions.of_masks([tmp_path], data)
    assert not found.probabilities
    assert np.array_equal(found.levels("x0"), mask("x0") * np.uint8(255))
    assert not found.levels("x1").any()


def test_labels_written_in_two_ways_are_refused(data: Data, tmp_path: Path) -> None:
    save(tmp_path / "x0.png", mask("x0").astype(np.uint8))
    save(tmp_path / "x1.png", mask("x0").astype(np.uint8) * 255)
    assert told(predictions.of_masks, data, tmp_path) == [
        "some files have lesions as 1 and others as 255: write all alike"
    ]


def test_masks_of_images_to_train_on_and_other_files_are_not_looked_at(data: Data, tmp_path: Path) -> None:
    grey(tmp_path, *TESTED, "t0")
    (tmp_path / "t0.png").write_bytes(b"no picture")
    (tmp_path / "summary.json").write_text("{}")
    assert {*predictions.of_masks([tmp_path], data).files} == {*TESTED}


def test_missing_foreign_wrong_sized_and_damaged_masks_are_told_at_once(data: Data, tmp_path: Path) -> None:
    grey(tmp_path, "v0", *TESTED)
    save(tmp_path / "x0.png", np.zeros((WIDTH, HEIGHT), np.uint8))
    (tmp_path / "x1.png").write_bytes((tmp_path / "x1.png").read_bytes()[:60])
    save(tmp_path / "stranger.png", np.zeros((HEIGHT, WIDTH), np.uint8))
    assert told(predictions.of_masks, data, tmp_path, tmp_path / "nowhere") == [
        "nowhere is no folder",
        "stranger.png: there is no image stranger",
        "v1.png is missing (val)",
        "x0.png: is 24x40, but its image is 40x24",
        "x1.png: is damaged or cut short",
    ]


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (np.zeros((HEIGHT, WIDTH, 3), np.uint8), "x0.png: is no grey picture of 8 bits"),
        (np.zeros((HEIGHT, WIDTH), np.uint16), "x0.png: is no grey picture of 8 bits"),
        (None, "x0.png: is damaged or cut short"),
    ],
)
def test_a_picture_that_holds_no_grey_of_8_bits_is_told(
    data: Data, tmp_path: Path, picture: np.ndarray | None, problem: str
) -> None:
    grey(tmp_path, *TESTED)
    if picture is None:
        (tmp_path / "x0.png").write_bytes(b"")
    else:
        save(tmp_path / "x0.png", picture)
    assert told(predictions.of_masks, data, tmp_path) == [problem]


def test_the_same_image_in_two_folders_is_told(data: Data, tmp_path: Path) -> None:
    one, other = grey(tmp_path / "one", *TESTED), grey(tmp_path / "other", "x0")
    (problem,) = told(predictions.of_masks, data, one, other)
    assert problem.endswith("x0.png is of the same image")


# nnU-Net


def test_nnunet_probabilities_count_where_the_validation_images_have_them_too(data: Data, tmp_path: Path) -> None:
    folders = [nnunet(tmp_path / "out", *TESTED), nnunet(tmp_path / "fold_0" / "validation", "v0", "v1")]
    found = predictions.of_nnunet(folders, data)
    assert found.probabilities
    for image_id in BOTH:
        assert np.array_equal(found.levels(image_id), np.rint(probabilities(image_id) * 255).astype(np.uint8))


@pytest.mark.parametrize("with_probabilities", [True, False])
def test_nnunet_labels_count_where_there_is_nothing_to_choose_by(
    data: Data, tmp_path: Path, with_probabilities: bool
) -> None:
    found = predictions.of_nnunet([nnunet(tmp_path, *TESTED, npz=with_probabilities)], data)
    assert not found.probabilities
    assert {path.suffix for path in found.files.values()} == {".png"}
    assert np.array_equal(found.levels("x0"), (load(tmp_path / "x0.png") * 255))


def test_faint_probabilities_are_no_labels(data: Data, tmp_path: Path) -> None:
    """All that a silent network says may be a level of 1 of 255."""
    for image_id in BOTH:
        faint = np.full((HEIGHT, WIDTH), 0.004, np.float32)
        np.savez(tmp_path / f"{image_id}.npz", probabilities=np.stack([1 - faint, faint])[:, None])
    assert predictions.of_nnunet([tmp_path], data).levels("x0").max() == 1


def test_every_probability_must_be_there_and_one(data: Data, tmp_path: Path) -> None:
    nnunet(tmp_path, *BOTH)
    (tmp_path / "x1.npz").unlink()
    both = np.stack([1 - probabilities("v0"), probabilities("v0")])[:, None]
    np.savez(tmp_path / "v1.npz", softmax=both)
    np.savez(tmp_path / "v0.npz", probabilities=np.where(both == 0.4, np.nan, both))
    np.savez(tmp_path / "x0.npz", probabilities=np.concatenate([both, both]))
    assert told(predictions.of_nnunet, data, tmp_path) == [
        "x1.npz is missing (test)",
        "x0.npz: holds an array of (4, 1, 24, 40), not of background and lesion of a picture",
        "v0.npz: holds what is no probability",
        "v1.npz: holds no probabilities that can be read ('probabilities is not a file in the archive')",
    ]


def test_an_npz_that_is_cut_or_would_run_code_is_told(data: Data, tmp_path: Path) -> None:
    nnunet(tmp_path, *BOTH)
    (tmp_path / "v0.npz").write_bytes((tmp_path / "v0.npz").read_bytes()[:100])
    np.savez(tmp_path / "v1.npz", probabilities=np.array([{}], dtype=object))
    problems = told(predictions.of_nnunet, data, tmp_path)
    assert [problem.split(":")[0] for problem in problems] == ["v0.npz", "v1.npz"]


def test_nnunet_labels_of_several_kinds_are_told(data: Data, tmp_path: Path) -> None:
    nnunet(tmp_path, *TESTED, npz=False)
    save(tmp_path / "x0.png", mask("x0").astype(np.uint8) * 2)
    (problem,) = told(predictions.of_nnunet, data, tmp_path)
    assert problem == "the labels are 0, 2, where 0 is background and 1 lesion"


@pytest.mark.parametrize("place", ["fold_0/validation/dataset.json", "dataset.json"])
def test_predictions_of_a_dataset_that_was_exported_from_other_data_are_refused(
    data: Data, tmp_path: Path, place: str
) -> None:
    folder = nnunet(tmp_path / "fold_0" / "validation", *BOTH)
    (tmp_path / place).write_text(json.dumps({"guidedseg": data.hashes()}))
    assert predictions.of_nnunet([folder], data).files
    (tmp_path / place).write_text(json.dumps({"guidedseg": {**data.hashes(), "split": "another"}}))
    (problem,) = told(predictions.of_nnunet, data, folder)
    assert re.search(r"dataset\.json: was exported from data with another split", problem)
    (tmp_path / place).write_text(json.dumps({"labels": {}}))  # of nobody knows what
    assert predictions.of_nnunet([folder], data).files

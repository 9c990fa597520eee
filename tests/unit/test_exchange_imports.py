"""Another tool's masks are counted as ours are, at values that are chosen as ours are."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from exchanged import HEIGHT, SPLIT, WIDTH, drawn, grey, mask, nnunet, probabilities, save

from guidedseg import params, scoring
from guidedseg.errors import GuidedsegError
from guidedseg.evaluation.counts import IMAGE_COLUMNS, LESION_COLUMNS
from guidedseg.evaluation.operating import THRESHOLDS
from guidedseg.exchange import imports
from guidedseg.exchange.data import Data
from guidedseg.inference.tiles import Tiles
from guidedseg.params.data import Scoring
from guidedseg.segmentation.inputs import COLUMNS

ROOT = Path(__file__).parents[2]
SETTINGS = params.load(ROOT / "params.yaml").scoring
BOTH = ("v0", "v1", "x0", "x1")


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return drawn(tmp_path)


def made(folder: Path) -> tuple[dict[str, float], pd.DataFrame, dict]:
    """Operating values, rows of images by their names, and the record."""
    images = pd.read_csv(folder / "images.csv").set_index("image_id")
    return json.loads((folder / "operating.json").read_text()), images, json.loads((folder / "import.json").read_text())


def settings(**changes: object) -> Scoring:
    return SETTINGS.model_copy(update=changes)


def test_gate_and_threshold_are_the_best_of_the_validation_images(data: Data, tmp_path: Path) -> None:
    imports.run("masks", [grey(tmp_path / "grey", *BOTH)], "tool", data, SETTINGS, tmp_path / "imported")
    operating, images, record = made(tmp_path / "imported" / "tool")
    # whole lesions are found up to 0.32, of which 0.3 is the nearest to 0.5 and leaves the normal empty without a gate
    assert operating == {"direct_gate": 0.0, "direct_threshold": 0.3, "direct_dice": 1.0}
    assert images.loc["x0", ["tp", "fp", "fn"]].tolist() == [160, 0, 0]
    assert images.loc["x1", ["tp", "fp", "fn", "tn"]].tolist() == [0, 0, 0, WIDTH * HEIGHT]
    assert (record["tool"], record["probabilities"]) == ("masks", True)


def test_without_validation_images_half_is_lesion_and_there_is_no_gate(data: Data, tmp_path: Path) -> None:
    imports.run("masks", [grey(tmp_path / "grey", "x0", "x1")], "tool", data, SETTINGS, tmp_path / "imported")
    operating, images, _ = made(tmp_path / "imported" / "tool")
    assert operating == {"direct_gate": 0.0, "direct_threshold": 0.5, "direct_dice": None}
    assert images.loc["x0", ["tp", "fp", "fn"]].tolist() == [0, 0, 160]


def test_fixed_values_of_the_parameters_are_taken(data: Data, tmp_path: Path) -> None:
    fixed = settings(mask_threshold=0.35, gate=0.1)
    imports.run("masks", [grey(tmp_path / "grey", *BOTH)], "tool", data, fixed, tmp_path / "imported")
    operating, images, record = made(tmp_path / "imported" / "tool")
    # the left half of the lesions: Dice 2 * 80 / (80 + 160) = 2 / 3, and the normal is empty
    assert operating == {"direct_gate": 0.1, "direct_threshold": 0.35, "direct_dice": round((2 / 3 + 1) / 2, 6)}
    assert images.loc["x0", ["tp", "fp", "fn"]].tolist() == [80, 0, 80]
    assert record["scoring"]["mask_threshold"] == 0.35


@pytest.mark.parametrize("validated", [True, False])
def test_nnunet_labels_are_taken_as_they_are(data: Data, tmp_path: Path, validated: bool) -> None:
    folder = nnunet(tmp_path / "out", *(BOTH if validated else BOTH[2:]), npz=False)
    imports.run("nnunet", [folder], "nnunet", data, SETTINGS, tmp_path / "imported")
    operating, images, record = made(tmp_path / "imported" / "nnunet")
    assert (operating["direct_gate"], operating["direct_threshold"]) == (0.0, 0.5)
    assert images.loc["x0", ["tp", "fp", "fn"]].tolist() == [80, 0, 80]
    assert not record["probabilities"]


def test_nnunet_probabilities_give_the_scores_of_the_same_grey_pictures(data: Data, tmp_path: Path) -> None:
    imports.run("nnunet", [nnunet(tmp_path / "out", *BOTH)], "one", data, SETTINGS, tmp_path / "imported")
    imports.run("masks", [grey(tmp_path / "grey", *BOTH)], "other", data, SETTINGS, tmp_path / "imported")
    for name in ("images.csv", "lesions.csv", "levels.csv", "operating.json"):
        one, other = (tmp_path / "imported" / each / name for each in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


def test_tables_are_those_of_evaluate_with_direct_alone(data: Data, tmp_path: Path) -> None:
    imports.run("masks", [grey(tmp_path / "grey", *BOTH)], "tool", data, SETTINGS, tmp_path / "imported")
    folder = tmp_path / "imported" / "tool"
    images, lesions, levels = (pd.read_csv(folder / f"{name}.csv") for name in ("images", "lesions", "levels"))
    assert images.columns.tolist() == IMAGE_COLUMNS
    assert images[["image_id", "group_id", "branch", "boxes", "regions"]].to_numpy().tolist() == [
        ["x0", "Gx0", "direct", 1, 1],
        ["x1", "Gx1", "direct", 1, 1],
    ]
    assert lesions.columns.tolist() == LESION_COLUMNS
    assert lesions.to_numpy().tolist() == [["x0", "Px0", "direct", 1, 160, 1.0, 1.0]]
    assert levels[levels["group_id"] == "Gx0"][["level", "pixels", "lesion_pixels"]].to_numpy().tolist() == [
        [0, WIDTH * HEIGHT - 160, 0],
        [82, 80, 80],
        [102, 80, 80],
    ]


def test_record_tells_data_parameters_and_files(data: Data, tmp_path: Path) -> None:
    imports.run("masks", [grey(tmp_path / "grey", *BOTH, "t0")], "tool", data, SETTINGS, tmp_path / "imported")
    _, _, record = made(tmp_path / "imported" / "tool")
    assert record["data"] == data.hashes()
    assert record["scoring"] == SETTINGS.model_dump(exclude={"batch"})
    assert sorted(record["files"]) == [f"{image_id}.png" for image_id in BOTH]
    assert len({*record["files"].values()}) == 2  # both with a lesion are alike, and both normals


def test_curves_are_those_of_our_own_direct_approach() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((32, 32)) < 0.3
    tile = rng.integers(0, 256, (1, 32, 32), dtype=np.uint8)
    items = pd.DataFrame([("a", "val", "frame", np.nan, 0, 0, 32, 32)], columns=COLUMNS)
    direct, guided = Tiles(tile, items), Tiles(tile[:0], items.iloc[:0])
    for mask_of in (truth, np.zeros_like(truth)):
        (ours,) = scoring.curves(
            direct, guided, guided, ["a"], partial({"a": mask_of}.__getitem__), THRESHOLDS, "validation"
        )
        theirs = imports.curve(tile[0], mask_of, THRESHOLDS)
        assert (ours.silent, ours.peak) == (theirs.silent, theirs.peak)
        assert np.array_equal(ours.direct, theirs.direct)
        assert np.array_equal(ours.guided, theirs.guided)
        assert np.array_equal(ours.confidences, theirs.confidences)


@pytest.mark.parametrize("name", ["unetpp", "a b", "../up", "", ".hidden", "-x"])
def test_a_name_that_is_a_network_or_no_folder_is_refused(data: Data, tmp_path: Path, name: str) -> None:
    with pytest.raises(GuidedsegError, match="cannot be the name"):
        imports.run("masks", [grey(tmp_path / "grey", *BOTH)], name, data, SETTINGS, tmp_path / "imported")
    assert not (tmp_path / "imported").exists()


def test_nothing_is_written_of_bad_masks_and_an_earlier_import_stands(data: Data, tmp_path: Path) -> None:
    folder, target = grey(tmp_path / "grey", *BOTH), tmp_path / "imported"
    imports.run("masks", [folder], "tool", data, SETTINGS, target)
    before = {path.name: path.read_bytes() for path in (target / "tool").iterdir()}
    (folder / "x0.png").unlink()
    for name in ("tool", "new"):
        with pytest.raises(GuidedsegError, match=r"x0\.png is missing"):
            imports.run("masks", [folder], name, data, SETTINGS, target)
    assert [path.name for path in target.iterdir()] == ["tool"]
    assert {path.name: path.read_bytes() for path in (target / "tool").iterdir()} == before


def test_an_import_replaces_an_earlier_one_of_its_name(data: Data, tmp_path: Path) -> None:
    folder = grey(tmp_path / "grey", *BOTH)
    imports.run("masks", [folder], "tool", data, SETTINGS, tmp_path / "imported")
    for image_id in BOTH:
        save(folder / f"{image_id}.png", mask(image_id) * np.uint8(255))
    imports.run("masks", [folder], "tool", data, SETTINGS, tmp_path / "imported")
    operating, images, record = made(tmp_path / "imported" / "tool")
    assert not record["probabilities"]
    assert images["fn"].sum() == 0
    assert operating["direct_dice"] == 1.0


def test_the_drawing_is_what_these_tests_say() -> None:
    assert [*SPLIT] == ["t0", "t1", "v0", "v1", "x0", "x1"]
    assert np.count_nonzero(probabilities("x0") > 0) == mask("x0").sum() == 160

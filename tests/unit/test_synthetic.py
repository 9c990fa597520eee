"""Synthetic images: what is drawn or taken, and that none of them validates or tests."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from drawn_datasets import LESION, grey, mask, save

from guidedseg import outside, params
from guidedseg.datasets import folder, images, prepared, preparing, synthesizing
from guidedseg.datasets.records import RawImage
from guidedseg.datasets.synthesizing import LARGEST
from guidedseg.datasets.synthetic import PREFIX
from guidedseg.errors import GuidedsegError
from guidedseg.outside import Hashes
from guidedseg.params.data import Synthetic
from guidedseg.segmentation import inputs
from stages import crop_rois, frames, synthetic, yolo_labels

SPLIT = pd.DataFrame(
    [(f"P{n}_0", f"P{n}", "train" if n < 4 else "val" if n < 6 else "test") for n in range(8)],
    columns=["image_id", "group_id", "split"],
)
SIZES = [(48, 64), (60, 80)]
DRAWN = Synthetic(share=0.5, source="phantom", use="both", seed=0)
WRITTEN = ("data/yolo", "data/inputs/direct", "data/inputs/guided")

Made = Callable[..., Path]


def test_names_of_synthetic_images_are_none_that_an_image_of_a_dataset_can_have(tmp_path: Path) -> None:
    save(tmp_path / "images" / f"{PREFIX}a.png", grey(1))
    save(tmp_path / "masks" / f"{PREFIX}a.png", mask(LESION))
    (image,) = synthesizing.reading.read(folder.DATASET, tmp_path, synthesizing.OPTIONS)
    assert not image.image_id.startswith(PREFIX)
    assert not synthesizing.reading._IDS.fullmatch(f"{PREFIX}a")


class TestParameters:
    @pytest.mark.parametrize(("share", "number"), [(0.0, 0), (0.25, 25), (0.5, 50), (1.0, 100), (0.001, 1), (2.5, 250)])
    def test_share_is_of_the_real_training_images(self, share: float, number: int) -> None:
        assert DRAWN.model_copy(update={"share": share}).images(100) == number

    @pytest.mark.parametrize(
        ("share", "use", "readers"),
        [
            (0.5, "both", [True, True]),
            (0.5, "detector", [True, False]),
            (0.5, "segmenters", [False, True]),
            (0.0, "both", [False, False]),
        ],
    )
    def test_use_says_who_is_given_any(self, share: float, use: Any, readers: list[bool]) -> None:
        chosen = Synthetic(share=share, source="phantom", use=use, seed=0)
        assert [chosen.given_to(reader) for reader in ("detector", "segmenters")] == readers

    def test_run_tells_of_them_where_there_are_any(self, changed: Callable[..., Path]) -> None:
        assert "synthetic" not in params.load(changed({})).run
        assert params.load(changed({"synthetic.share": 0.5})).run["synthetic"]["share"] == 0.5

    def test_wrong_values_are_told_together(self, changed: Callable[..., Path]) -> None:
        with pytest.raises(GuidedsegError) as caught:
            params.load(changed({"synthetic.share": -1.0, "synthetic.use": "detectors", "synthetic.source": ""}))
        assert all(f"synthetic.{key}: " in str(caught.value) for key in ("share", "use", "source"))


class TestDrawn:
    def test_same_number_is_the_same_image_whatever_the_share(self) -> None:
        few, many = [[*synthesizing.drawn(number, 0, SIZES)] for number in (2, 4)]
        for one, other in zip(few, many[:2], strict=True):
            assert one.image_id == other.image_id
            np.testing.assert_array_equal(one.image, other.image)
            np.testing.assert_array_equal(one.mask, other.mask)
        assert len({image.image.tobytes() for image in many}) == 4

    def test_another_seed_draws_others(self) -> None:
        one, other = (next(synthesizing.drawn(1, seed, SIZES[:1])) for seed in (0, 1))
        assert not np.array_equal(one.image, other.image)

    def test_sizes_are_those_of_real_images_in_turn_and_large_ones_are_shrunk(self) -> None:
        found = [image.image.shape for image in synthesizing.drawn(4, 0, SIZES)]
        assert sorted(found) == sorted(SIZES * 2)
        (large,) = synthesizing.drawn(1, 0, [(300, 2 * LARGEST)])
        assert large.image.shape == large.mask.shape == (150, LARGEST)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Six pictures of a generator, one without a lesion."""
    for number in range(6):
        save(tmp_path / "generated/images" / f"g{number}.png", grey(100 + number))
        save(tmp_path / "generated/masks" / f"g{number}.png", mask(*([LESION] if number else [])))
    table = "\n".join(["image,pathology", "g0.png,normal", *(f"g{n}.png,benign" for n in range(1, 6))])
    (tmp_path / "generated/table.csv").write_text(table + "\n")
    return tmp_path / "generated"


class TestFolder:
    def test_larger_sample_holds_a_smaller_one_and_none_is_taken_twice(self, source: Path) -> None:
        few, many = ({each.image_id for each in synthesizing.sampled(source, number, 0)} for number in (2, 5))
        assert few < many
        assert len(many) == 5
        assert many != {each.image_id for each in synthesizing.sampled(source, 5, 3)}
        assert all(name.startswith(f"{PREFIX}g") for name in many)

    def test_too_few_are_told(self, source: Path) -> None:
        with pytest.raises(GuidedsegError, match=r"7 synthetic images are wanted, .*generated has 6"):
            [*synthesizing.sampled(source, 7, 0)]

    def test_no_folder_is_told(self, source: Path) -> None:
        with pytest.raises(GuidedsegError, match=r"synthetic.source: '.*nowhere' is neither phantom nor a folder"):
            synthesizing.check(source / "nowhere")

    def test_all_that_is_wrong_is_told_at_once(self, source: Path) -> None:
        (source / "masks/g1.png").unlink()
        (source / "images/g2.png").write_bytes(b"no picture")
        save(source / "masks/g3.png", mask(LESION, size=(50, 64)))
        with pytest.raises(GuidedsegError) as caught:
            [*synthesizing.sampled(source, 1, 0)]
        for name in ("images/g1.png: has no mask", "images/g2.png", "masks/g3.png"):
            assert name in str(caught.value)


class TestRecord:
    """What the stage ``outside`` notes of a folder."""

    def look(self, named: str | None, tmp_path: Path, before: outside.Record | None = None) -> outside.Record:
        hashes = Hashes(tmp_path / "memory.json")
        return outside.of_synthetic(folder.DATASET, named, before=before or {}, hashes=hashes)

    def test_it_is_another_where_a_picture_is_and_stands_where_the_folder_is_gone(
        self, source: Path, tmp_path: Path
    ) -> None:
        first = self.look(str(source), tmp_path)
        assert self.look(str(source), tmp_path, first) == first
        save(source / "images/g0.png", grey(7))
        second = self.look(str(source), tmp_path, first)
        assert second["sha256"] != first["sha256"]
        shutil.rmtree(source)
        assert self.look(str(source), tmp_path, second) == second
        with pytest.raises(GuidedsegError, match=r"synthetic.source: '.*generated' is neither"):
            self.look(str(source), tmp_path)

    def test_nothing_is_noted_of_what_is_drawn(self, tmp_path: Path) -> None:
        assert self.look(None, tmp_path) == {"named": None, "sha256": None}


@pytest.fixture
def made(changed: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Eight prepared images, four of them to train on, and the stages from ``synthetic`` to the inputs run on them."""
    monkeypatch.chdir(tmp_path)
    records = []
    for number, image_id in enumerate(SPLIT["image_id"]):
        drawn = mask(LESION) > 0 if number % 2 == 0 else np.zeros((48, 64), bool)
        kind = "benign" if drawn.any() else "normal"
        records.append(RawImage(image_id, image_id[:2], kind, grey(number), drawn, False, (), "", "", dataset="d"))
    preparing.write(records, Path("data/prepared"), duplicate_threshold=0.8)
    SPLIT.to_csv("data/split.csv", index=False)
    boxes = prepared.read_lesions(Path("data/prepared"))[["image_id", "x0", "y0", "x1", "y1"]]
    boxes.assign(confidence=0.9).to_csv("data/detections.csv", index=False)

    def run(**changes: Any) -> Path:
        given = {f"synthetic.{key}": value for key, value in changes.items()}
        changed({"profiles.quick.inputs.image_size": 32, **given})
        for stage in (synthetic, yolo_labels, frames, crop_rois):
            stage.main()
        return tmp_path

    return run


def content(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def trained_on(place: Path) -> dict[str, set[str]]:
    """Reader -> its synthetic training images."""
    tables = {mode: inputs.load(place / "data/inputs" / mode).training["image_id"] for mode in ("direct", "guided")}
    names = {"yolo": [path.stem for path in (place / "data/yolo/images/train").iterdir()], **tables}
    return {reader: {name for name in own if name.startswith(PREFIX)} for reader, own in names.items()}


class TestStages:
    def test_share_0_changes_no_byte_of_what_is_trained_on(self, made: Made) -> None:
        without = {place: content(made(use="segmenters") / place) for place in WRITTEN}
        assert prepared.read_index(Path("data/synthetic")).empty
        shutil.rmtree("data/synthetic")
        again = [images.read(Path("data/prepared"), Path("data/split.csv"), "size", synthetic=None)]
        assert again[0].index.equals(prepared.read_index(Path("data/prepared")))
        for stage in (yolo_labels, frames, crop_rois):  # which need no such folder
            stage.main()
        assert {place: content(Path(place)) for place in WRITTEN} == without

    def test_none_of_them_validates_or_tests_and_real_ones_stay_as_they_are(self, made: Made) -> None:
        without = {place: content(made() / place) for place in WRITTEN}
        place = made(share=1.0)
        for split in ("val", "test"):
            for kind in ("images", "labels"):
                names = {path.stem for path in (place / "data/yolo" / kind / split).iterdir()}
                assert names == set(SPLIT.loc[SPLIT["split"] == split, "image_id"])
        for mode in ("direct", "guided"):
            found = content(place / "data/inputs" / mode)
            for name in ("items.csv", "images.npy", "masks.npy"):
                assert found[name] == without[f"data/inputs/{mode}"][name]
            lines = found["training.csv"].splitlines()
            kept = [line for line in lines if not line.startswith(PREFIX.encode())]
            assert kept == without[f"data/inputs/{mode}"]["training.csv"].splitlines()
            assert len(kept) < len(lines)
        assert (
            content(place / "data/yolo").items()
            > {name: text for name, text in without["data/yolo"].items() if name != "data.yaml"}.items()
        )

    @pytest.mark.parametrize(
        ("use", "readers"),
        [("both", {"yolo", "direct", "guided"}), ("detector", {"yolo"}), ("segmenters", {"direct", "guided"})],
    )
    def test_those_that_use_them_are_given_all_and_the_others_none(
        self, made: Made, use: str, readers: set[str]
    ) -> None:
        place = made(share=2.0, use=use)
        index = prepared.read_index(place / "data/synthetic")
        assert len(index) == 8
        with_lesion = set(index.loc[index["lesion_count"] > 0, "image_id"])
        wanted = {"yolo": set(index["image_id"]), "direct": set(index["image_id"]), "guided": with_lesion}
        assert trained_on(place) == {each: wanted[each] if each in readers else set() for each in wanted}

    def test_pixels_and_boxes_of_inputs_are_those_of_the_synthetic_images(self, made: Made, source: Path) -> None:
        place = made(share=1.0, source=str(source), seed=1)
        given = inputs.load(place / "data/inputs/direct")
        row = int(np.flatnonzero(given.training["image_id"].str.startswith(PREFIX))[0])
        name = given.training["image_id"][row]
        picture = cv2.imread(str(source / "images" / f"{name.removeprefix(PREFIX)}.png"), cv2.IMREAD_GRAYSCALE)
        assert np.abs(given.wide_images[row].mean() - picture.mean()) < 3
        np.testing.assert_array_equal(prepared.load_image(place / "data/synthetic", name), picture)
        labels = {path.read_text() for path in (place / "data/yolo/labels/train").glob(f"{PREFIX}*.txt")}
        # 10, 20, 30, 32 of 64 x 48
        assert labels - {""} == {"0 0.312500 0.541667 0.312500 0.250000\n"}

    def test_written_again_they_are_the_same_bytes(self, made: Made) -> None:
        first, second = (content(made(share=1.0) / "data") for _ in range(2))
        assert first == second

    def test_what_prepare_makes_of_real_pictures_is_made_of_them(
        self, made: Made, changed: Callable[..., Path]
    ) -> None:
        place = made(share=1.0)
        before = prepared.load_image(place / "data/synthetic", f"{PREFIX}000000")
        changed({"synthetic.share": 1.0, "prepare.intensity": [10.0, 90.0]})
        synthetic.main()
        assert not np.array_equal(prepared.load_image(place / "data/synthetic", f"{PREFIX}000000"), before)
        assert len(prepared.read_shown(place / "data/synthetic")) == 4

    @pytest.mark.parametrize(("number", "refused"), [(0, False), (4, True), (7, True)])
    def test_copies_of_validation_and_test_images_are_refused(
        self, made: Made, source: Path, number: int, refused: bool
    ) -> None:
        own = grey(number)
        save(source / "images/g1.png", np.clip(own.astype(int) + 5, 0, 255).astype(np.uint8))
        if not refused:  # a training image is seen anyway
            made(share=1.5, source=str(source))
            return
        with pytest.raises(GuidedsegError, match=rf"g1: is P{number}_0 \({'val' if number == 4 else 'test'}\)"):
            made(share=1.5, source=str(source))
        assert not Path("data/synthetic").exists()

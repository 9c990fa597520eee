"""A bundle makes of a person's picture what ``prepare`` made of its own, and answers on that picture's grid."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from own_files import write_dicom
from segmenting import DONE, grey_frames, mask, segment
from small_bundle import picture, write

from guidedseg.bundles.checking import check
from guidedseg.bundles.loading import Bundle, load
from guidedseg.datasets.harmonised import records
from guidedseg.datasets.records import RawImage
from guidedseg.grey import grey
from guidedseg.harmonising.picture import OFF, harmonised
from guidedseg.inference.pasting import masked

STEPS = {"region": True, "marks": True, "intensity": [1.0, 99.0], "mm_per_pixel": 0.05}
SPACING = (0.1, 0.1)
BRANCHES = ("direct", "guided", "guided_fallback")


@pytest.fixture(scope="module")
def folder(networks: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("harmonised") / "bundle", networks, harmonising=STEPS)


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    return load(folder, threads=1)


def odd_picture() -> NDArray[np.uint8]:
    """(90, 150, 3) RGB: black margins at both sides, a yellow caliper."""
    grey = cv2.copyMakeBorder(picture(90, 110, 3) // 2 + 40, 0, 0, 25, 15, cv2.BORDER_CONSTANT)
    colours = np.dstack([grey] * 3)
    cv2.drawMarker(colours, (80, 40), (255, 223, 0), cv2.MARKER_CROSS, 9)
    return colours


def raw(colours: NDArray[np.uint8], truth: NDArray[np.bool_]) -> RawImage:
    return RawImage(
        "a",
        "p",
        "benign",
        grey(colours, order="RGB"),
        truth,
        False,
        (),
        "a.png",
        "",
        0.1,
        "folder",
        None,
        SPACING,
        colours,
    )


@pytest.mark.parametrize("branch", BRANCHES)
def test_the_answer_is_that_for_the_prepared_picture_pasted_back(bundle: Bundle, branch: str) -> None:
    colours = odd_picture()
    truth = np.zeros(colours.shape[:2], np.bool_)
    (prepared,) = records([raw(colours, truth)], bundle.segmenter.harmonising)
    assert prepared.image.shape == (180, 220)  # cropped, and twice as large
    assert prepared.shown is not None
    assert (prepared.shown.box, prepared.shown.resampled) == ((25, 0, 135, 90), True)
    assert prepared.shown.marks_px > 0
    alone = replace(bundle.segmenter, harmonising=OFF).segment(prepared.image, branch)
    expected = np.zeros(truth.shape, np.uint8)
    expected[:, 25:135] = harmonised_back(alone.probabilities)
    found = bundle.segment(colours, branch, mm_per_pixel=SPACING)
    np.testing.assert_array_equal(found.probabilities, expected)
    filler = bundle.segmenter.direct if branch == "direct" else bundle.segmenter.guided
    np.testing.assert_array_equal(found.mask, masked(expected, filler.threshold) & alone.mask.any())
    np.testing.assert_allclose(found.boxes, alone.boxes / 2 + [25, 0, 25, 0])
    assert sum(lesion.area_px for lesion in found.lesions) == found.mask.sum() > 0


def harmonised_back(shown: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(180, 220) to (90, 110): the mean of four pixels, rounded as OpenCV does."""
    return np.asarray(cv2.resize(shown, (110, 90), interpolation=cv2.INTER_AREA), np.uint8)


def test_bgr_and_rgb_are_the_same_picture(bundle: Bundle) -> None:
    colours = odd_picture()
    one, other = bundle.segment(colours), bundle.segment(colours[:, :, ::-1], order="BGR")
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_a_file_is_segmented_as_the_picture_in_it(bundle: Bundle, folder: Path, tmp_path: Path) -> None:
    colours = odd_picture()
    cv2.imwrite(str(tmp_path / "a.png"), colours[:, :, ::-1])
    assert segment(folder, [tmp_path / "a.png"], tmp_path / "out") == DONE
    np.testing.assert_array_equal(mask(tmp_path / "out/masks/a.png"), bundle.segment(colours).mask)


def test_frames_of_a_cine_lie_on_their_own_grid(folder: Path, tmp_path: Path) -> None:
    """Boxes are followed in the pixels of the cine, whatever the networks see."""
    frames = [cv2.copyMakeBorder(frame // 2 + 40, 0, 0, 20, 12, cv2.BORDER_CONSTANT) for frame in grey_frames(3)]
    write_dicom(tmp_path / "cine.dcm", frames)
    assert segment(folder, [tmp_path / "cine.dcm"], tmp_path / "out") == DONE
    found = [mask(path) for path in sorted((tmp_path / "out/masks").rglob("*.png"))]
    assert [each.shape for each in found] == [frames[0].shape] * 3
    assert any(each.any() for each in found)
    assert not any(each[:, :20].any() or each[:, -12:].any() for each in found)


def test_the_example_tells_whether_the_steps_are_taken(folder: Path) -> None:
    assert check(folder)[-1].startswith("example: the same")


def test_a_bundle_without_the_key_takes_no_step_and_does_not_name_it(bundle_folder: Path) -> None:
    assert "harmonising" not in (bundle_folder / "bundle.json").read_text(encoding="utf-8")
    plain = load(bundle_folder, threads=1)
    assert plain.segmenter.harmonising == OFF
    assert harmonised(picture(60, 90), plain.segmenter.harmonising).image.shape == (60, 90)

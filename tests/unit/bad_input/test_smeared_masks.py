"""A mask that is not black and white: cut where its edges are smeared, noted where it may mean something else."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_datasets import LESION, mask, save
from layouts import Drawn
from own_folder import by_id

from guidedseg.datasets import masks, reading
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.errors import GuidedsegError

TRUE = mask(LESION) > 0


def jpeg(path: Path, quality: int) -> np.ndarray:
    """The mask as JPEG, under the name of a PNG; what it decodes to."""
    path.write_bytes(cv2.imencode(".jpg", mask(LESION), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


@pytest.fixture
def drawn(tmp_path: Path) -> Drawn:
    return Drawn("masks", tmp_path)


def notes(drawn: Drawn) -> str:
    return "; ".join(reading.check(DATASETS["folder"], drawn.place).notes)


@pytest.mark.parametrize("quality", [30, 60, 90])
@pytest.mark.parametrize("saved_as_png", [False, True])
def test_jpeg_is_cut_at_half_and_grows_no_lesion(drawn: Drawn, quality: int, saved_as_png: bool) -> None:
    path = drawn.place / "masks/a.png"
    smeared = jpeg(path, quality)
    assert (smeared > 0).sum() > TRUE.sum() + 20, "or there would be nothing to cut"
    if saved_as_png:
        save(path, smeared)
    assert (by_id(drawn.place)["a"].mask ^ TRUE).sum() <= 5
    assert "1 mask(s) have smeared edges, as JPEG or resizing leave them" in notes(drawn)
    assert "(masks/a.png)" in notes(drawn)


def test_jpeg_of_two_labels_is_too_dark_to_be_told_from_noise(drawn: Drawn) -> None:
    content = cv2.imencode(".jpg", mask(LESION, value=2), [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    (drawn.place / "masks/a.png").write_bytes(content.tobytes())
    with pytest.raises(GuidedsegError, match=r"masks/a\.png: is a JPEG or WebP of no more than \d of 255: too dark"):
        reading.check(DATASETS["folder"], drawn.place)


@pytest.mark.parametrize(
    "odd",
    [
        lambda drawn: np.where(np.arange(64) < 20, drawn // 255, drawn // 255 * 2),
        lambda drawn: np.dstack([drawn // 2, drawn, np.where(np.arange(64) < 20, drawn, 0)]),
    ],
    ids=["values", "colours"],
)
def test_label_map_is_read_whole_and_noted(drawn: Drawn, odd: Callable[[np.ndarray], np.ndarray]) -> None:
    save(drawn.place / "masks/a.png", odd(mask(LESION)).astype(np.uint8))
    np.testing.assert_array_equal(by_id(drawn.place)["a"].mask, TRUE)
    assert "1 mask(s) have several values or colours, all of which count as lesion" in notes(drawn)


def test_masks_without_oddities_are_not_noted(drawn: Drawn) -> None:
    assert notes(drawn) == ""


def test_swapped_black_and_white_is_noted_and_refused_of_most(drawn: Drawn) -> None:
    for name in "ab":
        assert masks.CORNERS not in notes(drawn) or name == "b"
        save(drawn.place / f"masks/{name}.png", 255 - mask(LESION))
        if name == "a":
            assert f"1 mask(s) have {masks.CORNERS} (masks/a.png)" in notes(drawn)
    with pytest.raises(
        GuidedsegError, match=r"2 mask\(s\) have a lesion in all four corners: are black and white swapped"
    ):
        reading.check(DATASETS["folder"], drawn.place)


def test_masks_win_over_outlines_and_that_is_noted(drawn: Drawn) -> None:
    (drawn.place / "annotations.json").write_text("{}")
    assert "masks/ is read, the outlines beside it (labels/ or a JSON file) are not" in notes(drawn)

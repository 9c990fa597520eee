"""Training regions, of either approach, are drawn anew from real surroundings."""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from guidedseg import regions
from guidedseg.names import BOX
from guidedseg.segmentation import crops
from guidedseg.segmentation.data import TrainingItems
from guidedseg.segmentation.inputs import PLACE, Inputs, load

SIZE = 32
TURNED = regions.turned

LESION, MARGIN = (40, 30, 60, 54), 0.15
"""In a picture of 120 x 90."""


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    smooth = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (90, 120)), (0, 0), 4)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


@pytest.fixture(scope="module", params=["direct", "guided"])
def drawn_anew(request: pytest.FixtureRequest, picture: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """A picture with one lesion, as ``crops`` gives it to either approach, jittered."""
    return written(request.param, picture, tmp_path_factory)


@pytest.fixture(scope="module")
def surroundings(picture: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """Of one lesion, as ``crops`` makes them."""
    return written("guided", picture, tmp_path_factory)


def written(mode: str, picture: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("prepared")
    mask = np.zeros(picture.shape, dtype=np.uint8)
    x0, y0, x1, y1 = LESION
    mask[y0:y1, x0:x1] = 255
    for kind, content in (("images", picture), ("masks", mask)):
        (folder / kind).mkdir()
        cv2.imwrite(str(folder / kind / "A_0.png"), content)
    index = pd.DataFrame([("A_0", 120, 90)], columns=["image_id", "width", "height"])
    lesions = pd.DataFrame([("A_0", *LESION)], columns=["image_id", *BOX])
    split = pd.DataFrame([("A_0", "train")], columns=["image_id", "split"])
    none = pd.DataFrame(columns=["image_id", *BOX, "confidence"])
    made = (
        crops.frames(index, split, jitter=0.2)
        if mode == "direct"
        else crops.rois(index, split, lesions, none, margin=MARGIN, jitter=0.2, backgrounds=0)
    )
    (folder / "out").mkdir()
    crops.write(made, folder, SIZE, folder / "out")
    return load(folder / "out")


def test_a_still_region_is_what_prediction_crops(surroundings: Inputs, picture: np.ndarray) -> None:
    still = replace(surroundings, training=surroundings.training.assign(jitter=0.0))
    items = TrainingItems(still, SIZE, rotation=0.0, flip=0.0, brightness=0.0, seed=0)
    image, mask = items[0, 0, 0]
    region = regions.enlarge(np.array([LESION]), MARGIN, 120, 90)[0]
    expected = regions.crop(picture, region, SIZE)
    assert np.abs(image.astype(int) - expected).mean() < 2
    x0, y0, x1, y1 = LESION
    truth = np.zeros(picture.shape, dtype=bool)
    truth[y0:y1, x0:x1] = True
    assert (mask != regions.crop_mask(truth, region, SIZE)).mean() < 0.01


def test_regions_move_and_scale_anew_in_every_epoch_and_nothing_is_invented(
    drawn_anew: Inputs, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    def noted(image: np.ndarray, place: np.ndarray, region: np.ndarray, angle: float, size: int) -> np.ndarray:
        seen.append(np.array(region))
        return TURNED(image, place, region, angle, size)

    monkeypatch.setattr(regions, "turned", noted)
    items = TrainingItems(drawn_anew, SIZE, rotation=0.0, flip=0.0, brightness=0.0, seed=0)
    for epoch in range(50):
        image, _ = items[epoch, 0, 0]
        difference = np.abs(image.astype(int) - regions.crop(picture, seen[-1], SIZE))
        assert difference.mean() < 2.5
    drawn = np.array(seen[::2])
    assert len(np.unique(drawn, axis=0)) > 40
    place = drawn_anew.training[PLACE].to_numpy()[0]
    assert (drawn[:, :2] >= place[:2]).all()
    assert (drawn[:, 2:] <= place[2:]).all()

"""How wide training boxes are moved and scaled: as far as the detector's boxes err on validation images."""

import numpy as np
import pandas as pd
import pytest

from guidedseg import regions
from guidedseg.names import BOX
from guidedseg.segmentation.crops import detection_errors, rois


@pytest.mark.parametrize("share", [0.05, 0.12, 0.25])
def test_errors_drawn_with_a_jitter_have_that_jitter(share: float) -> None:
    rng = np.random.default_rng(0)
    truth = [np.array([[100, 80, 100 + width, 80 + height]], float) for width, height in rng.uniform(40, 90, (800, 2))]
    pairs = [(boxes, regions.jitter(boxes, share, rng)) for boxes in truth]
    assert detection_errors(pairs) == pytest.approx(share, rel=0.04)


def test_the_box_that_fits_best_counts_and_one_of_something_else_does_not() -> None:
    truth = np.array([[0, 0, 10, 10], [50, 50, 60, 60]], float)
    exact = np.array([[0, 0, 10, 20], [0, 0, 10, 10], [52, 52, 66, 66]], float)  # the last has an IoU of 0.28
    assert detection_errors([(truth, exact)] * 5) == 0


def test_too_few_finds_say_nothing() -> None:
    truth = np.array([[0, 0, 10, 10]], float)
    assert detection_errors([(truth, truth)] * 4) == detection_errors([]) == 0.1
    assert detection_errors([(truth, truth[:0])] * 9) == 0.1


def test_errors_beyond_measure_are_capped() -> None:
    truth = np.array([[0, 0, 10, 10]], float)
    assert detection_errors([(truth, np.array([[-6, 0, 10, 18]], float))] * 9) == 0.4


def test_it_is_measured_on_validation_images_where_it_is_not_given() -> None:
    found = [(f"V_{number}", 40.0, 10.0, 60.0, 30.0 + 2 * number) for number in range(6)]
    lesions = pd.DataFrame([(f"V_{number}", 40, 10, 60, 30) for number in range(6)], columns=["image_id", *BOX])
    index = pd.DataFrame({"image_id": ["A_0", *lesions["image_id"]], "width": 100, "height": 80})
    split = index[["image_id"]].assign(split=["train"] + ["val"] * 6)
    lesions = pd.concat([lesions, lesions[:1].assign(image_id="A_0")])
    detections = pd.DataFrame(found, columns=["image_id", *BOX]).assign(confidence=0.5)
    training = rois(index, split, lesions, detections, margin=0.1, jitter=None, backgrounds=0).training
    errors = [[0, number / 20, 0, number / 10] for number in range(6)]
    assert training["jitter"].tolist() == [round(float(np.sqrt(3 * np.mean(np.square(errors)))), 3)]

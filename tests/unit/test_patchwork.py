"""Which tiles make a branch's mask, and at which values."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawings import FRAME, OPERATING, SIDE, cascade, drawn, everywhere, tiles
from three_images import UPPER, A, B, N, counted, row

from guidedseg.evaluation.counts import IMAGE_COLUMNS, PREDICTED, Evaluation
from guidedseg.evaluation.operating import Operating
from guidedseg.inference.patchwork import patchworks
from guidedseg.inference.tiles import Tiles

FIGURES = [name for name in IMAGE_COLUMNS if name not in ("image_id", "branch", "boxes")]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return drawn(A, B, N)


def chosen(image_id: str, confidence: float = 0.5) -> dict[str, tuple[bool, list[float]]]:
    """Branch -> whether the tiles are frames, and their confidences (-1 without)."""
    direct, guided = tiles((A, B, N))
    found = patchworks(direct, guided, image_id, replace(OPERATING, confidence=confidence))
    assert [*found, "cascade"] == list(PREDICTED)
    return {
        branch: (patch.tiles is direct, patch.tiles.items["confidence"].fillna(-1).iloc[patch.chosen].tolist())
        for branch, patch in found.items()
    }


def test_every_branch_takes_its_own_tiles() -> None:
    assert chosen("a") == {
        "direct": (True, [-1]),
        "guided": (False, [0.9, 0.5]),  # 0.5 is enough, 0.4 is not
        "guided_fallback": (False, [0.9, 0.5]),
        "oracle": (False, [-1]),
        "direct_ungated": (True, [-1]),
        "guided_ungated": (False, [0.9, 0.5]),
    }


def test_without_a_gate_the_most_confident_box_is_always_kept() -> None:
    assert chosen("b")["guided_ungated"] == (False, [0.3])
    assert chosen("n")["guided_ungated"] == (False, [0.1])
    assert chosen("a", 0.95)["guided"] == (False, [])
    assert chosen("a", 0.95)["guided_ungated"] == (False, [0.9, 0.5])  # it has a confidence of its own


def test_fallback_takes_the_frame_only_where_no_box_is_confident_enough() -> None:
    without, with_box = chosen("b"), chosen("b", 0.3)
    assert without["guided"] == (False, [])
    assert without["guided_fallback"] == (True, [-1])
    assert with_box["guided"] == with_box["guided_fallback"] == (False, [0.3])


def test_normal_without_a_box_has_no_tile_but_the_frame() -> None:
    found = chosen("n")
    assert found["direct"] == found["guided_fallback"] == found["direct_ungated"] == (True, [-1])
    assert found["guided"] == found["oracle"] == (False, [])


@pytest.mark.parametrize(("confidence", "boxes"), [(0.95, 0), (0.9, 1), (0.5, 2), (0.41, 2), (0.4, 3), (0.0, 3)])
def test_boxes_below_the_confidence_are_left_out(confidence: float, boxes: int) -> None:
    assert len(chosen("a", confidence)["guided"][1]) == boxes


def test_background_tiles_are_nobodys_regions() -> None:
    direct, guided = tiles((A,))
    items = guided.items.assign(source=guided.items["source"].replace("detector", "background"))
    found = patchworks(direct, Tiles(guided.probabilities, items), "a", OPERATING)
    assert [len(patch.chosen) for patch in found.values()] == [1, 0, 1, 1, 1, 0]


def test_labels_of_the_items_do_not_matter() -> None:
    direct, guided = tiles((A, B, N))
    shuffled = Tiles(guided.probabilities, guided.items.set_index(guided.items.index[::-1] * 7))
    for image_id in "abn":
        for one, other in zip(
            patchworks(direct, guided, image_id, OPERATING).values(),
            patchworks(direct, shuffled, image_id, OPERATING).values(),
            strict=True,
        ):
            assert one.chosen.tolist() == other.chosen.tolist()


@pytest.mark.parametrize(("threshold", "lesion"), [(0.5, 128), (0.3, 77), (0.8, 204), (0.05, 13)])
def test_pixel_is_lesion_from_the_threshold_on(threshold: float, lesion: int) -> None:
    # 127.5, 76.5, 204 and 12.75: the next whole level is lesion, the one below is not
    for level, tp in ((lesion, 16), (lesion - 1, 0)):
        picture = A._replace(true=(((0, 0, 4, 4), everywhere(level)),), direct=everywhere(level))
        both = replace(OPERATING, direct_threshold=threshold, guided_threshold=threshold)
        result = drawn(picture, operating=both)
        assert counted(result, "oracle")[1] == counted(result, "direct")[1] == tp


def test_thresholds_are_those_of_the_network_that_speaks() -> None:
    # 150 everywhere: lesion for the frame from 0.4 on, not for boxes from 0.8 on
    picture = A._replace(
        direct=everywhere(150), boxes=((0.9, UPPER, everywhere(150)),), true=((UPPER, everywhere(150)),)
    )
    boxless = picture._replace(boxes=(), image_id="b")
    operating = replace(OPERATING, direct_threshold=0.4, guided_threshold=0.8)
    result = drawn(picture, boxless, operating=operating)
    tp = {(branch, image): counted(result, branch, image)[1] for branch in PREDICTED[:4] for image in "ab"}
    assert [branch_image for branch_image, found in tp.items() if found] == [
        ("direct", "a"),
        ("direct", "b"),
        ("guided_fallback", "b"),  # there the frame speaks, at its own threshold
    ]
    other = drawn(picture, boxless, operating=replace(OPERATING, direct_threshold=0.8, guided_threshold=0.4))
    assert [counted(other, branch)[1] for branch in PREDICTED[:4]] == [0, 8, 8, 8]
    assert counted(other, "guided_fallback", "b")[1] == 0
    alone = replace(OPERATING, direct_ungated_threshold=0.4, guided_ungated_threshold=0.8)
    ungated = drawn(picture, operating=alone)
    assert [counted(ungated, branch)[1] for branch in PREDICTED[:6]] == [16, 8, 8, 8, 16, 0]


def test_fallback_is_guided_with_a_box_and_direct_without(evaluation: Evaluation) -> None:
    for image_id, like in (("a", "guided"), ("b", "direct"), ("n", "direct")):
        fallback, other = (row(evaluation, branch, image_id)[FIGURES] for branch in ("guided_fallback", like))
        pd.testing.assert_series_equal(fallback, other, check_names=False)
        levels, others = (
            evaluation.levels.query("branch == @branch and group_id == 'P'")[["level", "pixels", "lesion_pixels"]]
            for branch in ("guided_fallback", "guided")
        )
        np.testing.assert_array_equal(levels, others)  # P has a box
    lesions = evaluation.lesions.set_index(["branch", "image_id"])
    for image_id, like in (("a", "guided"), ("b", "direct")):
        assert lesions.loc["guided_fallback", image_id].tolist() == lesions.loc[like, image_id].tolist()


def test_a_cascade_has_the_boxes_of_its_own_that_count() -> None:
    drawing = A._replace(coarse=((0.9, UPPER, everywhere(200)), (0.4, FRAME, everywhere(200))))
    values = replace(OPERATING, cascade_confidence=0.5, cascade_threshold=0.7)

    def mask(operating: Operating) -> np.ndarray:
        own = cascade((drawing,))
        return patchworks(*tiles((drawing,)), "a", operating, cascade=own)["cascade"].mask(SIDE, SIDE)

    x0, y0, x1, y1 = UPPER
    assert mask(values)[y0:y1, x0:x1].all()
    assert mask(values).sum() == (x1 - x0) * (y1 - y0)
    everything = replace(values, cascade_confidence=0.4)
    assert mask(everything).all()
    assert not mask(replace(values, cascade_threshold=0.8)).any()
    counted_boxes = drawn(drawing, operating=everything).images.query("branch == 'cascade'")["boxes"]
    assert counted_boxes.tolist() == [2]

"""Boxes become regions, crops and pasted tiles; answers are worked out in the comments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidedseg.regions import crop, crop_mask, enlarge, jitter, paste, turned


def region(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("box", "margin", "expected"),
    [
        ((10, 10, 30, 20), 0.1, (8, 9, 32, 21)),  # a tenth of 20 and of 10
        ((10.4, 10.6, 30.4, 20.6), 0, (10, 10, 31, 21)),  # outwards
        ((10, 10, 30, 20), 0.75, (0, 2, 45, 28)),  # 15 to the left is beyond the image; 7.5 up and down
        ((90, 40, 99, 49), 0.5, (85, 35, 100, 50)),  # clipped at the right and below
        ((-5, -5, 200, 200), 0, (0, 0, 100, 50)),
        ((120, 70, 130, 80), 0, (99, 49, 100, 50)),  # outside: the nearest pixel
        ((-30, -30, -20, -20), 0, (0, 0, 1, 1)),
        ((20, 20, 20, 20), 0.5, (20, 20, 21, 21)),  # no size: still a pixel
    ],
)
def test_enlarged_box_is_rounded_outwards_and_clipped(
    box: tuple[float, ...], margin: float, expected: tuple[int, ...]
) -> None:
    result = enlarge(np.array([box]), margin, width=100, height=50)
    assert result.dtype == np.int64
    assert result.tolist() == [list(expected)]


def test_no_boxes_give_no_regions() -> None:
    assert enlarge(np.empty((0, 4)), 0.2, 10, 10).shape == (0, 4)
    assert jitter(np.empty((0, 4)), 0.2, np.random.default_rng(0)).shape == (0, 4)


@given(
    corner=st.tuples(st.floats(-50, 150), st.floats(-50, 150)),
    size=st.tuples(st.floats(0, 200), st.floats(0, 200)),
    margin=st.floats(0, 2),
)
def test_enlarged_box_lies_in_the_image_and_holds_the_box(
    corner: tuple[float, float], size: tuple[float, float], margin: float
) -> None:
    box = np.array([*corner, corner[0] + size[0], corner[1] + size[1]])
    x0, y0, x1, y1 = enlarge(box[None], margin, width=100, height=60)[0]
    assert 0 <= x0 < x1 <= 100
    assert 0 <= y0 < y1 <= 60
    if 0 <= box[0] < 100 and 0 <= box[1] < 60:
        assert x0 <= box[0]
        assert y0 <= box[1]
        assert x1 >= min(box[2], 100)
        assert y1 >= min(box[3], 60)


def test_jitter_stays_within_its_share_of_the_box() -> None:
    box, share = np.array([[100, 50, 140, 70]]), 0.1  # 40 x 20, centre 120, 60
    moved = jitter(np.repeat(box, 2000, axis=0), share, np.random.default_rng(0))
    centre = (moved[:, :2] + moved[:, 2:]) / 2 - [120, 60]
    size = moved[:, 2:] - moved[:, :2]
    for values, limit in ((centre, [4, 2]), (size - [40, 20], [4, 2])):
        assert (np.abs(values) <= np.array(limit) + 1e-9).all()
        assert (np.abs(values).max(axis=0) > 0.95 * np.array(limit)).all()  # and uses all of it
        assert (np.abs(values.mean(axis=0)) < 0.1 * np.array(limit)).all()  # both ways alike


def test_jitter_depends_on_the_seed_alone() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 5, 50, 20]])
    first, again, other = (jitter(boxes, 0.2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_jitter_of_nothing_changes_nothing() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 5, 50, 20]])
    np.testing.assert_array_equal(jitter(boxes, 0, np.random.default_rng(0)), boxes)


def test_region_of_the_tiles_size_is_cropped_pixel_for_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80), dtype=np.uint8)
    np.testing.assert_array_equal(crop(image, region(7, 11, 39, 43), 32), image[11:43, 7:39])


def test_shrinking_crop_averages() -> None:
    image = np.zeros((8, 8), dtype=np.uint8)
    image[::2] = 100  # every block of 2 x 2 has the mean 50
    assert (crop(image, region(0, 0, 8, 8), 4) == 50).all()


@pytest.mark.parametrize(
    ("width", "size", "border"),
    [
        # A ramp of 2 grey levels a pixel. Tile pixels are width / size wide; beyond the centre of the outermost one,
        # half of that away from the border, bilinear resizing repeats its value: width / size levels off at most.
        (96, 32, 3),
        (24, 96, 1),  # grown and then averaged back
        (64, 64, 0),
    ],
)
def test_crop_and_paste_give_a_ramp_back(width: int, size: int, border: int) -> None:
    image = np.tile(np.arange(0, 200, 2, dtype=np.uint8), (100, 1))
    where = region(2, 3, 2 + width, 3 + width)
    canvas = np.zeros_like(image)
    paste(crop(image, where, size), where, canvas)
    error = np.abs(canvas.astype(int) - image)[3 : 3 + width, 2 : 2 + width]
    assert error.max() <= border + 1  # and one for rounding twice
    edge = -(-width // size)
    assert error[:, edge:-edge].max() <= 1
    canvas[3 : 3 + width, 2 : 2 + width] = 0
    assert not canvas.any()  # nothing outside the region


@pytest.mark.parametrize(
    ("width", "height"), [(420, 90), (90, 420), (420, 300), (60, 40)], ids=["flat", "tall", "large", "small"]
)
def test_lesion_comes_back_from_its_tile_where_it_was(width: int, height: int) -> None:
    rows, columns = np.ogrid[: height + 20, : width + 20]
    lesion = ((columns - 10 - width / 2) / (0.4 * width)) ** 2 + ((rows - 10 - height / 2) / (0.4 * height)) ** 2 < 1
    where, canvas = region(10, 10, 10 + width, 10 + height), np.zeros(lesion.shape, dtype=np.uint8)
    paste(crop(lesion.astype(np.uint8) * 255, where, 96), where, canvas)
    found = canvas >= 128
    dice = 2 * (found & lesion).sum() / (found.sum() + lesion.sum())
    assert dice >= 0.999  # 0.9949 of the flat and the tall one where they are cropped 1.2 pixels off-centre


def test_square_of_a_mask_keeps_its_place_and_area() -> None:
    mask = np.zeros((64, 64), dtype=bool)
    mask[16:48, 16:48] = True
    expected = np.zeros((32, 32), dtype=np.uint8)
    expected[8:24, 8:24] = 1  # everything halves
    np.testing.assert_array_equal(crop_mask(mask, region(0, 0, 64, 64), 32), expected)


def test_mask_pixel_is_lesion_from_half_of_its_area() -> None:
    mask = np.zeros((4, 8), dtype=bool)
    mask[:, 1] = True  # column 0 of the crop: half
    mask[0, 2] = True  # row 0, column 1 of the crop: a quarter
    assert crop_mask(mask, region(0, 0, 4, 4), 2).tolist() == [[1, 0], [1, 0]]


def test_grown_mask_holds_zeros_and_ones_only() -> None:
    mask = np.zeros((10, 10), dtype=bool)
    mask[3:7, 3:7] = True
    grown = crop_mask(mask, region(2, 2, 8, 8), 48)  # 8 times as large: 32 x 32 of 48 x 48
    assert grown.dtype == np.uint8
    assert set(np.unique(grown)) == {0, 1}
    assert grown.sum() == pytest.approx(32 * 32, rel=0.05)


def test_where_tiles_overlap_the_larger_probability_stands() -> None:
    canvas = np.zeros((4, 6), dtype=np.uint8)
    weak, strong = np.full((8, 8), 100, dtype=np.uint8), np.full((8, 8), 200, dtype=np.uint8)
    expected = [100, 100, 200, 200, 200, 0]
    for order in ([(weak, 0, 4), (strong, 2, 5)], [(strong, 2, 5), (weak, 0, 4)]):
        canvas[:] = 0
        for tile, x0, x1 in order:
            paste(tile, region(x0, 0, x1, 4), canvas)
        assert (canvas == expected).all()


def test_region_of_one_pixel_can_be_cropped_and_pasted() -> None:
    image = np.full((5, 5), 77, dtype=np.uint8)
    canvas = np.zeros_like(image)
    paste(crop(image, region(4, 4, 5, 5), 32), region(4, 4, 5, 5), canvas)
    assert canvas[4, 4] == 77
    assert canvas.sum() == 77


@pytest.mark.parametrize("angle", [0.0, 10.0, -25.0, 30.0])
def test_a_turned_region_has_the_shapes_of_the_original_turned_about_its_middle(angle: float) -> None:
    """A disc in an image whose surroundings are stretched to a square stays round in the original's pixels."""
    y, x = np.mgrid[:200, :300] + 0.5
    image = (((x - 180) ** 2 + (y - 90) ** 2 < 12**2) * 255).astype(np.uint8)
    place, within, size = region(60, 40, 260, 140), region(110, 65, 210, 115), 100
    surroundings = crop(image, place, 100)
    shares = turned(surroundings, place, within, angle, size) / 255
    # the disc lies 20 to the right of the region's middle; counter-clockwise as seen, so up for a positive angle
    expected = 160 + 20 * np.cos(np.deg2rad(angle)), 90 - 20 * np.sin(np.deg2rad(angle))
    rows, columns = np.mgrid[:size, :size] + 0.5
    found = [110 + (shares * columns).sum() / shares.sum(), 65 + (shares * rows).sum() / shares.sum() / 2]
    assert found == pytest.approx(expected, abs=0.3)
    assert shares.sum() / 2 == pytest.approx(np.pi * 12**2, rel=0.03)  # pixels of the result are half one high
    across, down = (
        np.sqrt((shares * (columns - columns[shares > 0.5].mean()) ** 2).sum() / shares.sum()),
        np.sqrt((shares * (rows - rows[shares > 0.5].mean()) ** 2).sum() / shares.sum()),
    )
    assert down == pytest.approx(2 * across, rel=0.05)


def test_what_turns_in_from_outside_of_the_surroundings_is_mirrored() -> None:
    """As where a region ends with the image: no corner is painted that prediction never has."""
    image = np.full((64, 64), 90, dtype=np.uint8)
    whole = region(0, 0, 64, 64)
    assert (turned(image, whole, whole, 30.0, 32) == 90).all()

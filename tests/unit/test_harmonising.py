"""What makes pictures of different machines alike, step by step, on drawings whose answer is known."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from guidedseg.harmonising.marks import burned_in, filled
from guidedseg.harmonising.picture import OFF, Harmonising, harmonised
from guidedseg.harmonising.region import ultrasound

Picture = NDArray[np.uint8]

YELLOW, GREEN, RED, BLUE = (255, 223, 0), (100, 255, 120), (200, 20, 0), (0, 60, 220)


def how(**steps: object) -> Harmonising:
    return Harmonising.model_validate({**OFF.model_dump(), **steps})


def tissue(height: int = 200, width: int = 300, seed: int = 0) -> Picture:
    """Speckle of 30 to 130, without a line of one grey in it."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(height, width)), (9, 9), 0)
    return cv2.normalize(noise, None, 30, 130, cv2.NORM_MINMAX).round().astype(np.uint8)


def tinted(grey: Picture) -> Picture:
    """(H, W, 3) RGB, bluish as BUS-UCLM's."""
    return (grey[:, :, None] * np.array([0.94, 0.97, 1.09])).round().clip(0, 255).astype(np.uint8)


def within(margins: tuple[int, int, int, int], inner: Picture) -> Picture:
    """Black margins at left, top, right, bottom."""
    left, top, right, bottom = margins
    return cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_CONSTANT)


class TestRegion:
    def test_of_a_picture_without_margins_is_the_whole(self) -> None:
        assert ultrasound(tissue()) == (0, 0, 300, 200)

    def test_black_margins_are_cut_off_to_the_pixel(self) -> None:
        assert ultrasound(within((40, 20, 60, 10), tissue())) == (40, 20, 340, 220)

    def test_texts_and_scales_in_margins_go_with_them(self) -> None:
        picture = within((40, 30, 60, 10), tissue())
        cv2.putText(picture, "GAIN 50", (50, 20), cv2.FONT_HERSHEY_PLAIN, 1, 255)
        picture[60:180:10, 370:376] = 200  # a scale at the right
        picture[80:160, 10:20] = np.arange(80)[:, None] + 100  # a grey bar at the left
        assert ultrasound(picture) == (40, 30, 340, 230)

    def test_a_shadow_stays(self) -> None:
        """Noise in it, or black that comes on little by little."""
        noisy = tissue()
        noisy[40:, :60] = np.random.default_rng(1).integers(0, 9, (160, 60))
        fading = (tissue() * np.linspace(0, 2, 300).clip(0, 1)).astype(np.uint8)
        assert ultrasound(noisy) == (0, 0, 300, 200)
        assert ultrasound(fading)[0] < 30  # of 150 columns over which it fades

    def test_of_two_images_side_by_side_both_stay(self) -> None:
        picture = within((20, 0, 20, 0), np.hstack([tissue(), np.zeros((200, 30), np.uint8), tissue(seed=1)]))
        assert ultrasound(picture) == (20, 0, 650, 200)

    def test_a_line_drawn_across_an_image_does_not_end_it(self) -> None:
        """Of a Doppler box, close to the side: what lies behind is narrow, and tissue all the same."""
        picture, marks = tissue(), np.zeros((200, 300), np.bool_)
        marks[:, 268:272] = True
        assert ultrasound(picture, marks) == (0, 0, 300, 200)
        assert ultrasound(within((40, 0, 0, 0), picture), np.pad(marks, ((0, 0), (40, 0)))) == (40, 0, 340, 200)

    def test_of_nothing_and_of_a_speck_is_the_whole(self) -> None:
        black = np.zeros((50, 80), np.uint8)
        assert ultrasound(black) == (0, 0, 80, 50)
        black[20:30, 20:30] = 99
        assert ultrasound(black) == (0, 0, 80, 50)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 2), (3, 300)])
    def test_of_any_picture_is_within_it(self, shape: tuple[int, int]) -> None:
        for level in (0, 255):
            x0, y0, x1, y1 = ultrasound(np.full(shape, level, np.uint8))
            assert 0 <= x0 < x1 <= shape[1]
            assert 0 <= y0 < y1 <= shape[0]


class TestMarks:
    def test_tissue_has_none_grey_or_tinted(self) -> None:
        assert not burned_in(tissue()).any()
        assert not burned_in(tissue(), tinted(tissue())).any()

    def test_calipers_and_arrows_in_colour_are_found(self) -> None:
        colours = tinted(tissue())
        cv2.drawMarker(colours, (100, 60), YELLOW, cv2.MARKER_CROSS, 11)
        cv2.arrowedLine(colours, (200, 150), (170, 150), GREEN, 1)
        drawn = (colours != tinted(tissue())).any(axis=2)
        found = burned_in(tissue(), colours)
        assert found[drawn].all()
        assert found.sum() < 5 * drawn.sum()

    def test_flow_is_no_mark_not_even_its_yellow(self) -> None:
        colours = tinted(tissue())
        cv2.circle(colours, (80, 80), 12, RED, -1)
        cv2.circle(colours, (80, 80), 5, YELLOW, -1)
        cv2.circle(colours, (200, 80), 9, BLUE, -1)
        assert not burned_in(tissue(), colours).any()

    def test_a_violet_tile_is_a_mark_with_all_that_is_in_it(self) -> None:
        colours = tinted(tissue())
        colours[150:, 240:] = (133, 129, 164)
        cv2.circle(colours, (270, 175), 10, (60, 60, 60), 2)
        assert burned_in(tissue(), colours)[150:, 240:].all()

    def test_lines_and_grey_strokes_of_one_level_are_found_without_colour(self) -> None:
        picture = tissue()
        picture[20:180, 50] = 175
        picture[180, 50:250] = 175
        cv2.drawMarker(picture, (150, 60), 255, cv2.MARKER_CROSS, 13)
        drawn = picture != tissue()
        assert burned_in(picture)[drawn].mean() > 0.95

    def test_what_is_painted_over_comes_close_to_what_was_there_and_nothing_else_changes(self) -> None:
        picture = tissue()
        picture[20:180, 50] = 255
        marks = burned_in(picture)
        clean = filled(picture, marks)
        assert np.abs(clean.astype(int) - tissue())[:, 50].mean() < 8
        np.testing.assert_array_equal(clean[~marks], picture[~marks])
        assert filled(picture, marks).tobytes() == clean.tobytes()


class TestPicture:
    def test_without_a_step_nothing_is_touched(self) -> None:
        picture = within((40, 0, 0, 0), tissue())
        made = harmonised(picture, OFF, colours=tinted(picture), mm_per_pixel=(0.1, 0.1))
        assert made.image is picture
        assert (made.moved, made.marks_px, made.mm_per_pixel) == (False, 0, None)

    def test_percentiles_become_black_and_white(self) -> None:
        made = harmonised(tissue(), how(intensity=[1, 99])).image
        assert (made.min(), made.max()) == (0, 255)
        assert abs((made == 0).mean() - 0.01) < 0.005
        even = np.full((40, 40), 7, np.uint8)
        assert harmonised(even, how(intensity=[1, 99])).image.tobytes() == even.tobytes()

    def test_percentiles_are_of_the_region(self) -> None:
        inner = harmonised(tissue(), how(intensity=[1, 99])).image
        both = harmonised(within((90, 0, 90, 0), tissue()), how(region=True, intensity=[1, 99])).image
        np.testing.assert_array_equal(both, inner)

    def test_a_region_that_is_told_is_not_searched(self) -> None:
        picture = within((40, 0, 0, 0), tissue())
        assert harmonised(picture, how(region=True)).box == (40, 0, 340, 200)
        assert not harmonised(picture, how(region=True), is_region=True).moved

    def test_pixels_become_one_size(self) -> None:
        made = harmonised(tissue(), how(mm_per_pixel=0.2), mm_per_pixel=(0.1, 0.4))
        assert (made.image.shape, made.mm_per_pixel) == ((400, 150), 0.2)

    @pytest.mark.parametrize("own", [None, (1e-6, 1e-6), (50.0, 50.0)])
    def test_unknown_and_impossible_millimetres_leave_a_picture_as_it_is(self, own: tuple[float, float] | None) -> None:
        made = harmonised(tissue(), how(mm_per_pixel=0.2), mm_per_pixel=own)
        assert made.image.tobytes() == tissue().tobytes()
        assert made.mm_per_pixel is None

    def test_what_is_found_lies_on_the_pictures_own_grid_again(self) -> None:
        """Twice as large there: a rectangle of even corners comes back to the pixel."""
        picture = within((40, 0, 60, 0), tissue())
        made = harmonised(picture, how(region=True, mm_per_pixel=0.05), mm_per_pixel=(0.1, 0.1))
        assert made.image.shape == (400, 600)
        whole = np.zeros(picture.shape, np.bool_)
        whole[50:90, 100:180] = True
        shown = made.mask(whole)
        assert shown[100:180, 120:280].all()
        assert shown.sum() == 4 * whole.sum()
        np.testing.assert_array_equal(made.placed(shown.astype(np.uint8) * 255) >= 128, whole)
        box = np.array([[120.0, 100.0, 280.0, 180.0]])
        assert made.to_picture(box).tolist() == [[100, 50, 180, 90]]
        np.testing.assert_array_equal(made.to_image(made.to_picture(box)), box)

    @pytest.mark.parametrize(
        "step", [{"intensity": [99, 1]}, {"intensity": [1]}, {"intensity": [-1, 99]}, {"mm_per_pixel": 0.0}]
    )
    def test_steps_that_cannot_be_are_refused(self, step: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            how(**step)

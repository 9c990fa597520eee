"""Figure of the attention maps: which images, which maps, and where they are shown."""

from dataclasses import replace

import numpy as np
import pytest
import runs
from drawings import FRAME, SIDE, Drawing, everywhere, nothing, square
from matplotlib.colors import to_hex
from runs import cases_of, run_of

from guidedseg.inference.tiles import Tiles
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.attention import FIGURE, ON_MAPS

pytestmark = pytest.mark.filterwarnings("error")

TRUTH = square(8, 8, 8)
LEFT_TO_RIGHT = np.array([[51, 204], [51, 204]], dtype=np.uint8)  # 0.2 and 0.8
TOP_TO_BOTTOM = np.repeat(np.array([[0], [102], [102], [255]], dtype=np.uint8), 4, axis=1)


@pytest.fixture(autouse=True)
def without_scores(monkeypatch):
    """This figure reads none of them, and their 2,000 draws would take a second a run."""
    monkeypatch.setattr(runs, "scores", lambda *_, **__: {})


def lesion(name, width=8, **changes):
    """The box is the frame; the guided mask has the left ``width`` of the lesion's 8 columns."""
    predicted = square(8, 8, 8, width) if width else nothing()
    given = {"boxes": ((0.9, FRAME, predicted),), "image_id": name, **changes}
    return Drawing(TRUTH, TRUTH, **given)


def with_gates(*drawings):
    """A run with a gate on a grid of 2 x 2 and one on 4 x 4, the same for all regions."""
    run = run_of(*drawings)
    gates = {
        mode: tuple(
            Tiles(np.repeat(maps[None], len(tiles.items), axis=0), tiles.items)
            for maps in (LEFT_TO_RIGHT, TOP_TO_BOTTOM)
        )
        for mode, tiles in run.tiles.items()
    }
    return replace(run, gates=gates)


def drawn(folder, *drawings):
    """Rows of axes: direct and guided of every image, the image and two maps each."""
    run = with_gates(*drawings)
    figure = FIGURE.draw(run, cases_of(run, drawings, folder))
    *panels, bar = figure.axes
    assert [label.get_text() for label in bar.get_xticklabels()] == ["least let through", "most let through"]
    return np.reshape(panels, (-1, 3))


def title(axes):
    return axes.get_title(loc="left")


def test_run_without_gates_has_no_such_figure():
    assert not FIGURE.exists(run_of(lesion("a")))
    assert FIGURE.exists(with_gates(lesion("a")))


def test_images_are_those_at_the_quantiles_of_the_guided_dice_worst_first():
    # Dice 2w / (w + 8): e 0, c 0.4, a 0.67, d 0.86, b 1; places 0, 4/3, 8/3 and 4 of the order e c a d b
    images = [lesion("a", 4), lesion("b", 8), lesion("c", 2), lesion("d", 6), lesion("e", 0)]
    normal = Drawing(nothing(), nothing(), image_id="0", pathology="normal")  # Dice 1
    assert FIGURE.images(with_gates(normal, *images)) == ["e", "c", "d", "b"]


def test_of_few_images_each_is_shown_once_and_equal_scores_go_by_name():
    assert FIGURE.images(with_gates(lesion("b"), lesion("a"))) == ["a", "b"]
    assert FIGURE.images(with_gates(lesion("a"))) == ["a"]
    assert FIGURE.images(with_gates(lesion("c"), lesion("d"), lesion("b"), lesion("a"), lesion("e"))) == [*"abde"]


def test_every_image_has_a_row_per_mode_with_its_maps_from_coarse_to_fine(tmp_path):
    rows = drawn(tmp_path, lesion("b", 8), lesion("a", 2, pathology="malignant"))
    assert [title(row[0]) for row in rows] == [
        "a, malignant\ndirect: Dice 100.0 %",
        "guided: Dice 40.0 %",
        "b, benign\ndirect: Dice 100.0 %",
        "guided: Dice 100.0 %",
    ]
    for row in rows:
        assert [title(axes) for axes in row[1:]] == ["2 x 2: 0.20 to 0.80", "4 x 4: 0.00 to 1.00"]


def test_map_is_pasted_over_the_frame_and_coloured_from_its_least_to_its_most(tmp_path):
    (_, coarse, fine), _ = drawn(tmp_path, lesion("a"))
    shown = coarse.images[-1].get_array()
    assert shown.shape == (SIDE, SIDE)
    assert not np.ma.getmaskarray(shown).any()
    assert shown[:, 0].tolist() == [0.2] * SIDE
    assert shown[:, -1].tolist() == [0.8] * SIDE
    assert coarse.images[-1].get_clim() == pytest.approx((0.2, 0.8))
    assert fine.images[-1].get_clim() == (0, 1)
    assert (fine.images[-1].get_array()[-1] == 1).all()


def test_constant_map_is_shown(tmp_path):
    drawing = lesion("a", boxes=((0.9, (4, 9, 5, 10), everywhere()),))  # one pixel: the mean of the tile
    _, (_, coarse, fine) = drawn(tmp_path, drawing)
    # means of 51 and 204, and of 0, 102, 102 and 255 (114.75), as uint8: 128 and 115 of 255
    assert [title(coarse), title(fine)] == ["2 x 2: 0.50 to 0.50", "4 x 4: 0.45 to 0.45"]


def test_guided_map_is_shown_inside_the_counted_regions_only(tmp_path):
    boxes = (
        (0.9, (8, 8, 16, 16), everywhere()),
        (0.8, (20, 10, 24, 30), everywhere()),
        (0.4, (0, 0, 32, 32), everywhere()),  # below the operating confidence
    )
    direct, guided = drawn(tmp_path, lesion("a", boxes=boxes))
    inside = nothing()
    inside[8:16, 8:16] = inside[10:30, 20:24] = True
    for axes in guided[1:]:
        np.testing.assert_array_equal(np.ma.getmaskarray(axes.images[-1].get_array()), ~inside)
        assert axes.images[0].get_cmap().name == "gray"  # the image, under the map
    assert title(guided[1]) == "2 x 2: 0.20 to 0.80"
    corners = [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in guided[0].patches]
    assert corners == [(7.5, 7.5, 8, 8), (19.5, 9.5, 4, 20)]  # the edges of pixels
    assert not direct[0].patches


def test_guided_maps_are_enlarged_around_regions_and_lesion(tmp_path):
    # region and lesion take rows and columns 8 to 18: 10 pixels, a tenth more is 11, from 13 - 5.5 to 13 + 5.5;
    # edges of pixels lie at halves
    _, guided = drawn(tmp_path, lesion("a", boxes=((0.9, (10, 10, 18, 18), everywhere()),)))
    for axes in guided[1:]:
        assert axes.get_xlim() == pytest.approx((7, 18))
        assert axes.get_ylim() == pytest.approx((18, 7))
    assert guided[0].get_xlim() == (-0.5, SIDE - 0.5)


def test_enlarged_part_stays_inside_the_image(tmp_path):
    _, guided = drawn(tmp_path, lesion("a", boxes=((0.9, (0, 0, 20, 20), everywhere()),)))
    # columns 0 to 20, a tenth more is 22: the margin goes to the right
    assert guided[1].get_xlim() == pytest.approx((-0.5, 21.5))


def test_outline_of_the_lesion_lies_on_image_and_maps(tmp_path):
    for image, *maps in drawn(tmp_path, lesion("a")):
        assert [to_hex(line.get_color()) for line in image.lines] == [style.TRUTH]
        for axes in maps:
            assert [line.get_color() for line in axes.lines] == [ON_MAPS]
            assert (axes.lines[0].get_xdata().min(), axes.lines[0].get_xdata().max()) == (8, 15)


@pytest.mark.parametrize("boxes", [(), ((0.4, FRAME, everywhere()),)])
def test_image_without_a_counted_box_says_no_region_and_shows_no_guided_map(tmp_path, boxes):
    direct, guided = drawn(tmp_path, lesion("a", boxes=boxes))
    assert title(guided[0]) == "guided: Dice 0.0 %, no region"
    assert [text.get_text() for text in guided[1].texts] == ["No region, so no attention map."]
    assert not any(axes.images or axes.axison for axes in guided[1:])
    assert all(len(axes.images) == 2 for axes in direct[1:])


def test_run_without_any_guided_region_has_direct_maps(tmp_path):
    drawing = lesion("a", boxes=())
    run = with_gates(drawing)
    run = replace(run, gates={**run.gates, "guided": ()})  # as ``predict`` gives them for no regions
    *panels, _ = FIGURE.draw(run, cases_of(run, [drawing], tmp_path)).axes
    assert [len(axes.images) for axes in panels] == [1, 2, 2, 1, 0, 0]


def test_run_without_lesions_says_so():
    run = with_gates(Drawing(nothing(), nothing(), pathology="normal"))
    assert FIGURE.images(run) == []
    assert [text.get_text() for text in FIGURE.draw(run, {}).texts] == [FIGURE.caption(run)]
    assert FIGURE.caption(run) == FIGURE.alt(run) == "No test image has a lesion: no attention map is shown."


def test_texts_name_the_rule_the_grids_and_the_scores():
    run = with_gates(lesion("a", 2), lesion("b"))
    caption, alt = FIGURE.caption(run), FIGURE.alt(run)
    assert "quantiles 0, 1/3, 2/3 and 1 of the guided Dice" in caption
    assert "do not explain a decision" in caption
    assert "grids of 2 x 2, 4 x 4" in alt
    assert "worst first: a: Dice direct 100.0 %, guided 40.0 %; b: Dice direct 100.0 %, guided 100.0 %." in alt


def test_odd_names_are_written_as_they_are_and_files_are_the_same_each_time(tmp_path):
    names = ["<script>alert($x$)", "cost $5 & more", "a " + "very-long-name_" * 6]
    drawings = [lesion(name, width) for name, width in zip(names, (0, 4, 8), strict=True)]
    run = with_gates(*drawings)
    cases = cases_of(run, drawings, tmp_path)
    for folder in ("one", "two"):
        figure = FIGURE.draw(run, cases)
        style.save(figure, tmp_path / folder, FIGURE.name)
    titles = [title(axes).splitlines() for axes in figure.axes[:-1:6]]
    assert [lines[0] for lines in titles[:2]] == [f"{names[0]}, benign", f"{names[1]}, benign"]
    assert "".join(titles[2][:-1]).replace(" ", "") == f"{names[2]},benign".replace(" ", "")
    assert max(len(line) for lines in titles for line in lines) <= 34
    for kind in ("png/attention.png", "svg/attention.svg"):
        assert (tmp_path / "one" / kind).read_bytes() == (tmp_path / "two" / kind).read_bytes()

"""Figures of test images: what is drawn of whom, and what is said of it."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from drawings import Drawing, everywhere, nothing, square
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from runs import cases_of, run_of

from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import boxes, contours, failures, masks, patient_slices, style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results

pytestmark = pytest.mark.filterwarnings("error")

KINDS = [module.FIGURE for module in (patient_slices, masks, boxes, contours, failures)]

LESION, BOX = square(8, 8, 8), (8, 8, 16, 16)
TRUE = ((BOX, everywhere()),)
LARGE = square(4, 4, 16)

ORDINARY = (
    Drawing(LESION, LESION, ((0.9, BOX, everywhere()),), TRUE, "a"),
    Drawing(LARGE, LARGE, ((0.3, (4, 4, 20, 20), everywhere()),), (((4, 4, 20, 20), everywhere()),), "b"),
    Drawing(LESION, nothing(), ((0.7, BOX, everywhere()),), TRUE, "c", pathology="malignant"),
    # 8 x 4 of 8 x 8 pixels: Dice 64 / 96; the box has an IoU of 0.5 and finds the lesion
    Drawing(LESION, LESION, ((0.8, (8, 8, 16, 12), everywhere()),), TRUE, "d"),
    Drawing(nothing(), nothing(), ((0.6, (0, 0, 8, 8), everywhere()),), (), "n1", "Q", "normal"),
    Drawing(nothing(), square(0, 0, 4), (), (), "n2", "Q", "normal"),
)

STRANGE = "<script>alert($x_1^2$) & 'so on', " + "LONG " * 12

RUNS = {
    "ordinary": ORDINARY,
    "one lesion": ORDINARY[:1],
    "one silent normal": (Drawing(nothing(), nothing(), image_id="n", pathology="normal"),),
    "silent detector": tuple(each._replace(boxes=()) for each in ORDINARY),
    "strange names": tuple(each._replace(image_id=STRANGE + each.image_id) for each in ORDINARY),
}


class Run(NamedTuple):
    """A run with its cases."""

    results: Results
    cases: dict[str, Case]


@pytest.fixture(scope="module", params=RUNS)
def any_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    drawings = RUNS[request.param]
    results = run_of(*drawings)
    return Run(results, cases_of(results, drawings, tmp_path_factory.mktemp("prepared")))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    results = run_of(*ORDINARY)
    return Run(results, cases_of(results, ORDINARY, tmp_path_factory.mktemp("prepared")))


def drawn(kind: Kind, run: Run) -> Figure:
    """From no more cases than the kind asks for."""
    return kind.draw(run.results, {name: run.cases[name] for name in kind.images(run.results)})


def title(axes: Axes) -> str:
    return axes.get_title(loc="left")


def headings(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def outlines(axes: Axes) -> list[tuple[str, str]]:
    """Colour and line of every outline."""
    return [(line.get_color(), "-" if line.get_linestyle() == "-" else "--") for line in axes.lines]


def rectangles(axes: Axes) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    """Colour, line, x0, y0, x1, y1 (half-open, pixels) of every box."""
    for patch in axes.patches:
        assert isinstance(patch, Rectangle)
        x, y, width, height = *patch.get_xy(), patch.get_width(), patch.get_height()
        corners = (x, y, x + width, y + height)  # a pixel's centre is at its whole number, its edges are at the halves
        yield to_hex(patch.get_edgecolor()), str(patch.get_linestyle()), tuple(each + 0.5 for each in corners)


# -------------------------------------------------------------------------------------------------- all kinds, all runs


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_texts_stay_apart_and_on_the_sheet(kind: Kind, any_run: Run) -> None:
    figure = drawn(kind, any_run)
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [*figure.texts, *(each for axes in figure.axes for each in (axes._left_title, *axes.texts))]
    extents = [text.get_window_extent(renderer) for text in texts if text.get_text()]
    extents += [legend.get_window_extent(renderer) for legend in figure.legends]
    for one, other in itertools.combinations(extents, 2):
        assert not (one.width and other.width and one.overlaps(other))
    for extent in extents:
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.width
        assert extent.y0 >= 0
        assert extent.y1 <= figure.bbox.height
    for axes, extent in itertools.product(figure.axes, [text.get_window_extent(renderer) for text in figure.texts]):
        assert not axes.get_window_extent(renderer).overlaps(extent)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_words_name_every_shown_image(kind: Kind, any_run: Run) -> None:
    shown, said = kind.images(any_run.results), kind.alt(any_run.results)
    assert all(image_id in said for image_id in shown)
    assert shown or "none" in said
    assert not re.search(r"\bnan\b", said + kind.caption(any_run.results))


@pytest.mark.parametrize("kind", [masks.FIGURE, boxes.FIGURE], ids=lambda kind: kind.name)
def test_files_are_the_same_each_time(kind: Kind, run: Run, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        style.save(drawn(kind, run), tmp_path / folder, kind.name)
    for name in (f"png/{kind.name}.png", f"svg/{kind.name}.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_formula_in_a_name_stays_text(tmp_path: Path) -> None:
    drawings = RUNS["strange names"][:1]
    results = run_of(*drawings)
    figure = drawn(patient_slices.FIGURE, Run(results, cases_of(results, drawings, tmp_path)))
    assert title(figure.axes[0]) == "<script>ale…ONG LONG a, benign"
    assert not figure.axes[0]._left_title.get_parse_math()


# ------------------------------------------------------------------------------------------------------- one at a time


def test_slices_are_one_patients_images_with_the_true_outlines(run: Run) -> None:
    figure = drawn(patient_slices.FIGURE, run)
    assert [title(axes) for axes in figure.axes] == ["a, benign", "b, benign", "c, malignant", "d, benign"]
    assert all(outlines(axes) == [(style.TRUTH, "-")] for axes in figure.axes)
    said = patient_slices.FIGURE.caption(run.results)
    assert said.startswith("4 of 4 test images of P, at equal steps in the order of their names.")
    assert "P has the most test images with a lesion (4)." in said


@pytest.mark.parametrize("kind", [masks.FIGURE, contours.FIGURE, boxes.FIGURE], ids=lambda kind: kind.name)
def test_captions_say_what_there_is_none_of(kind: Kind) -> None:
    assert "No test image has a lesion." in kind.caption(run_of(*RUNS["one silent normal"]))
    assert "No test image has a lesion." not in kind.caption(run_of(*RUNS["one lesion"]))
    if kind is not boxes.FIGURE:
        assert "There is no normal." in kind.caption(run_of(*RUNS["one lesion"]))


def test_slices_without_any_lesion_say_so() -> None:
    results = run_of(*RUNS["one silent normal"])
    assert "P has the most; none has a lesion." in patient_slices.FIGURE.caption(results)


def test_masks_are_white_on_black_beside_their_image(run: Run) -> None:
    # guided Dice: b 0, d 2/3, a and c 1; the normals n1 0, n2 1
    figure = drawn(masks.FIGURE, run)
    assert headings(figure) == ["image", "true mask", "unetpp, direct", "unetpp, guided"]
    rows = [figure.axes[start : start + 4] for start in range(0, len(figure.axes), 4)]
    assert [title(row[0]) for row in rows] == ["b", "d", "a", "c", "n1"]
    assert [title(axes) for axes in rows[1]] == ["d", "benign", "Dice 100.0 %", "Dice 66.7 %"]
    half = square(8, 8, 4, 8)
    for axes, mask in zip(rows[1][1:], (LESION, LESION, half), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), mask * 255)


def test_grid_has_two_columns_per_network(run: Run) -> None:
    names = ("unet", "unetpp", "transunet")
    rows = []
    for case in (run.cases["a"], run.cases["c"]):
        own = [masks.row(case, {mode: f"{name}\n{mode}" for mode in ("direct", "guided")}) for name in names]
        pictures = {head: mask for each in own for head, mask in each.masks.items()}
        dice = {head: value for each in own for head, value in each.dice.items()}
        rows.append(masks.Row(case.image_id, case.pathology, case.image, case.truth, pictures, dice))
    figure = masks.grid(rows)
    assert len(figure.axes) == 2 * (2 + 2 * 3)
    assert headings(figure)[2:5] == ["unet\ndirect", "unet\nguided", "unetpp\ndirect"]
    assert title(figure.axes[-1]) == "Dice 100.0 %"


def test_boxes_are_told_apart_by_colour_and_line(run: Run) -> None:
    figure = drawn(boxes.FIGURE, run)
    # best confidence of images with all lesions found: c 0.7, d 0.8, a 0.9
    assert [title(axes).split("\n")[0] for axes in figure.axes] == [
        *("c, malignant", "d, benign", "a, benign", "b, benign", "n1, normal")
    ]
    by_name = {title(axes)[:2].strip(","): axes for axes in figure.axes}
    found, missed, finds, false = boxes.LINES.values()
    assert list(rectangles(by_name["d"])) == [(*found, (8, 8, 16, 16)), (*finds, (8, 8, 16, 12))]
    assert list(rectangles(by_name["b"])) == [(*missed, (4, 4, 20, 20))]
    assert list(rectangles(by_name["n1"])) == [(*false, (0, 0, 8, 8))]
    assert [text.get_text() for text in by_name["n1"].texts] == ["0.60"]
    assert title(by_name["b"]).endswith("lesions found: 0 of 1; false boxes: 0")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(boxes.LINES)
    assert len({colour for colour, _ in boxes.LINES.values()}) == len({line for _, line in boxes.LINES.values()}) == 4


def test_silent_detector_has_misses_and_no_boxes() -> None:
    drawings = RUNS["silent detector"]
    results = run_of(*drawings)
    assert boxes.FIGURE.images(results) == ["b", "a", "c", "d"]
    assert "A lesion missed: b (no box), a (no box)" in boxes.FIGURE.alt(results)
    assert boxes.FIGURE.caption(results).endswith(
        "Without any image: All lesions found; False boxes. The detector found nothing at that confidence."
    )


def test_confidences_stand_inside_the_image_and_apart() -> None:
    # five like boxes, one in a corner, one as large as the image
    corners = np.array([*[[100, 100, 300, 180]] * 5, [0, 0, 20, 20], [0, 0, 600, 400]], dtype=float)
    places = [place for place in boxes.free_places(corners, (400, 600)) if place is not None]
    wide, high = (side * 600 / style.PANEL for side in boxes.LABEL)
    assert len(places) == 7
    for x, y in places:
        assert 0 <= x <= 600 - wide
        assert 0 <= y <= 400 - high
    for one, other in itertools.combinations(places, 2):
        assert abs(one[0] - other[0]) >= wide or abs(one[1] - other[1]) >= high


def test_confidence_without_a_free_corner_is_left_out() -> None:
    places = boxes.free_places(np.array([[100.0, 100.0, 110.0, 110.0]] * 20), (400, 600))
    assert places[0] is not None
    assert places[-1] is None


def test_contours_show_both_modes_of_an_image_and_boxes_in_guided_only(run: Run) -> None:
    figure = drawn(contours.FIGURE, run)
    # the images of `masks`, two panels each
    assert [title(axes).split(",")[0] for axes in figure.axes] == [*"bbddaacc", "n1", "n1"]
    direct, guided = figure.axes[2:4]
    assert title(direct) == "d, benign\ndirect: Dice 100.0 %"
    assert title(guided) == "d, benign\nguided: Dice 66.7 %"
    assert outlines(guided) == [(style.TRUTH, "-"), (style.PREDICTION, "--")]
    assert list(rectangles(direct)) == []
    assert [corners for _, _, corners in rectangles(guided)] == [(8, 8, 16, 12)]
    assert outlines(figure.axes[1]) == [(style.TRUTH, "-")]
    assert "b (benign): direct 100.0 %, guided 0.0 %; d (benign): direct 100.0 %, guided 66.7 %" in contours.FIGURE.alt(
        run.results
    )


def test_box_at_the_edge_leaves_the_picture_where_it_is(run: Run) -> None:
    figure = drawn(contours.FIGURE, run)
    assert figure.axes[-1].get_xlim() == figure.axes[-2].get_xlim() == (-0.5, 31.5)


def test_failures_have_five_headings_and_their_images(run: Run) -> None:
    figure = drawn(failures.FIGURE, run)
    assert headings(figure) == list(failures.HEADINGS.values())
    assert [title(axes).replace("\n", "; ") for axes in figure.axes] == [
        *("d, benign; guided: 66.7 %", "a, benign; guided: 100.0 %", "c, malignant; guided: 100.0 %"),
        "b, benign; guided: 0.0 %, lesion 25.0 % of image",  # 16 x 16 of 32 x 32 pixels
        "n1, normal; guided: 0.0 %, area 6.2 % of image",  # 8 x 8
        *("b, benign; direct: 100.0 %", "b, benign; guided: 0.0 %"),
        *("d, benign; direct: 100.0 %", "d, benign; guided: 66.7 %"),
        *("c, malignant; direct: 0.0 %", "c, malignant; guided: 100.0 %"),
    ]


def test_groups_of_failures_without_images_say_none() -> None:
    results = run_of(*RUNS["one silent normal"])
    figure = failures.FIGURE.draw(results, {})
    assert headings(figure) == [f"{heading}: none" for heading in failures.HEADINGS.values()]
    assert failures.FIGURE.alt(results).count("none.") == 5
    assert "Misses" in failures.FIGURE.caption(results)


def test_detector_without_images_to_show_says_none() -> None:
    results = run_of(*RUNS["one silent normal"])
    assert headings(boxes.FIGURE.draw(results, {})) == [f"{heading}: none" for heading in boxes.HEADINGS.values()]


def test_tall_and_wide_pictures_fit_their_panels() -> None:
    figure, grid = style.sheet([style.Line([(900, 100)]), style.Line([(100, 900), (100, 100)])], 2)
    inches = [axes.get_position().height * figure.get_figheight() for line in grid for axes in line]
    # at most 1.5 times as high as wide; a line is as high as its highest picture
    assert inches == pytest.approx([1.5 * style.PANEL, style.PANEL, style.PANEL])

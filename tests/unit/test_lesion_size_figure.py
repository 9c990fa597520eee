"""The figure of Dice over lesion size: which numbers it shows, and its axes."""

from dataclasses import replace

import pytest
from charts import NORMAL, RUNS, figure_of, image, points, texts
from drawings import nothing, square
from matplotlib.colors import to_hex
from runs import run_of

from guidedseg.reporting.figures import lesion_size, style


def sized(name, side, outlined, **changes):
    truth = square(8, 8, side)
    return image(name, truth, direct=truth if outlined else nothing(), **changes)


SIZED = run_of(
    # terciles by area: sides 4 and 5, 6 and 7, 8 and 9; in this order the Dice of direct is 1 0, 1 1, 0 0
    sized("e", 8, False),
    sized("a", 4, True, pathology="malignant"),
    sized("b", 5, False),
    sized("c", 6, True),
    sized("f", 9, False),
    sized("d", 7, True),
    NORMAL,
)


def test_images_without_lesion_have_no_place_over_lesion_area() -> None:
    shown = lesion_size.points(SIZED)
    assert shown["image_id"].tolist() == ["a", "b", "c", "d", "e", "f"]
    assert shown["share"].tolist() == pytest.approx([100 * side**2 / 1024 for side in (4, 5, 6, 7, 8, 9)])
    assert shown["direct"].tolist() == [1, 0, 1, 1, 0, 0]


def test_median_of_each_third_by_lesion_area() -> None:
    table = lesion_size.medians(lesion_size.points(SIZED), "direct")
    assert table.index.tolist() == ["small", "medium", "large"]
    assert table["median"].tolist() == [0.5, 1, 0]
    assert table["last"].tolist() == pytest.approx([100 * side**2 / 1024 for side in (5, 7, 9)])


def test_panels_share_axes_and_a_miss_is_seen_whole() -> None:
    direct, guided = figure_of("lesion_size", SIZED).axes
    assert [axes.get_title() for axes in (direct, guided)] == [
        "direct: median 50.0 %, 3 of 6 at 0",
        "guided: median 0.0 %, 6 of 6 at 0",  # no box anywhere
    ]
    assert direct.get_xlim() == guided.get_xlim()
    assert direct.get_xscale() == "log"
    assert points(direct, "^") == [(100 * 16 / 1024, 1.0)]
    benign = points(direct, "o")
    assert (100 * 25 / 1024, 0.0) in benign
    assert len(benign) == 5
    assert not any(line.get_clip_on() for line in direct.lines if line.get_marker() == "o")


def test_pathologies_differ_in_colour_and_marker() -> None:
    lines = [line for line in figure_of("lesion_size", SIZED).axes[0].lines if line.get_marker() in {"o", "^"}]
    assert {(line.get_marker(), to_hex(line.get_color())) for line in lines} == {("o", "#0072b2"), ("^", "#d55e00")}


def pictures(folder) -> int:
    """In the SVG of the figure."""
    style.save(figure_of("lesion_size", SIZED), folder, "sizes")
    return (folder / "svg/sizes.svg").read_text(encoding="utf-8").count("<image")


def test_many_points_are_a_picture_in_the_svg(monkeypatch, tmp_path) -> None:
    assert pictures(tmp_path) == 0
    monkeypatch.setattr(lesion_size, "MOST", 5)  # there are 6
    assert pictures(tmp_path) > 0


def test_no_lesion_no_sizes() -> None:
    assert texts(figure_of("lesion_size", RUNS["one normal with a weak box"])) == ["No test image has a lesion."]


@pytest.mark.parametrize("side", [1, 2, 3, 13, 17, 24])
def test_axis_of_a_single_area_has_a_tick(side) -> None:
    run = RUNS["one lesion"]
    evaluation = replace(run.evaluation, images=run.evaluation.images.assign(lesion_px=side**2))
    axes = figure_of("lesion_size", replace(run, evaluation=evaluation)).axes[0]
    low, high = axes.get_xlim()
    assert any(low < tick < high for tick in axes.get_xticks())

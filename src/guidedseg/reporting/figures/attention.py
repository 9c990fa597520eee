"""What the attention gates let through, from the coarsest skip to the finest: direct above guided."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from guidedseg.inference.patchwork import Patchwork, patchworks
from guidedseg.inference.tiles import Tiles
from guidedseg.names import MODES
from guidedseg.reporting.cases import Case
from guidedseg.reporting.figures import style
from guidedseg.reporting.figures.kind import Kind
from guidedseg.reporting.results import Results
from guidedseg.reporting.selection import by_quantile

SHOWN = 4
COLOURS = mpl.colormaps["viridis"]
NOTHING = "No test image has a lesion: no attention map is shown."
ON_MAPS = "white"
"""Of the true outline, with a black rim: the colour of truth is one of the map's."""


def _images(results: Results) -> list[str]:
    with_lesion = results.images.loc[results.images["lesion_px"] > 0, "image_id"]
    return by_quantile(results.dice["guided"].loc[with_lesion], SHOWN)


def _grid(maps: Tiles) -> str:
    height, width = maps.probabilities.shape[1:]
    return f"{height} x {width}"


def _draw(results: Results, cases: Mapping[str, Case]) -> Figure:
    chosen = [cases[image_id] for image_id in _images(results)]
    if not chosen:
        return style.note(NOTHING)
    columns = 1 + len(results.gates["direct"])
    tallest = max(height / width for height, width in (case.truth.shape for case in chosen))
    figure = style.new(2 * columns, 0.9 + len(chosen) * (0.7 + 2 * 1.95 * tallest))
    axes = figure.subplots(len(MODES) * len(chosen), columns, squeeze=False)
    for number, case in enumerate(chosen):
        patches = patchworks(results.tiles["direct"], results.tiles["guided"], case.image_id, results.operating)
        for row, mode in enumerate(MODES, start=len(MODES) * number):
            _row(results, case, mode, patches[mode], axes[row])
    bar = figure.colorbar(ScalarMappable(cmap=COLOURS), ax=axes, location="bottom", shrink=0.4, aspect=50, pad=0.01)
    bar.set_ticks([0, 1], labels=["least let through", "most let through"], fontsize=8)
    bar.outline.set_visible(False)
    rim = [withStroke(linewidth=3, foreground="black")]
    lines = [
        Line2D([], [], color=style.TRUTH, label="true lesion"),
        Line2D([], [], color=ON_MAPS, path_effects=rim, label="true lesion, on a map"),
        Line2D([], [], color=style.BOX, path_effects=rim, linestyle="--", label="region"),
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=3)
    return figure


def _row(results: Results, case: Case, mode: str, patch: Patchwork, axes: Sequence[Axes]) -> None:
    boxes = patch.tiles.boxes[patch.chosen]
    title = f"{mode}: Dice {100 * case.dice[mode]:.1f} %"
    if mode == "direct":
        title = "\n".join([*textwrap.wrap(f"{case.image_id}, {case.pathology}", 34), title])
    style.picture(axes[0], case.image, title)
    style.contour(axes[0], case.truth, style.TRUTH)
    if not len(boxes):
        for empty in axes[1:]:
            empty.set_axis_off()
        axes[0].set_title(f"{title}, no region", fontsize=7, loc="left", parse_math=False)
        axes[1].text(0, 0.5, "No region, so no attention map.", va="center", fontsize=7, transform=axes[1].transAxes)
        return
    inside = np.zeros(case.truth.shape, dtype=np.bool_)
    for x0, y0, x1, y1 in boxes:
        inside[y0:y1, x0:x1] = True
    if mode == "guided":
        for corners in boxes:
            style.box(axes[0], corners - 0.5, style.BOX, dashed=True)
    window = _window(inside | case.truth)
    for panel, maps in zip(axes[1:], results.gates[mode], strict=True):
        shares = maps.assembled(patch.chosen, *case.truth.shape) / 255
        _map(panel, case, np.ma.array(shares, mask=~inside), _grid(maps))
        panel.set(xlim=window[:2], ylim=window[2:])


def _map(axes: Axes, case: Case, shares: npt.NDArray[np.float64], grid: str) -> None:
    style.picture(axes, case.image, f"{grid}: {shares.min():.2f} to {shares.max():.2f}")
    axes.imshow(shares, cmap=COLOURS, vmin=shares.min(), vmax=shares.max())
    style.contour(axes, case.truth, ON_MAPS)
    for line in axes.lines:
        line.set_path_effects([withStroke(linewidth=2.4, foreground="black")])


def _window(shown: npt.NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Left, right, bottom, top: around all that is shown, as wide to high as the image, and inside it."""
    size = np.array(shown.shape)
    places = np.argwhere(shown)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    extent = size * min(1, 1.1 * ((high - low) / size).max())
    top, left = np.clip((low + high - extent) / 2, 0, size - extent)
    return left - 0.5, left + extent[1] - 0.5, top + extent[0] - 0.5, top - 0.5


def _caption(results: Results) -> str:
    images = _images(results)
    if not images:
        return NOTHING
    return (
        "The share (0 to 1) of its skip's features that each attention gate lets through, from the coarsest grid to "
        "the finest; where regions overlap, the larger. Guided maps are enlarged around the regions (dashed); outside "
        "of them is the grey image. Every map has its own colour scale, from its smallest to its largest share, which "
        "stand above it. Images: of those with a lesion the nearest to the quantiles 0, 1/3, 2/3 and 1 of the guided "
        "Dice (rule strict), worst first. The maps describe the network; they do not explain a decision."
    )


def _alt(results: Results) -> str:
    images = _images(results)
    if not images:
        return NOTHING
    dice = results.dice
    grids = ", ".join(map(_grid, results.gates["direct"]))
    scores = "; ".join(
        f"{image_id}: Dice direct {100 * dice.at[image_id, 'direct']:.1f} %, "
        f"guided {100 * dice.at[image_id, 'guided']:.1f} %"
        for image_id in images
    )
    return (
        f"Attention maps on grids of {grids}, direct above guided, with the outline of the true lesion. Test images, "
        f"worst first: {scores}."
    )


FIGURE = Kind(
    name="attention",
    title="What the attention gates let through",
    caption=_caption,
    alt=_alt,
    draw=_draw,
    images=_images,
    exists=lambda results: bool(results.gates["direct"]),
)

"""Every chart figure stands where there is little or nothing to show; and what the one of the training shows."""

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from charts import CHARTS, RUNS, figure_of, points, texts

# All of them


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("name", CHARTS)
def test_chart_stands_and_speaks_whatever_the_run_has(name, run) -> None:
    figure = figure_of(name, run)
    figure.draw_without_rendering()
    words = [*texts(figure), CHARTS[name].FIGURE.caption(run), CHARTS[name].FIGURE.alt(run)]
    assert not any(re.search(r"\b(nan|None)\b", text) for text in words)
    assert all(len(text) > 20 for text in words[-2:])


def test_chart_is_the_same_bytes_whenever_made() -> None:
    one, other = io.BytesIO(), io.BytesIO()
    for target in (one, other):
        figure_of("patients", RUNS["all"]).savefig(target, format="svg", metadata={"Date": None})
    assert one.getvalue() == other.getvalue()


# Training


def curve(*dice):
    epochs = np.arange(1, len(dice) + 1)
    losses = {"train_loss": 1 / epochs, "val_loss": 2 / epochs}
    return pd.DataFrame({"epoch": epochs, **losses, "val_dice": dice, "val_strict": 1 - np.array(dice)})


TRAINED = replace(RUNS["all"], segmenters={"direct": curve(0.2, 0.6, 0.6, 0.5), "guided": curve(0.7)})


def test_star_is_the_first_best_epoch() -> None:
    dice, loss = figure_of("training", TRAINED).axes[:2]
    assert sorted(points(dice, "*")) == [(1, pytest.approx(0.3)), (1, 0.7), (1, 0.8), (2, 0.6)]  # open ones: 0.3, 0.8
    assert points(loss, "*") == [(1, 2), (2, 1)]
    assert [text.get_text() for text in dice.get_legend().get_texts()] == [
        "direct, pooled: 0.600 in epoch 2",
        "direct, strict: 0.800 in epoch 1",
        "guided, pooled: 0.700 in epoch 1",
        "guided, strict: 0.300 in epoch 1",
    ]


def test_losses_of_the_detector_have_a_panel_where_they_are_known() -> None:
    assert len(figure_of("training", TRAINED).axes) == 3
    losses = {f"{part}_{name}_loss": 1.0 for part in ("train", "val") for name in ("box", "cls", "dfl")}
    panels = figure_of("training", replace(TRAINED, detector=TRAINED.detector.assign(**losses))).axes
    assert len(panels) == 4
    assert {text.get_text() for text in panels[3].get_legend().get_texts()} == {
        f"{name}, {part}" for part in ("training", "validation") for name in ("box", "cls", "dfl")
    }
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in panels[3].lines}
    assert len(looks) == 6

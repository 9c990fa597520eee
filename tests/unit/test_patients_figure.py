"""The figure of patients: their order, their dots and their names."""

import pytest
from charts import LESION, figure_of, image, points
from drawings import nothing
from runs import run_of

from guidedseg.reporting.figures import patients

PATIENTS = run_of(
    image("1", direct=LESION, patient_id="P"),  # direct 1 and 0, guided 0 and 1
    image("2", guided=LESION, patient_id="P"),
    image("3", guided=LESION, patient_id="Q$"),
    image("4", nothing(), patient_id="Q$"),  # silence on a normal: 1 and 1
    image("5", nothing(), patient_id="Q$"),
    image("6", direct=LESION, patient_id="S"),
    image("7", direct=LESION, patient_id="R"),
)


def test_patients_by_falling_direct_dice_then_by_name() -> None:
    table = patients.means(PATIENTS)
    assert table.index.tolist() == ["R", "S", "Q$", "P"]
    assert table["direct"].tolist() == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert table["guided"].tolist() == pytest.approx([0, 0, 1, 1 / 2])
    assert table["images"].tolist() == [1, 1, 3, 2]


def test_line_joins_both_dots_of_a_patient() -> None:
    (axes,) = figure_of("patients", PATIENTS).axes
    assert points(axes, "o") == [(1 / 2, 3), (pytest.approx(2 / 3), 2), (1, 0), (1, 1)]
    assert points(axes, "s") == [(0, 0), (0, 1), (1 / 2, 3), (1, 2)]
    joined = [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()]
    assert joined == [pytest.approx(ends) for ends in ([1, 0], [1, 0], [2 / 3, 1], [1 / 2, 1 / 2])]


def test_patient_names_are_text_and_carry_their_images() -> None:
    labels = figure_of("patients", PATIENTS).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["R  (1 of 1)", "S  (1 of 1)", "Q$  (1 of 3)", "P  (2 of 2)"]
    assert not any(label.get_parse_math() for label in labels)


def test_of_many_patients_some_are_shown_at_equal_steps_and_the_caption_says_so(monkeypatch) -> None:
    monkeypatch.setattr(patients, "MOST", 2)
    labels = figure_of("patients", PATIENTS).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["R  (1 of 1)", "P  (2 of 2)"]
    caption = patients.FIGURE.caption(PATIENTS)
    assert "2 of the 4 test patients, sorted by the direct approach, at equal steps of that order" in caption


def test_few_patients_are_all_shown() -> None:
    assert "each of the 4 test patients, sorted by the direct approach." in patients.FIGURE.caption(PATIENTS)


def test_patients_in_words() -> None:
    # R and S lose, Q$ gains, P stays
    assert patients.FIGURE.alt(PATIENTS).startswith(
        "Of 4 patients the guided approach has the higher mean Dice for 1, the lower for 2;"
    )

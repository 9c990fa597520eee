"""The card of a bundle: what the hub reads, what people must know, and no number but those of the scores."""

import re
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt
from runs import run_of
from small_bundle import PARTS, SPLIT, description
from three_images import A, B, N

from guidedseg.datasets.catalogue import DATASETS
from guidedseg.reporting.card.card import BRANCHES, RULES, card
from guidedseg.reporting.tables.wording import percent

TRAINING = {
    mode: {
        "encoder": "tu-test_efficientnet",
        "encoder_weights": weights,
        "parameters": 3_463_977,
        "epoch": 3,
        "epochs": 12,
    }
    for mode, weights in (("direct", None), ("guided", "imagenet"))
}


SCORES = {
    "three images": run_of(A, B, N).scores,
    "no lesion": run_of(N, N._replace(image_id="m")).scores,
    "no normal": run_of(A, B).scores,
}


def written(of: str = "three images", **changes: Any) -> str:
    return card(description(**changes), SCORES[of], SPLIT, TRAINING)


def front(text: str) -> Any:
    _, header, _ = text.split("---\n", 2)
    return yaml.safe_load(header)


def tables(text: str) -> list[list[list[str]]]:
    """The cells of all tables, row by row, as a renderer finds them."""
    found: list[list[list[str]]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text.split("---\n", 2)[2]):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and token.level == 4:  # table, part of it, row, cell
            found[-1][-1].append(token.content)
    return found


@pytest.mark.parametrize("of", SCORES)
def test_the_hub_reads_it(of):
    found = ModelCard(written(of))
    assert found.data.license == "agpl-3.0"
    assert found.data.pipeline_tag == "image-segmentation"
    assert found.data.library_name == "guidedseg"
    assert found.data.model_name == "guidedseg-phantom-unet"
    expected = {
        f"Dice, {branch}, {rule}": SCORES[of]["branches"][branch][rule]["dice"]["value"]
        for branch in BRANCHES
        for rule in RULES
    }
    assert {each.metric_name: each.metric_value for each in found.data.eval_results} == {
        name: value for name, value in expected.items() if value is not None
    }
    assert {each.dataset_split for each in found.data.eval_results} == {"test"}
    assert found.text.strip().startswith("# guidedseg-phantom-unet")


@pytest.mark.parametrize("of", SCORES)
def test_every_table_is_whole(of):
    """Every row of the source is one of a table, and no cell is empty but those of the first column's head."""
    text = written(of)
    found = tables(text)
    assert len(found) == 7
    assert sum(len(rows) + 1 for rows in found) == len(re.findall(r"^\|", text, re.MULTILINE))  # and a rule each
    for rows in found:
        assert len({len(row) for row in rows}) == 1
        assert all(cell for row in rows[1:] for cell in row)
    assert not re.search(r"\bNone\b|\bnan\b|\{\{|\{%|Undefined", text.split("---\n", 2)[2])


def test_numbers_are_those_of_the_scores():
    of = SCORES["three images"]["branches"]
    data, scored, cases, subsets, *_ = tables(written())
    assert data[1:] == [[part, *(str(value) for value in SPLIT[part].values())] for part in PARTS]
    for row, branch in zip(scored[1:], BRANCHES, strict=True):
        expected = [percent(of[branch][rule]["dice"]) for rule in RULES]
        expected += [percent(of[branch]["normals"]["share_with_false_positive"])]
        assert row[1:] == [*expected, percent(of[branch]["lesionwise"]["recall"])]
    assert [row[1:] for row in cases[1:]] == [
        [str(of[branch]["cases"][kind]) for branch in ("guided", "direct")] for kind in ("misses", "false_positives")
    ]
    assert len(subsets) == 1 + len(BRANCHES)
    assert of["guided"]["strict"]["dice"]["value"] != of["direct"]["strict"]["dice"]["value"]


def test_values_are_those_of_the_bundle_and_say_who_chose_them():
    values = tables(written())[5]
    assert [row[1] for row in values[1:]] == ["0.7", "0.7", "0.45", "0.300", "0.15", "64", "32"]
    assert [row[2] for row in values[1:]] == 4 * ["on validation images"] + 3 * ["in advance"]
    made = description()["made"]
    made["params"]["scoring"] = {"choose": "strict", "confidence": 0.5, "gate": 0.0, "mask_threshold": 0.5}
    assert {row[2] for row in tables(written(made=made))[5][1:]} == {"in advance"}


@pytest.mark.parametrize("dataset", [*DATASETS, "bus_uclm+busi"])
def test_it_names_the_medical_limits_the_images_and_the_licences(dataset):
    text = written(data={**description()["data"], "dataset": dataset})
    words = " ".join(text.split())
    of = [DATASETS[name] for name in dataset.split("+")]
    for about in of:
        for line in (about.people, about.limits, about.licence, about.title, about.link):
            assert line in words
    for phrase in (
        "Research software, not a medical device.",
        "must not be used to diagnose",
        "no B-mode ultrasound of the breast",
        "AGPL-3.0-only",
        "independent reproduction",
        "Patients in several parts: 0",
        "alike in several parts: 7",
        "random weights",
        "imagenet",
        "3.46 M",
    ):
        assert phrase in words
    assert front(text)["model-index"][0]["results"][0]["dataset"]["type"] == dataset


@pytest.mark.parametrize("engine", ["onnxruntime", "torch"])
def test_it_says_which_engine_the_scores_are_of(engine):
    made = description()["made"]
    made["params"]["profiles"]["quick"]["engine"] = engine
    assert f"as `guidedseg segment --engine {engine}` runs them" in written(made=made)


def test_it_tells_of_synthetic_images_where_there_were_any():
    assert "synthetic" not in written()
    made = description()["made"]
    chosen = {"share": 0.5, "source": "phantom", "use": "detector", "seed": 0}
    text = " ".join(written(made=made | {"params": made["params"] | {"synthetic": chosen}}).split())
    assert "The detector was also trained on **synthetic images**, 0.5 times as many as the training images" in text
    assert "(source: phantom); none of them is a validation or test image." in text


def test_it_says_where_the_code_of_no_repository_is_from():
    made = {**description()["made"], "commit": None}
    assert "code outside git;" in written(made=made)


def test_written_again_it_is_the_same():
    assert written() == written()

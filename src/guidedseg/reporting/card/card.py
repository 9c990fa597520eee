"""The model card of a bundle, as Hugging Face reads it: front matter in YAML, then text in Markdown."""

from collections.abc import Mapping
from typing import Any

import jinja2
import yaml

from guidedseg.datasets.catalogue import DATASETS
from guidedseg.evaluation.bootstrap import RELIABLE
from guidedseg.evaluation.scores import Nested
from guidedseg.names import NETWORKS, datasets_in
from guidedseg.reporting.tables import of_run
from guidedseg.reporting.tables.table import markdown
from guidedseg.reporting.tables.wording import TITLES, percent

BRANCHES = ("guided", "direct", "guided_fallback", "cascade")

TRAINED = {"both": "Detector and networks were", "detector": "The detector was", "segmenters": "The networks were"}
"""``synthetic.use`` -> who trained on synthetic images."""

RULES = {
    "strict": "every image counts; both empty is 1, a false alarm or a miss 0",
    "lesion": "images with a lesion only",
    "literal": "the paper's formula, in which an empty mask always scores 1",
}

INTERVALS = (
    f"Brackets: 95 % intervals for other patients; with ? from fewer than {RELIABLE} groups of them, not reliable; "
    "without brackets there is none."
)


def card(
    description: Mapping[str, Any], scores: Nested, split: Nested, training: Mapping[str, Mapping[str, Any]]
) -> str:
    """README.md of a bundle.

    Args:
        description: what ``bundle.json`` says (``bundles.schema.Description``), without engine and files.
        scores: report/scores.json of the same networks.
        split: metrics/split.json.
        training: config.json of ``direct`` and ``guided``.
    """
    about = [DATASETS[name] for name in datasets_in(description["data"]["dataset"])]
    titles = " and ".join(each.title for each in about)
    handed_on = {**scores, "branches": {branch: scores["branches"][branch] for branch in BRANCHES}}
    environment = jinja2.Environment(  # noqa: S701 - Markdown, from texts of our own and numbers
        loader=jinja2.PackageLoader("guidedseg.reporting.card"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("card.md").render(
        front=yaml.safe_dump(_front(description, scores, titles), sort_keys=False, width=1000),
        about=about,
        titles=titles,
        bundle=description,
        network=NETWORKS[description["model"]],
        scores=scores,
        split=split,
        training=training,
        branches={branch: TITLES[branch] for branch in BRANCHES},
        rules=RULES,
        percent=percent,
        intervals=INTERVALS,
        chosen=_chosen(description["made"]["params"]["scoring"]),
        synthetic=description["made"]["params"].get("synthetic"),
        trained=TRAINED,
        engine=description["made"]["params"]["profiles"][description["made"]["params"]["profile"]]["engine"],
        detector=markdown(of_run.detector(scores, description["model"])),
        subsets=markdown(of_run.subsets(handed_on, description["model"])),
    )


def _chosen(scoring: Mapping[str, Any]) -> dict[str, str]:
    """Where each operating value comes from: what params.yaml fixes is not chosen."""
    names = ("confidence", "gate", "mask_threshold")
    return {name: "on validation images" if scoring[name] is None else "in advance" for name in names}


def _front(description: Mapping[str, Any], scores: Nested, dataset: str) -> dict[str, Any]:
    """What the hub reads: https://huggingface.co/docs/hub/model-cards."""
    branches = scores["branches"]
    metrics = [
        {
            "type": "dice",
            "name": f"Dice, {branch}, {rule}",
            "value": branches[branch][rule]["dice"]["value"],
        }
        for branch in BRANCHES
        for rule in RULES
        if branches[branch][rule]["dice"]["value"] is not None
    ]
    return {
        "license": "agpl-3.0",
        "library_name": "guidedseg",
        "pipeline_tag": "image-segmentation",
        "language": "en",
        "tags": ["medical", "ultrasound", "breast", "lesion-segmentation", "onnx"],
        "model-index": [
            {
                "name": description["name"],
                "results": [
                    {
                        "task": {"type": "image-segmentation"},
                        "dataset": {"name": dataset, "type": description["data"]["dataset"], "split": "test"},
                        "metrics": metrics,
                    }
                ],
            }
        ],
    }

"""metrics/*.json, plots/ and report/: what came out, for DVC and for people."""

from pathlib import Path
from typing import TYPE_CHECKING

import stages

if TYPE_CHECKING:
    from guidedseg.reporting.results import Results

PREPARED = Path("data/prepared")
DETECTION_HEADLINE = ("ap50", "ap50_95", "lesion_recall", "precision", "false_boxes_per_normal_image")


def main() -> tuple[Path, str]:
    """Report on the network named on the command line, with the mode of params.yaml as the headline."""
    from guidedseg import params
    from guidedseg.names import MODES
    from guidedseg.reporting import results
    from guidedseg.reporting.tables.wording import percent

    (model,) = stages.words("model")
    settings = params.load()
    run = results.read(
        Path(),
        model,
        detector=settings.detector,
        seed=settings.seed,
        batch=settings.scoring.batch,
        match_iou=settings.scoring.match_iou,
    )
    _page(run, settings.run)
    _metrics(run, settings.mode)  # last: where they are, all else is
    dice = {mode: percent(run.scores["branches"][mode]["strict"]["dice"]) for mode in MODES}
    text = f"{model}, Dice under strict in %: direct {dice['direct']}, guided {dice['guided']}"
    return Path("report/index.html"), text


def _metrics(run: "Results", mode: str) -> None:
    """metrics/*.json: those that DVC shows hold values, details.json and comparison.json their intervals too."""
    from guidedseg.evaluation import detection, scores
    from guidedseg.json_files import write_json
    from guidedseg.reporting import elsewhere

    everything = run.scores
    chosen, operating, of_boxes = (everything["branches"][mode], everything["operating"], everything["detection"])
    counted = detection.counts(run.boxes, run.lesions, run.images, confidence=operating["confidence"])
    write_json({**scores.headline(chosen), "operating": operating}, Path("metrics/segmentation.json"))
    write_json({**chosen, "sample": everything["sample"], "detection": of_boxes}, Path("metrics/details.json"))
    write_json(scores.side_by_side(everything), Path("metrics/comparison.json"))
    short = {name: of_boxes[name]["value"] for name in DETECTION_HEADLINE}
    write_json({**short, "operating_confidence": operating["confidence"], **counted}, Path("metrics/detection.json"))
    write_json(elsewhere.metrics(run.elsewhere), Path("metrics/external.json"))


def _page(run: "Results", params: dict[str, object]) -> None:
    """plots/ and report/."""
    from guidedseg import artifacts, lock
    from guidedseg.json_files import write_json
    from guidedseg.progress import bar
    from guidedseg.reporting import cases, figures
    from guidedseg.reporting.figures import rules
    from guidedseg.reporting.page import gallery, index
    from guidedseg.reporting.tables import of_elsewhere, of_paper, of_run, table
    from guidedseg.writing import whole_directory, write_text

    became, on_page, in_figures = gallery.outcomes(run), set(gallery.chosen(run)), figures.images(run)
    wanted = sorted(on_page | in_figures)
    shown, kept = [], {}
    for case in bar("test images", cases.read(run, PREPARED, wanted), unit="image", total=len(wanted)):
        if case.image_id in on_page:
            shown.append(gallery.entry(case, became.loc[case.image_id].to_dict()))
        if case.image_id in in_figures:
            kept[case.image_id] = case
    with whole_directory(Path("plots")) as target:
        for name, curve in {**run.curves, "rules": rules.table(run)}.items():
            curve.to_csv(target / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")
        figures.write(run, kept, target)
        pictures = index.figures(run, target / "png")
    beside = of_paper.tables({run.model: run.scores}, dataset=str(params["dataset"]))
    own = of_run.tables(run.scores, run.model) + of_elsewhere.tables(run.scores, run.elsewhere, str(params["dataset"]))
    with whole_directory(Path("report/tables")) as target:
        for each in [*beside, *own]:
            table.write(each, target)
    write_json(run.scores, Path("report/scores.json"))
    write_text(Path("report/comparison.md"), of_run.document(run.scores, run.model, beside))
    locked, folders = lock.read(Path("dvc.lock")), (f"evaluations/{run.model}", f"evaluations/external/{run.model}")
    before = {name: stage for folder in folders for name, stage in lock.upstream(locked, folder).items()}
    # the journal has no entry of `outside`, which only looks, in every run
    made = {name: lock.outs(stage) for name, stage in before.items() if not name.startswith("outside")}
    facts = index.Facts(params, artifacts.values(Path("metrics/split.json")), made)
    write_text(Path("report/index.html"), index.index(run, facts, [*beside, *own], pictures, shown))


if __name__ == "__main__":
    stages.run(main)

"""metrics/*.json, plots/ and report/: what came out, for DVC and for people."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import stages

if TYPE_CHECKING:
    from guidedseg.reporting.results import Results

PREPARED = Path("data/prepared")
FOLDERS = ("plots", "report/tables")
FILES = (
    *("report/index.html", "report/comparison.md", "report/scores.json"),
    *(f"metrics/{name}.json" for name in ("segmentation", "details", "comparison", "detection", "external")),
)
DETECTION_HEADLINE = ("ap50", "ap50_95", "lesion_recall", "precision", "false_boxes_per_normal_image")


def main() -> tuple[Path, str]:
    """Report on the network named on the command line, with the mode of params.yaml as the headline."""
    from guidedseg import params
    from guidedseg.names import MODES
    from guidedseg.reporting import results
    from guidedseg.reporting.tables.wording import percent
    from guidedseg.writing import whole_directory, whole_file

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
    with ExitStack() as outs:  # all or none: whatever fails leaves the metrics and the page of before
        folders = {name: outs.enter_context(whole_directory(Path(name))) for name in FOLDERS}
        files = {name: outs.enter_context(whole_file(Path(name))) for name in FILES}
        _metrics(run, settings.mode, files)
        _page(run, settings.run, folders, files)
    dice = {mode: percent(run.scores["branches"][mode]["strict"]["dice"]) for mode in MODES}
    text = f"{model}, Dice under strict in %: direct {dice['direct']}, guided {dice['guided']}"
    return Path("report/index.html"), text


def _metrics(run: "Results", mode: str, files: dict[str, Path]) -> None:
    """metrics/*.json: those that DVC shows hold values, details.json and comparison.json their intervals too."""
    from guidedseg.evaluation import detection, scores
    from guidedseg.json_files import write_json
    from guidedseg.reporting import elsewhere

    everything = run.scores
    chosen, operating, of_boxes = (everything["branches"][mode], everything["operating"], everything["detection"])
    counted = detection.counts(run.boxes, run.lesions, run.images, confidence=operating["confidence"])
    write_json({**scores.headline(chosen), "operating": operating}, files["metrics/segmentation.json"])
    write_json({**chosen, "sample": everything["sample"], "detection": of_boxes}, files["metrics/details.json"])
    write_json(scores.side_by_side(everything), files["metrics/comparison.json"])
    short = {name: of_boxes[name]["value"] for name in DETECTION_HEADLINE}
    write_json({**short, "operating_confidence": operating["confidence"], **counted}, files["metrics/detection.json"])
    write_json(elsewhere.metrics(run.elsewhere), files["metrics/external.json"])


def _page(run: "Results", params: dict[str, object], folders: dict[str, Path], files: dict[str, Path]) -> None:
    """plots/ and report/."""
    from guidedseg import artifacts, lock
    from guidedseg.json_files import write_json
    from guidedseg.progress import bar
    from guidedseg.reporting import cases, figures
    from guidedseg.reporting.figures import rules
    from guidedseg.reporting.page import gallery, index
    from guidedseg.reporting.tables import of_elsewhere, of_paper, of_run, table
    from guidedseg.writing import write_text

    became, on_page, in_figures = gallery.outcomes(run), set(gallery.chosen(run)), figures.images(run)
    wanted = sorted(on_page | in_figures)
    shown, kept = [], {}
    for case in bar("test images", cases.read(run, PREPARED, wanted), unit="image", total=len(wanted)):
        if case.image_id in on_page:
            shown.append(gallery.entry(case, became.loc[case.image_id].to_dict()))
        if case.image_id in in_figures:
            kept[case.image_id] = case
    for name, curve in {**run.curves, "rules": rules.table(run)}.items():
        curve.to_csv(folders["plots"] / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")
    figures.write(run, kept, folders["plots"])
    pictures = index.figures(run, folders["plots"] / "png")
    beside = of_paper.tables({run.model: run.scores}, dataset=str(params["dataset"]))
    own = of_run.tables(run.scores, run.model) + of_elsewhere.tables(run.scores, run.elsewhere, str(params["dataset"]))
    for each in [*beside, *own]:
        table.write(each, folders["report/tables"])
    write_json(run.scores, files["report/scores.json"])
    write_text(files["report/comparison.md"], of_run.document(run.scores, run.model, beside))
    locked, read = lock.read(Path("dvc.lock")), (f"evaluations/{run.model}", f"evaluations/external/{run.model}")
    before = {name: stage for folder in read for name, stage in lock.upstream(locked, folder).items()}
    # the journal has no entry of `outside`, which only looks, in every run
    made = {name: lock.outs(stage) for name, stage in before.items() if not name.startswith("outside")}
    facts = index.Facts(params, artifacts.values(Path("metrics/split.json")), made)
    write_text(files["report/index.html"], index.index(run, facts, [*beside, *own], pictures, shown))


if __name__ == "__main__":
    stages.run(main)

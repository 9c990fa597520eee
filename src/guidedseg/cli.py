"""``guidedseg ...``: what is not a stage."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from guidedseg import cli_exchange, faults

app = typer.Typer(add_completion=False, no_args_is_help=True)
bundle_app = typer.Typer(no_args_is_help=True, help="Detector, networks and thresholds, as they are handed on.")
app.add_typer(bundle_app, name="bundle")
datasets_app = typer.Typer(help="Images to train on and to test on: public ones and one's own.")
app.add_typer(datasets_app, name="datasets")
app.add_typer(cli_exchange.app)

_MANY: dict[str, Any] = {"rich_help_panel": "Many images (docs/cluster.md)"}

Engine = Literal["onnxruntime", "openvino", "torch"]
Branch = Literal["guided", "direct", "guided_fallback", "cascade"]
OUTPUTS = ("mask", "overlay", "contours", "coco", "table", "seg", "sr")


@app.callback()
def root() -> None:
    """Localization-guided segmentation of breast ultrasound lesions."""


@app.command()
def check(
    params: Path = typer.Option(Path("params.yaml"), help="The file to check."),  # noqa: B008 - typer's way
    deep: Annotated[bool, typer.Option("--deep", help="Also hash all that DVC keeps, as DVC itself does not.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="With --deep: take away what is damaged.")] = False,
) -> None:
    """Tell all that would fail, and what is odd, before hours of work: parameters, weights, raw data, memory, split."""
    from guidedseg import checks

    for line in checks.run(params):
        typer.echo(line)
    if deep or remove:
        from guidedseg import rehash

        for line in rehash.run(remove=remove):
            typer.echo(line)


@bundle_app.command("check")
def bundle_check(
    path: Annotated[Path, typer.Argument(help="A bundle: its folder or its zip.")],
    engine: Annotated[Engine, typer.Option(help="What computes the example.")] = "onnxruntime",
    time: Annotated[bool, typer.Option("--time", help="Tell which engine is the fastest on this machine.")] = False,
) -> None:
    """Tell whether a bundle is whole, and segments its example here as where it was made."""
    from guidedseg.bundles import checking, timing

    for line in [*checking.check(path, engine), *(timing.times(path) if time else [])]:
        typer.echo(line)


@datasets_app.callback(invoke_without_command=True)
def datasets(context: typer.Context) -> None:
    """List the datasets that are known, and how one gets them."""
    if context.invoked_subcommand is None:
        from guidedseg.datasets import telling

        for line in telling.known():
            typer.echo(line)


@datasets_app.command("check")
def datasets_check(
    path: Annotated[Path, typer.Argument(help="A folder with a dataset in it, at any depth.")],
    name: Annotated[str | None, typer.Option(help="What it should be; without it, it is found out.")] = None,
) -> None:
    """Tell what a folder is, how many images, patients and lesions it has, and everything that is wrong with it."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    from guidedseg.datasets import telling

    for line in telling.told(path, name):
        typer.echo(line)


@app.command()
def segment(
    bundle: Annotated[Path, typer.Option(help="What segments: a bundle's folder or zip.")],
    out: Annotated[str, typer.Option(help="A new folder for masks and tables; of many images (below) also a URL.")],
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, quoted patterns ('scans/**/*.dcm'), URLs of these, or - for a list."),
    ] = None,
    branch: Annotated[
        Branch, typer.Option(help="In boxes of the detector, or (cascade) of direct; direct: whole images.")
    ] = "guided",
    outputs: Annotated[str, typer.Option(help="Some of mask,overlay,contours,coco,table,seg,sr.")] = ",".join(
        OUTPUTS[:5]
    ),
    engine: Annotated[Engine, typer.Option(help="openvino is an extra; torch is the one for a GPU.")] = "onnxruntime",
    threads: Annotated[int | None, typer.Option(min=1, help="Images at a time; all cores without it.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Of the frames of a cine or stack each how many-th.")] = 1,
    tracking: Annotated[bool, typer.Option(help="Follow lesions through the frames of a cine (guided).")] = True,
    confidence: Annotated[
        float | None, typer.Option(help="A box counts from this on; else as the bundle says.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="A pixel is lesion from this probability on; likewise.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted job in the same folder.")] = False,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only the I-th (from 0) of N shards, as a task of an array job.", **_MANY),
    ] = None,
    shards: Annotated[int | None, typer.Option(min=1, help="Cut into so many shards.", **_MANY)] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Only write which files each shard has: --shard then needs none.", **_MANY),
    ] = False,
    processes: Annotated[int, typer.Option(min=1, help="Shards at a time on this machine.", **_MANY)] = 1,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Shards by a Ray cluster: auto, local or HOST:PORT.", **_MANY),
    ] = None,
    gpus: Annotated[float, typer.Option(min=0, help="Of Ray, that a shard takes.", **_MANY)] = 0,
) -> None:
    """Segment your own images: PNG, JPEG, BMP, WebP, TIFF, DICOM, video. Nothing is sent anywhere.

    Research software, not a medical device. Masks, overlays and tables carry no value of a header; a DICOM-SEG and a
    structured report (--outputs seg,sr) repeat the patient's identity, as DICOM demands, and are written on request
    only. Exit code 3: some files could not be read, see problems.csv.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # it would print its own lines about bad files before ours
    from guidedseg.jobs import command, many

    if not paths and not shard:
        raise typer.BadParameter("give at least one", param_hint="PATHS")
    code = command.segment(
        paths or [],
        bundle,
        out,
        command.settings(branch, outputs, every=every, tracking=tracking),
        cut=many.options(shard, shards, plan=plan, processes=processes, ray=ray, cpus=threads or 1, gpus=gpus),
        threads=threads,
        resume=resume,
        engine=engine,
        confidence=confidence,
        threshold=threshold,
    )
    sys.exit(code)


@app.command()
def collect(
    out: Annotated[str, typer.Argument(help="The folder or URL of a job in shards.")],
    unpack: Annotated[
        bool | None,
        typer.Option(help="Pictures as loose files; without a word only where there are no more than 10,000 files."),
    ] = None,
) -> None:
    """Bring the shards of `guidedseg segment` together, if none is missing or double."""
    from guidedseg.cluster.store import Store
    from guidedseg.jobs import collecting, command

    sys.exit(command.told(collecting.collect(Store(out), unpacked=unpack), out))


@app.command()
def external(
    bundle: Annotated[Path, typer.Argument(help="What is tested: a bundle's folder or zip.")],
    dataset: Annotated[str, typer.Argument(help="On which dataset: a name of `guidedseg datasets`.")],
    out: Annotated[Path, typer.Option(help="A new folder for scores, a table and the worst cases.")],
    at: Annotated[Path | None, typer.Option(help="Where it lies; else data/external/DATASET.")] = None,
    engine: Annotated[Engine, typer.Option(help="What computes.")] = "onnxruntime",
) -> None:
    """Test a trained pair on all images of a dataset that it never saw, scored as its own test images were."""
    from guidedseg.reporting import external_test

    for line in external_test.run(bundle, dataset, at, out, engine):
        typer.echo(line)


@app.command()
def networks(
    params: Path = typer.Option(Path("params.yaml"), help="Whose options and profile to show."),  # noqa: B008
    as_json: Annotated[bool, typer.Option("--json", help="All of it for programs.")] = False,
    encoders: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="List the encoders that fit: '*efficientnet*'; '*': all."),
    ] = None,
) -> None:
    """List the networks, their options and their sizes: as in their papers and with the profile of params.yaml."""
    from guidedseg import params as schema
    from guidedseg.segmentation import catalogue

    if encoders is not None:
        names = catalogue.encoder_names(encoders)
        typer.echo(json.dumps(names) if as_json else "\n".join(names))
        return
    settings = schema.load(params)
    rows = catalogue.networks(
        settings.models.model_dump(), settings.chosen.network.model_dump(), settings.chosen.inputs.image_size
    )
    typer.echo(json.dumps(rows, indent=2) if as_json else catalogue.text(rows), nl=as_json)


@app.command()
def leaderboard(
    rule: Annotated[str, typer.Option(help="Scoring rule to rank by; docs/metrics.md explains them.")] = "strict",
    metric: Annotated[str, typer.Option(help="Metric to rank by.")] = "dice",
    rev: Annotated[
        list[str] | None, typer.Option(help="Git revision to start from; repeatable. Without one: the current commit.")
    ] = None,
    commits: Annotated[int, typer.Option(min=1, help="How many commits back from it, each with its experiments.")] = 1,
    csv: Annotated[Path | None, typer.Option(help="Write all scores under all rules to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables to this file.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Write the tables to this file.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write it as a page to this file.")] = None,
) -> None:
    """Compare experiments and imports: seeds and folds pooled, ranked where comparable, with intervals and tests."""
    from guidedseg import experiments, params
    from guidedseg.evaluation import standings
    from guidedseg.reporting.board import formats as board
    from guidedseg.reporting.board import paper
    from guidedseg.writing import write_text

    board.check_choice(rule, metric)
    settings = params.load()
    typer.echo("Reading the experiments ...", err=True)
    runs, notes = experiments.read(Path(), rev or (), commits)
    scored = paper.beside(
        standings.leaderboard(runs, settings.model_dump(), seed=settings.seed, batch=settings.scoring.batch)
    )
    for note in [*notes, *scored.notes]:
        typer.echo(f"Note: {note}", err=True)
    typer.echo(board.text(scored, rule, metric), nl=False)
    if csv:
        write_text(csv, board.csv(scored))
    if markdown:
        write_text(markdown, board.markdown(scored, rule, metric))
    if latex:
        write_text(latex, board.latex(scored, rule, metric))
    if page:
        from guidedseg.reporting.board import masks
        from guidedseg.reporting.board.page import html

        shown, missing = masks.of_sections(Path(), scored.sections)
        write_text(page, html(scored, rule, metric, shown, [*notes, *missing]))


@app.command()
def sweep(
    settings: Annotated[
        list[str],
        typer.Option("--set-param", "-S", metavar="KEY=VALUE,VALUE", help="As for `dvc exp run --queue`; repeatable."),
    ],
    name: Annotated[str, typer.Option(help="The names of the experiments begin with it.")] = "sweep",
    jobs: Annotated[int, typer.Option(min=1, help="Runs beside each other on this machine.")] = 1,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on a Ray cluster: auto, local or HOST:PORT.")
    ] = None,
    cpus_per_run: Annotated[float, typer.Option(min=0, help="Of Ray.")] = 1,
    gpus_per_run: Annotated[float, typer.Option(min=0, help="Below 1, several runs share a GPU.")] = 0,
    remote: Annotated[
        str | None, typer.Option(help="DVC remote through which machines without a shared disk hand on their results.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="Folder of the runs' copies of the project, and logs.")] = None,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Only these of the runs, counted from 0.")] = None,
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="Run what runs share, and none of them.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on: what is finished stays.")] = False,
) -> None:
    """Run every combination of values as an experiment, several at a time; what they share runs once, before.

    Threads of a run: OMP_NUM_THREADS, else the cores over --jobs. Exit code 1: some failed; --resume runs these again.
    """
    from guidedseg.cluster.cutting import Shard
    from guidedseg.cluster.tasks import Place
    from guidedseg.sweeps import driver

    plan = driver.Plan(
        place=Place(processes=jobs, ray=ray, cpus=cpus_per_run, gpus=gpus_per_run),
        remote=remote,
        at=at,
        shard=Shard.parse(shard) if shard is not None else None,
        prepare_only=prepare_only,
        resume=resume,
    )
    for line in driver.run(settings, name, plan):
        typer.echo(line)


def main() -> None:
    """Run the command line; print what the user can mend, or the machine did, without a traceback."""
    try:
        app()  # which ends after Ctrl-C by itself
    except Exception as error:
        faults.end(error)
        raise

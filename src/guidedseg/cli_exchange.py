"""``guidedseg export`` and ``guidedseg import``: what is exchanged with other tools."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer()
export_app = typer.Typer(no_args_is_help=True, help="Images, masks and split as other tools read them.")
app.add_typer(export_app, name="export")
import_app = typer.Typer(no_args_is_help=True, help="Masks of other tools as rows of the leaderboard.")
app.add_typer(import_app, name="import")

_PREPARED, _SPLIT = Path("data/prepared"), Path("data/split.csv")

Target = Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]
Name = Annotated[str, typer.Option(help="Of the row: letters, digits, _ and -; an earlier import of it is replaced.")]


@export_app.command("yolo")
def export_yolo(target: Target) -> None:
    """Write an Ultralytics dataset for segmentation: images/, labels/ with a polygon per lesion, data.yaml."""
    from guidedseg.exchange import data, exports

    typer.echo(exports.run(data.read(_PREPARED, _SPLIT), "yolo", target))


@export_app.command("coco")
def export_coco(target: Target) -> None:
    """Write images/ and instances_{train,val,test}.json: exact masks as plain run lengths."""
    from guidedseg.exchange import data, exports

    typer.echo(exports.run(data.read(_PREPARED, _SPLIT), "coco", target))


@export_app.command("monai")
def export_monai(target: Target) -> None:
    """Write images/, labels/ and datalist.json with the lists training, validation and testing."""
    from guidedseg.exchange import data, exports

    typer.echo(exports.run(data.read(_PREPARED, _SPLIT), "monai", target))


@export_app.command("nnunet")
def export_nnunet(
    target: Target,
    number: Annotated[int, typer.Option("--id", min=1, max=999, help="Of nnU-Net's dataset.")] = 501,
) -> None:
    """Write DatasetID_NAME for nnU-Net (version 2), with our split as splits_final.json; DIR is its nnUNet_raw."""
    from guidedseg.exchange import data, exports

    typer.echo(exports.run(data.read(_PREPARED, _SPLIT), "nnunet", target, number))


@import_app.command("nnunet")
def import_nnunet(
    predictions: Annotated[
        list[Path],
        typer.Argument(
            metavar="PREDICTIONS",
            help="Folders with those of the test images, and maybe fold_0/validation of the model.",
        ),
    ],
    name: Name = "nnunet",
) -> None:
    """Score nnU-Net's predictions as ours are, and put them on the leaderboard.

    With probabilities (.npz) of validation and test images, gate and threshold are chosen on the former as for our own
    networks; else the labels (.png) count as they are.
    """
    _import("nnunet", predictions, name)


@import_app.command("masks")
def import_masks(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR", help="Folders of IMAGE_ID.png.")],
    name: Name,
) -> None:
    """Score any tool's masks as ours are, and put them on the leaderboard.

    Grey PNG files of all test images, and maybe of all validation images: probability x 255, or labels (0 and 255, or
    0 and 1). With probabilities of validation images, gate and threshold are chosen on them.
    """
    _import("masks", folders, name)


def _import(tool: Literal["nnunet", "masks"], folders: list[Path], name: str) -> None:
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # it would print its own lines about bad files
    from guidedseg import params
    from guidedseg.exchange import data, imported, imports

    found = data.read(_PREPARED, _SPLIT)
    typer.echo(imports.run(tool, folders, name, found, params.load().scoring, imported.FOLDER))

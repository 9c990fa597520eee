"""``guidedseg ...``: what is not a stage."""

import sys
from pathlib import Path

import typer

from guidedseg.errors import GuidedsegError

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.callback()
def root() -> None:
    """Localization-guided segmentation of breast ultrasound lesions."""


@app.command()
def check(
    params: Path = typer.Option(Path("params.yaml"), help="The file to check."),  # noqa: B008 - typer's way
) -> None:
    """Check params.yaml, the encoder and its weights, and the raw data's whereabouts, before hours of work."""
    from guidedseg import checks

    for line in checks.run(params):
        typer.echo(line)


def main() -> None:
    """Run the command line; print what the user can mend without a traceback."""
    try:
        app()
    except GuidedsegError as error:
        sys.exit(f"ERROR: {error}")

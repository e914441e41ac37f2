"""The one command line that every command hangs on, and how it speaks."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from slipway.domain.errors import SlipwayError
from slipway.private_files import create_private
from slipway.settings import settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Launches retrained models in stages, moved only by evidence.",
)  # fmt: skip
out = Console(soft_wrap=True, highlight=False)

LineName = Annotated[str, typer.Argument(metavar="LINE", help="A declared model line.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

BAD_INPUT = 2
DEFAULT_HOME = ".slipway"
FOR_PEOPLE = ("audit", "expectations", "new")
"""Commands whose files are the caller's, under the caller's umask; all others write into the home."""


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit code 2."""
    try:
        app()
    except SlipwayError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(BAD_INPUT) from None


@app.callback()
def enter(context: typer.Context) -> None:
    """Speak for the stack of ``SLIPWAY_HOME`` (default ``.slipway``), if one was started there.

    Variables that are set already win over what the stack wrote down.
    """
    from slipway.stack.environment import client_environment
    from slipway.stack.installation import Installation

    if context.invoked_subcommand not in FOR_PEOPLE:
        create_private()
    if (home_folder() / "run" / "options.json").is_file():
        for name, value in client_environment(Installation.load(home_folder())).items():
            os.environ.setdefault(name, value)
    settings.cache_clear()


def home_folder() -> Path:
    """The home folder of the stack that the command is about."""
    return Path(os.environ.get("SLIPWAY_HOME", DEFAULT_HOME)).absolute()


def print_json(value: object) -> None:
    """One JSON document on stdout, whatever the width of the terminal."""
    sys.stdout.write(json.dumps(value, indent=1, default=str) + "\n")

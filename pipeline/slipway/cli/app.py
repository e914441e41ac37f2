"""The one command line that every command hangs on, and how it speaks."""

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from slipway.domain.errors import SlipwayError
from slipway.private_files import create_private
from slipway.settings import settings

app = typer.Typer(
    pretty_exceptions_enable=False,
    help="Launches retrained models in stages, moved only by evidence. Without a command: where one stands.",
)
out = Console(soft_wrap=True, highlight=False)


def _line_names() -> list[str]:
    """What completes a line's name: the lines that are declared here; none is loaded for it."""
    from slipway import lines

    return list(lines.all_names())


LineName = Annotated[
    str, typer.Argument(metavar="LINE", help="A declared model line.", autocompletion=_line_names)
]
EveryLine = Annotated[
    str | None,
    typer.Argument(
        metavar="[LINE]",
        help="All lines in use and all of your own if left out.",
        autocompletion=_line_names,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON, of the form that `slipway schema` describes.")
]

DONE, FOUND, BAD_INPUT, FAULT, STOPPED = 0, 1, 2, 70, 130
"""Exit codes: done; the answer is no; refused or not to be had; a fault of Slipway; Ctrl-C."""
DEFAULT_HOME = ".slipway"
FOR_PEOPLE = ("audit", "drift", "expectations", "new")
"""Commands whose files are the caller's, under the caller's umask; all others write into the home."""


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit code 2.

    An error that nobody expected is shown whole and ends with a code of its own, so that no script takes it
    for an answer.
    """
    try:
        app()
    except SlipwayError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(BAD_INPUT) from None
    except Exception:  # noqa: BLE001 - said whole
        traceback.print_exc()
        raise SystemExit(FAULT) from None


@app.callback(invoke_without_command=True)
def enter(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Launches retrained models in stages, moved only by evidence. Without a command: where one stands.

    Speaks for the stack of SLIPWAY_HOME (default .slipway), if one was started there; variables that are
    set already win over what the stack wrote down.
    """
    from slipway.cli.busy import sign_of_life
    from slipway.stack.environment import client_environment
    from slipway.stack.installation import Installation

    if context.invoked_subcommand not in FOR_PEOPLE:
        create_private()
    if (home_folder() / "run" / "options.json").is_file():
        for name, value in client_environment(Installation.load(home_folder())).items():
            os.environ.setdefault(name, value)
    settings.cache_clear()
    context.with_resource(sign_of_life(context.invoked_subcommand))
    if as_json and context.invoked_subcommand is not None:
        raise typer.BadParameter("say --json after the command, not before it")
    if context.invoked_subcommand is None:
        from slipway.cli.overview import show

        show(as_json=as_json)


def home_folder() -> Path:
    """The home folder of the stack that the command is about."""
    return Path(os.environ.get("SLIPWAY_HOME", DEFAULT_HOME)).absolute()


def print_json(value: object) -> None:
    """One JSON document on stdout, whatever the width of the terminal."""
    sys.stdout.write(json.dumps(value, indent=1, default=str) + "\n")

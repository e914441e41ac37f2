"""Commands for whoever runs the embedded stack: up, down, demo, and Airflow's own command line."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from slipway.cli.app import AsJson, app, home_folder, out, print_json

UP_RATE = 20.0  # visits per wall second of the shop that `up` opens
DEMO_HOME = Path(".slipway-demo")


@app.command()
def up(
    *,
    rate: Annotated[float, typer.Option(help="Visits per second.")] = UP_RATE,
    shop: Annotated[bool, typer.Option(help="With a simulated past and the bundled shop.")] = True,
) -> None:
    """Start the stack with five simulated past weeks and a shop; print addresses and passwords.

    With --no-shop it is empty, for lines of your own.
    """
    from slipway.demo.start import start, start_empty

    if shop:
        start(home_folder(), rate, out)
    else:
        start_empty(home_folder(), out)


@app.command()
def down(*, as_json: AsJson = False) -> None:
    """Stop exactly what `slipway up` started."""
    from slipway.stack import stack

    stopped = stack.down(home_folder())
    if as_json:
        print_json({"home": str(home_folder()), "stopped": stopped})
    else:
        out.print(f"{stopped} processes stopped")


@app.command()
def demo(
    *,
    line: Annotated[str, typer.Option(help="Any declared line with requests.")] = "",
    data: Annotated[Path | None, typer.Option(help="A folder of real data.")] = None,
    home: Annotated[Path, typer.Option(help="Emptied first.")] = DEMO_HOME,
    keep: Annotated[bool, typer.Option(help="Leave the stack running at the end.")] = False,
) -> None:
    """The bundled shop's five candidates who must meet five fates, or two of any line, in a few minutes."""
    from slipway.demo.demo import run
    from slipway.demo.setting import LINE

    console = Console(highlight=False)
    raise SystemExit(run(home.absolute(), data, console, keep=keep, line=line or LINE))


@app.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def airflow(arguments: Annotated[list[str], typer.Argument(metavar="ARGUMENTS")]) -> None:
    """Airflow's own command line, on the stack: `slipway airflow backfill create --help`."""
    from slipway.stack.environment import process_environment
    from slipway.stack.installation import Installation

    environment = process_environment(Installation.load(home_folder()), "cli")
    command = [sys.executable, "-m", "airflow", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 - the arguments are the user's own

"""``slipway simulate``: where retraining on its own clicks leads a line, before it is released."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway.cli.app import AsJson, LineName, app, out, print_json

if TYPE_CHECKING:
    from slipway.steps.simulate import SimulationReport


@app.command()
def simulate(
    line: LineName,
    *,
    weeks: Annotated[int, typer.Option(min=3, max=520, help="Weeks to simulate.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the random numbers.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Retrain a line week by week in a world fitted to its own log, and draw where it leads."""
    from slipway.steps.simulate import simulate_line

    with Console(stderr=True).status("reading the log") as status:
        report, folder = simulate_line(
            line,
            weeks,
            seed,
            lambda name, week: status.update(f"{name.replace('_', ' ')}: week {week}"),
        )
    if as_json:
        print_json(report.to_dict())
        return
    _say(report)
    out.print(f"page and pictures: {escape(str(folder))}")


def _say(report: "SimulationReport") -> None:
    table = Table(
        "learner",
        "first week",
        f"week {report.weeks}",
        "Gini",
        "the loop",
        title=f"{report.line}, clicks of the best possible",
    )
    for name, value in report.value.items():
        gini, verdict = report.gini[name], report.verdicts[name]
        table.add_row(
            name.replace("_", " "),
            f"{value[0]:.1%}",
            f"{value[-1]:.1%}",
            f"{gini[0]:.2f} to {gini[-1]:.2f}",
            f"{verdict.conclusion.name}: {escape(verdict.reason)}",
        )
    out.print(table)

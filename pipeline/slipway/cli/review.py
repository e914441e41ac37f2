"""Commands of a reviewer: take an approval back, have a version offered again.

They ask for the reviewer's own account of MLflow, whose server knows who may review.
"""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from slipway.cli.app import AsJson, LineName, app, out, print_json
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.registry.client import Registry

Version = Annotated[str, typer.Argument(help="A registered version of the line.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept permanently.")]
User = Annotated[
    str,
    typer.Option(help="Your account of MLflow.", envvar="MLFLOW_TRACKING_USERNAME", prompt=True),
]
Password = Annotated[
    str,
    typer.Option(
        help="Its password; better typed than written.",
        envvar="MLFLOW_TRACKING_PASSWORD",
        prompt=True,
        hide_input=True,
    ),
]


@app.command()
def withdraw(
    line: LineName,
    version: Version,
    reason: Reason,
    user: User,
    password: Password,
    *,
    as_json: AsJson = False,
) -> None:
    """Take an approval back that no promotion stands on yet."""
    _as(user, password).review(line, version, "withdraw", reason)
    if as_json:
        print_json({"line": line, "version": version, "by": user, "withdrawn": True})
        return
    out.print(f"the approval of {escape(line)} version {escape(version)} is withdrawn")


@app.command()
def reopen(
    line: LineName,
    version: Version,
    reason: Reason,
    user: User,
    password: Password,
    *,
    as_json: AsJson = False,
) -> None:
    """Offer a version again that was rejected, returned or timed out: it goes the whole way again."""
    from slipway.steps.reopen import reopen as act

    step = act(line, version, reason, reviewer=_as(user, password), actor=user)
    if as_json:
        print_json(step.to_dict())
    else:
        out.print(f"version {escape(version)} is offered again by {escape(user)}: {escape(reason)}")


def _as(user: str, password: str) -> "Registry":
    from slipway.registry.client import Registry

    of = settings()
    return Registry(of.mlflow_url, user, password, of.public_key)

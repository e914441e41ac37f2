"""Commands of a reviewer: take an approval back, have a version offered again.

They ask for the reviewer's own account of MLflow, whose server knows who may review.
"""

from pathlib import Path
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


@app.command()
def approve(
    line: LineName,
    version: Version,
    digest: Annotated[
        str, typer.Argument(help="First 8 or more characters of the evidence digest that you read.")
    ],
    reason: Reason,
    user: User,
    password: Password,
    key: Annotated[
        Path,
        typer.Option(help="Your private key.", envvar="SLIPWAY_REVIEWER_KEY"),
    ],
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Sign that it must not go on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign the evidence of a version with your own key: where MLflow's server runs without Slipway's guard."""
    from slipway.steps import context
    from slipway.steps.own_review import sign_review

    word = f"{'reject' if reject else 'approve'} {digest} {reason}"
    registry = _as(user, password)
    said = sign_review(registry, line, version, word, account=user, key=key, now=context.now())
    if as_json:
        print_json({"line": line, "version": version, "by": user, "decision": said.decision})
        return
    out.print(
        f"{said.decision} of {escape(line)} version {escape(version)} is signed by {escape(user)}"
    )


@app.command("reviewer-key")
def reviewer_key(
    private: Annotated[Path, typer.Argument(help="A new file that only you can read.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key to sign reviews with; an administrator puts its public half where the pipeline reads it."""
    from slipway.registry.reviewer_keys import make

    public = private.with_name(f"{private.name}.pub")
    public.write_bytes(make(private))
    if as_json:
        print_json({"private": str(private), "public": str(public)})
        return
    out.print(
        f"{escape(str(public))}: let an administrator put it into SLIPWAY_REVIEWER_KEYS as <your account>.pub"
    )


def _as(user: str, password: str) -> "Registry":
    from slipway.registry.client import Registry

    of = settings()
    return Registry(of.mlflow_url, user, password, of.public_key, reviewer_keys=of.reviewer_keys)

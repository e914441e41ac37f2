"""Commands about a line's release: status, history, approve-url, rollback, policy."""

import dataclasses
import getpass
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from slipway import lines
from slipway.cli.app import AsJson, EveryLine, LineName, app, out, print_json
from slipway.domain.clusters import ClusterLine
from slipway.domain.errors import NotEligible, UnknownReference
from slipway.domain.release import LineState, Transition, candidate_to_dict
from slipway.domain.stage import MEETS_USERS, Stage
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.release.ledger import Ledger


@app.command()
def status(line: EveryLine = None, *, as_json: AsJson = False) -> None:
    """Who serves each line, and where its candidate stands."""
    names = (line,) if line else lines.wanted_names(settings().home)
    states = [_state(name) for name in names]
    if as_json:
        print_json([_summary(s) | {"ledger_faults": _faults(s.line)} for s in states])
        return
    for state in states:
        out.print(f"[bold]{state.line}[/]  epoch {state.epoch}")
        since = f" since {_when(state.champion_since)}" if state.champion_since else ""
        who_leads = f"version {state.champion}" if state.champion else "the rules"
        out.print(f"  champion   {who_leads}{since}")
        if state.previous_share:
            kept = f"version {state.previous_champion}, {state.previous_share:.1%} of users"
            out.print(f"  hold-back  {kept} until the champion's watch is over")
        for word, who in (("candidate", state.candidate), ("waiting", state.waiting)):
            if who:
                stands = f"in {who.stage} since {_when(who.stage_since)}"
                out.print(f"  {word:<10} version {who.version} by {escape(who.author)}, {stands}")
        _say_faults(state.line)


@app.command()
def history(line: LineName, *, as_json: AsJson = False) -> None:
    """Every transition of a line with its reason, oldest first."""
    ledger = open_ledger(line)
    past = ledger.transitions(line)
    if as_json:
        print_json([t.to_dict() for t in past])
        return
    _say_faults(line)
    if not past:
        out.print(f"nothing was offered for {line} yet")
    for t in past:
        out.print(_told(t))
    for repair in ledger.repairs(line):
        out.print(
            f"{repair.at[:16]}  the ledger was repaired by {escape(repair.actor)}: {escape(repair.reason)}"
        )


@app.command("approve-url")
def approve_url(line: LineName, *, as_json: AsJson = False) -> None:
    """Where a reviewer decides about the candidate that waits for one."""
    from slipway.registry.page import version_url

    candidate = _state(line).candidate
    if candidate is None or candidate.stage is not Stage.APPROVAL:
        raise NotEligible(
            f"{line}.candidate",
            found=candidate.stage.value if candidate else None,
            expected=Stage.APPROVAL.value,
            next_step="nobody waits for a reviewer; see `slipway status`",
        )
    url = version_url(settings().mlflow_pages, line, candidate.version)
    digest = candidate.evidence_digest or ""
    own = settings().reviewer_keys is not None
    gesture = f"approve {digest[:12]} <your reason>"
    if own:
        gesture = f"slipway approve {line} {candidate.version} {digest[:12]}"
    if as_json:
        print_json({"url": url, "version": candidate.version, "digest": digest, "gesture": gesture})
        return
    out.print(url)
    how = "in your own account, sign with" if own else "set the version's tag 'review' to"
    out.print(f"as a reviewer, {how}: {escape(gesture)}")


@app.command("return", hidden=True)  # its first name: nobody's runbook may fail to take off harm
@app.command()
def rollback(
    line: LineName,
    reason: Annotated[str, typer.Option(help="Why; it stands in the ledger permanently.")],
    *,
    champion: Annotated[bool, typer.Option(help="Take the champion off instead.")] = False,
    previous: Annotated[bool, typer.Option(help="Take off who is held back beside it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the candidate (with --champion the champion, with --previous the hold-back) off at once."""
    from slipway.steps.rollback import roll_back as act

    _check_installation(line)
    actor = getpass.getuser()
    step = act(line, reason, actor=actor, champion=champion, previous=previous)
    if as_json:
        print_json(step.to_dict() if step else None)
    else:
        out.print(
            _told(step) if step else "the ledger had returned it already; all were told again"
        )


@app.command()
def policy(
    words: Annotated[list[str], typer.Argument(metavar="[explain] LINE")],
    *,
    as_json: AsJson = False,
) -> None:
    """What it takes to be released, and what ends a release, in plain words."""
    from slipway.domain.prediction_policy import PredictionPolicy
    from slipway.release.explain import explain, explain_clusters
    from slipway.release.explain_predictions import not_forecast
    from slipway.release.forecast_report import forecast_text, outlook
    from slipway.steps import traffic_profile

    if words[:-1] not in ([], ["explain"]):
        raise UnknownReference(
            "slipway policy",
            found=" ".join(words),
            expected="a line, or explain and a line",
            next_step="say `slipway policy feed`",
        )
    line = lines.declared(words[-1], settings().policy_file)
    if isinstance(line, ClusterLine):
        knobs, said = dataclasses.asdict(line.policy), explain_clusters(line)
    else:
        line = lines.load(words[-1], settings().policy_file)
        own = line.policy
        unknown = not_forecast(own, line.primary) if isinstance(own, PredictionPolicy) else ""
        traffic = None if unknown else traffic_profile.measure(line)
        knobs = dataclasses.asdict(own) | {"outlook": outlook(traffic, own)}
        said = f"{explain(line)}\n\n{unknown or forecast_text(traffic, own)}"
    if as_json:
        print_json(knobs)
    else:
        out.print(escape(said))


@app.command()
def knobs(*, as_json: AsJson = False) -> None:
    """Every number of a policy with its default, unit, range and meaning, as Markdown."""
    from slipway.release.knob_table import knob_rows, knob_tables

    if as_json:
        print_json([row._asdict() for row in knob_rows()])
    else:
        sys.stdout.write(knob_tables())


def open_ledger(name: str) -> "Ledger":
    """The ledger; raises UnknownReference for a line or an installation that does not exist.

    The line is not loaded: its release can be read, and rolled back, whatever is wrong with its package.
    """
    from slipway.steps import context

    _check_installation(name)
    return context.ledger()


def _check_installation(name: str) -> None:
    """Raises UnknownReference as :func:`open_ledger`, whose ledger need not be there."""
    lines.declaration_of(name)
    of = settings()
    if of.ledger_url.startswith("sqlite") and not of.home.is_dir():
        raise UnknownReference(
            "SLIPWAY_HOME",
            found=str(of.home),
            expected="the folder of a stack",
            next_step="start one with `slipway up`, or set the variable",
        )


def _state(name: str) -> LineState:
    return open_ledger(name).state(name)


def _faults(name: str) -> list[str]:
    """What is wrong with the ledger, as far as it is known without the registry."""
    from slipway.steps import ledger_check

    return ledger_check.on_board(name)


def _say_faults(name: str) -> None:
    for fault in _faults(name):
        out.print(f"  [red]{escape(fault)}: see `slipway ledger verify {name}`[/]")


def _summary(state: LineState) -> dict[str, Any]:
    known = {"candidate": state.candidate, "waiting": state.waiting}
    return {
        "line": state.line,
        "epoch": state.epoch,
        "champion": state.champion,
        "champion_since": state.champion_since.isoformat() if state.champion_since else None,
        "previous_champion": state.previous_champion,
        "previous_share": state.previous_share,
        **{word: candidate_to_dict(who) if who else None for word, who in known.items()},
    }


def _told(t: Transition) -> str:
    share = f" at {t.share:.0%}" if t.to_stage in MEETS_USERS else ""
    before = f"{t.from_stage} → " if t.from_stage else ""
    return (
        f"{_when(t.at)}  {t.epoch:>3}  version {t.candidate.version}: {before}{t.to_stage}{share}"
        f"  [dim]by {escape(t.actor)}[/]  {escape(t.reason)}"
    )


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"

"""Put a registered version on the slipway, if its run may touch live traffic at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.domain.errors import NotEligible
from slipway.domain.release import Candidate
from slipway.domain.run import RegisteredRun
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.release import transitions
from slipway.release.ledger import Ledger
from slipway.steps import context, ledger_check


def offer(
    run: RegisteredRun[Any], verdicts: Sequence[Mapping[str, Any]], *, cleared: bool
) -> dict[str, Any]:
    """Append the version of ``run`` to the ledger as OFFERED.

    ``cleared`` says that the Airflow run was cleared and runs again: its run type alone is no
    guard, because a cleared run keeps it. Raises NotEligible for a backfill, for a cleared run and
    for an interval older than the newest one offered, and LedgerConflict where another writer was
    faster (a retry looks again). A run that validation had stopped, and that goes on corrected, is
    no second run: nothing of it was ever offered.
    """
    ledger = context.ledger()
    if cleared and not _goes_on(run, ledger):
        raise NotEligible(
            f"run {run.key}",
            found="cleared and run again",
            expected="a first run",
            next_step="trigger a new run to release; this version stays registered, without traffic",
        )
    now = context.now()
    candidate = Candidate(
        version=run.version,
        fingerprint=run.model.fingerprint,
        author=run.author,
        origin=run.origin,
        interval_end=run.end,
        stage=Stage.OFFERED,
        stage_since=now,
    )
    steps = transitions.offer(
        ledger.state(run.line),
        candidate,
        now=now,
        actor=f"retrain_{run.line}",
        verdicts=[Verdict.from_dict(verdict) for verdict in verdicts],
    )
    if steps:
        ledger_check.check_sound(run.line)
    for step in steps:
        ledger.append(step)
    return {"version": run.version, "epochs": [step.epoch for step in steps]}


def _goes_on(run: RegisteredRun[Any], ledger: Ledger) -> bool:
    """Whether the run was stopped before anything of it was trained, and was cleared for that."""
    past = ledger.transitions(run.line)
    return run.validation.resumed and all(t.candidate.version != run.version for t in past)

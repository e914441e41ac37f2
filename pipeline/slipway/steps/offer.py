"""Put a registered version on the slipway, if its run may touch live traffic at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from slipway.domain.errors import NotEligible
from slipway.domain.release import Candidate, Origin
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.release import transitions
from slipway.release.ledger import Ledger
from slipway.steps import context


def offer(
    ref: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]], *, cleared: bool
) -> dict[str, Any]:
    """Append the version of ``ref`` to the ledger as OFFERED.

    ``cleared`` says that the Airflow run was cleared and runs again: its run type alone is no
    guard, because a cleared run keeps it. Raises NotEligible for a backfill, for a cleared run and
    for an interval older than the newest one offered, and LedgerConflict where another writer was
    faster (a retry looks again). A run that validation had stopped, and that goes on corrected, is
    no second run: nothing of it was ever offered.
    """
    ledger = context.ledger()
    if cleared and not _goes_on(ref, ledger):
        raise NotEligible(
            f"run {ref['run_key']}",
            found="cleared and run again",
            expected="a first run",
            next_step="trigger a new run to release; this version stays registered, without traffic",
        )
    now = context.now()
    candidate = Candidate(
        version=ref["version"],
        fingerprint=ref["fingerprint"],
        author=ref["author"],
        origin=Origin(ref["origin"]),
        interval_end=datetime.fromisoformat(ref["end"]),
        stage=Stage.OFFERED,
        stage_since=now,
    )
    steps = transitions.offer(
        ledger.state(ref["line"]),
        candidate,
        now=now,
        actor=f"retrain_{ref['line']}",
        verdicts=[Verdict.from_dict(verdict) for verdict in verdicts],
    )
    for step in steps:
        ledger.append(step)
    return {"version": ref["version"], "epochs": [step.epoch for step in steps]}


def _goes_on(ref: Mapping[str, Any], ledger: Ledger) -> bool:
    """Whether the run was stopped before anything of it was trained, and was cleared for that."""
    past = ledger.transitions(ref["line"])
    return bool(ref.get("resumed")) and all(t.candidate.version != ref["version"] for t in past)

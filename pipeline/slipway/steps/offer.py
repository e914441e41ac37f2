"""Put a registered version on the slipway, if its run may touch live traffic at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.domain.errors import NotEligible
from slipway.domain.release import Candidate, LineState, Transition, fold
from slipway.domain.run import RegisteredRun
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.release import transitions
from slipway.steps import context, ledger_check


def offer(
    run: RegisteredRun[Any], verdicts: Sequence[Mapping[str, Any]], *, cleared: bool
) -> dict[str, Any]:
    """Append the version of ``run`` to the ledger as OFFERED.

    ``cleared`` is what the scheduler knows of the run being cleared. It forgets that with a run that
    is deleted and made again, so the ledger is asked, too: a run is offered once, whatever it is
    made to train later. Raises NotEligible for a backfill, for a run that was offered or cleared,
    for an interval older than the newest one offered, and for a model that a decision went against;
    LedgerConflict where another writer was faster (a retry looks again). A run that validation had
    stopped, and that goes on corrected, is no second run: nothing of it was ever offered.
    """
    ledger = context.ledger()
    past, now = ledger.transitions(run.line), context.now()
    state = fold(run.line, past)
    _check_first(run, state, past, cleared=cleared)
    candidate = Candidate(
        version=run.version,
        fingerprint=run.model.fingerprint,
        author=run.author,
        origin=run.origin,
        interval_end=run.end,
        stage=Stage.OFFERED,
        stage_since=now,
        learned=run.model.learned,
        run=run.key,
    )
    steps = transitions.offer(
        state,
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


def _check_first(
    run: RegisteredRun[Any], state: LineState, past: Sequence[Transition], *, cleared: bool
) -> None:
    """Raises NotEligible for a run of which something was offered, and for one that was cleared.

    A retry of the task that offered it finds its version on the way, and is no second run.
    """
    own = [t for t in past if t.candidate.run == run.key or t.candidate.version == run.version]
    on_the_way = {who.version for who in (state.candidate, state.waiting) if who} | {state.champion}
    if run.version in on_the_way and not cleared:
        return
    if own or (cleared and not run.validation.resumed):
        raise NotEligible(
            f"run {run.key}",
            found="cleared or made again: it was offered before"
            if own
            else "cleared and run again",
            expected="a first run",
            next_step="trigger a new run to release; this version stays registered, without traffic",
        )

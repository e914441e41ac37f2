"""The reconciler's four verbs: observe, compare, decide, apply. At most one step a run."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from slipway.domain.approval import Approval
from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.errors import ApprovalRefused, LedgerConflict
from slipway.domain.release import Candidate, LineState, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.gates import gates_for, judge
from slipway.release import machine, transitions
from slipway.release.approval import verify
from slipway.settings import settings
from slipway.steps import context, look, publish


def observe(line_name: str) -> dict[str, Any]:
    """Lay out one look at the release; where users are answered, roll up what arrived before.

    Returns the look: its epoch, stage, time and the gates to be compared; no gates where no
    candidate is on the slipway.
    """
    line = context.declared(line_name)
    if line.has_traffic:
        look.refresh(context.line_of(line_name), context.now())
    ledger = context.ledger()
    state = ledger.state(line_name)
    now = context.now()  # after the state, so that a step is never older than the one before it
    seen: dict[str, Any] = {
        "line": line_name, "epoch": state.epoch, "now": now.isoformat(), "gates": [],
    }  # fmt: skip
    if state.candidate is None:
        return seen
    stage, has_champion = state.candidate.stage, state.champion is not None
    gates = gates_for(stage, has_champion=has_champion, policy=line.policy)
    seen |= {"stage": stage.value, "gates": list(gates)}
    if stage is Stage.OFFERED:
        return seen
    if not line.has_traffic:
        return seen | {"unseen": _sorted_unseen(state, state.candidate, now).to_dict()}
    past = ledger.transitions(line_name)
    live = look.measure(
        context.line_of(line_name), state.candidate, past, has_champion=has_champion, now=now
    )
    return seen | look.save(live, state.epoch)


def _sorted_unseen(state: LineState, candidate: Candidate, now: datetime) -> SortedUnseen:
    """How candidate and champion sort what came after the cut: the shadow of a line of topics."""
    from slipway.kinds.topics import shadow  # noqa: PLC0415 - scikit-learn is heavy

    line, home = context.clusters_of(state.line), settings().home
    with context.versions(state.line) as fetch:
        return shadow.sort(home, line, candidate, state.champion, now, fetch)


def compare(seen: Mapping[str, Any], gate: str) -> dict[str, Any]:
    """The verdict of one gate on one look.

    An offered candidate is judged by the offline verdicts that stand in the ledger.
    """
    name, policy = seen["line"], context.policy_of(seen["line"])
    if "unseen" in seen:
        return judge(gate, SortedUnseen.from_dict(seen["unseen"]), policy).to_dict()
    if seen["stage"] != Stage.OFFERED:
        return judge(gate, look.load(seen["measurements"]), policy).to_dict()
    ledger = context.ledger()
    candidate = ledger.state(name).candidate
    offered = look.release_of(ledger.transitions(name), candidate.version if candidate else "")
    return next(v for v in offered[0].verdicts if v.gate == gate).to_dict()


def decide(seen: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The next line of the ledger, or None to hold; a look that is out of date decides nothing."""
    policy = context.policy_of(seen["line"])
    state = context.ledger().state(seen["line"])
    if state.epoch != seen["epoch"] or state.candidate is None:
        return None
    panel = tuple(Verdict.from_dict(verdict) for verdict in verdicts)
    now = datetime.fromisoformat(seen["now"])
    decision = machine.decide(state, panel, policy, now, _review(state), people=settings().people)
    step = transitions.transition(
        state,
        decision,
        policy=policy,
        now=now,
        actor=f"release_{state.line}",
        verdicts=panel,
        look=seen.get("digest"),
    )
    return step.to_dict() if step else None


def _review(state: LineState) -> Approval | None:
    """The reviewer's word, its signature and digests checked again before any traffic moves."""
    candidate = state.candidate
    if candidate is None or candidate.stage is not Stage.APPROVAL:
        return None
    try:
        shown = publish.attached(state.line, candidate.version)
        approval = context.registry().reviews(state.line, candidate.version, shown)
        if approval is None:
            return None
        return verify(
            approval, settings().public_key.read_bytes(), state.line, candidate, settings().people
        )
    except ApprovalRefused as refusal:  # a bad review must not keep harm from being seen
        logging.getLogger("slipway").warning("%s", refusal)
        return None


def apply(line_name: str, step: Mapping[str, Any] | None) -> dict[str, Any]:
    """Append the step, then bring the registry in line with the ledger.

    Whatever an interrupted run left undone is finished here, whether or not there is a new step.
    A return is shown before its evidence page, because the router obeys the registry and harm must
    not wait for a picture; any other step after it, so that a reviewer never decides without one.
    """
    ledger = context.ledger()
    taken = Transition.from_dict(step) if step is not None else None
    if taken is not None and not _may_promote(taken):
        taken = None
    if taken is not None:
        append_once(taken)
    past = ledger.transitions(line_name)
    if past:
        state = ledger.state(line_name)
        if past[-1].to_stage.is_final:
            context.registry().project(state, past)
            publish.attach_once(line_name, past)
        else:
            publish.attach_once(line_name, past)
            context.registry().project(state, past)
    return {
        "line": line_name,
        "epoch": past[-1].epoch if past else 0,
        "moved": taken is not None,
        "reason": past[-1].reason if past else "nothing was offered yet",
    }


def _may_promote(step: Transition) -> bool:
    """Whether a promotion may be taken: its approval is used from now on, or was withdrawn before.

    The registry says which of the two came first, so that no champion stands on a word taken back.
    """
    if step.to_stage is not Stage.CHAMPION:
        return True
    try:
        context.registry().use_approval(step.line, step.candidate.version)
    except ApprovalRefused as refusal:
        logging.getLogger("slipway").warning("%s", refusal)
        return False
    return True


def append_once(step: Transition) -> None:
    """Append ``step``; a repeated or cleared task finds its own step there and does nothing.

    Raises LedgerConflict where another step has its epoch.
    """
    ledger = context.ledger()
    try:
        ledger.append(step)
    except LedgerConflict:
        known = [t for t in ledger.transitions(step.line) if t.epoch == step.epoch]
        if known != [step]:
            raise

"""The reconciler's four verbs: observe, compare, decide, apply. At most one step a run."""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from slipway.domain.approval import Approval
from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.errors import ApprovalRefused, UnknownReference
from slipway.domain.policies import ReleasePolicy
from slipway.domain.release import Candidate, LineState, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict, panel_conclusion
from slipway.gates import gates_for, judge
from slipway.registry.reviewer_keys import may_sign
from slipway.release import machine, transitions
from slipway.release.approval import verify
from slipway.settings import settings
from slipway.steps import context, drill, ledger_check, log_look, look, publish, returns, traffic

UNSEEN_EVERY_S = 300.0
"""Wall seconds between two looks at a line without traffic, at least."""


def observe(line_name: str) -> dict[str, Any]:
    """Lay out one look at the release; where users are answered, roll up what arrived before.

    Returns the look: its epoch, stage, time and the gates to be compared; no gates where no
    candidate is on the slipway. ``trouble`` says what kept it from being whole: with it harm is
    returned and nothing else is decided.
    """
    returns.finish(line_name)
    line, misread = context.judged(line_name)
    trouble = misread
    if line.has_traffic:
        trouble = look.refresh_error(context.judged_line(line_name), context.now()) or misread
    ledger = context.ledger()
    state = ledger.state(line_name)
    now = context.now()  # after the state, so that a step is never older than the one before it
    seen: dict[str, Any] = {
        "line": line_name,
        "epoch": state.epoch,
        "now": now.isoformat(),
        "gates": [],
    }
    if state.candidate is None:
        look.whole(line_name, trouble)
        return seen
    stage, has_champion = state.candidate.stage, state.champion is not None
    gates = gates_for(stage, has_champion=has_champion, policy=line.policy)
    seen |= {"stage": stage.value, "gates": list(gates)}
    if stage is Stage.OFFERED:
        return seen | ({"trouble": misread} if misread else {})
    if not line.has_traffic:
        unseen = log_look.sorted_unseen(state, state.candidate, now).to_dict()
        return seen | {"unseen": unseen} | ({"trouble": trouble} if trouble else {})
    return _measured(seen, state, ledger.transitions(line_name), now, trouble)


def _measured(
    seen: dict[str, Any], state: LineState, past: Sequence[Transition], now: datetime, trouble: str
) -> dict[str, Any]:
    """The look with its measurements; with what was kept of earlier ones where it cannot be whole."""
    assert state.candidate is not None
    line, has_champion = context.judged_line(state.line), state.champion is not None
    at = max(now, state.candidate.stage_since, look.seen_until(line))  # a clock that went back
    try:
        live = look.measure(line, state.candidate, past, has_champion=has_champion, now=at)
    except Exception as error:  # noqa: BLE001 - what is known of harm does not wait for a repair
        trouble = trouble or context.in_one_line(error)
        live = look.measure_what_is_kept(
            line, state.candidate, past, has_champion=has_champion, now=at
        )
    if not trouble and live.now > now:
        trouble = f"the clock went back to {now}, behind what was seen until {live.now}"
    try:
        seen |= look.save(live, state.epoch)
    except OSError as error:  # a full disk keeps no gate from being asked
        trouble = trouble or context.in_one_line(error)
        seen["unsaved"] = live.to_dict()
    read, unread = log_look.read(seen["gates"], state, state.candidate, at)
    trouble = trouble or unread
    return seen | read | ({"trouble": trouble} if trouble else {})


def compare(seen: Mapping[str, Any], gate: str) -> dict[str, Any]:
    """The verdict of one gate on one look.

    An offered candidate is judged by the offline verdicts that stand in the ledger.
    """
    name, policy = seen["line"], context.judged(seen["line"])[0].policy
    if gate in log_look.BY_GATE:
        return judge(gate, log_look.of(seen, gate), policy).to_dict()
    if "unseen" in seen:
        return judge(gate, SortedUnseen.from_dict(seen["unseen"]), policy).to_dict()
    if seen["stage"] != Stage.OFFERED:
        return judge(gate, look.of(seen), policy).to_dict()
    ledger = context.ledger()
    candidate = ledger.state(name).candidate
    offered = look.release_of(ledger.transitions(name), candidate.version if candidate else "")
    return next(v for v in offered[0].verdicts if v.gate == gate).to_dict()


def decide(seen: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The next line of the ledger, or None to hold; a look that is out of date decides nothing."""
    policy = context.judged(seen["line"])[0].policy
    state = context.ledger().state(seen["line"])
    if state.epoch != seen["epoch"] or state.candidate is None:
        return None
    panel = tuple(Verdict.from_dict(verdict) for verdict in verdicts)
    now = datetime.fromisoformat(seen["now"])
    decision = _decided(state, panel, policy, now)
    if not isinstance(decision, machine.Return) or decision.to_stage is Stage.TIMED_OUT:
        look.whole(state.line, seen.get("trouble", ""))
    step = transitions.transition(
        state,
        decision,
        policy=policy,
        now=max(now, state.candidate.stage_since),  # a clock that went back: only harm comes here
        actor=f"release_{state.line}",
        verdicts=panel,
        look=seen.get("digest"),
        unfit=_unfit(state, decision),
    )
    return step.to_dict() if step else None


def _decided(
    state: LineState, panel: Sequence[Verdict], policy: ReleasePolicy, now: datetime
) -> machine.Decision:
    """The machine's decision; a review is read only where the panel proves no harm."""
    candidate = state.candidate
    if candidate is None or candidate.stage is not Stage.APPROVAL:
        return machine.decide(state, panel, policy, now)
    if panel_conclusion(panel) is Conclusion.FAIL:
        return machine.decide(state, panel, policy, now)
    approval, no_review = _review(state.line, candidate)
    return machine.decide(
        state,
        panel,
        policy,
        now,
        approval,
        no_review,
        people=settings().people,
        drill_due=drill.due(state.line, policy, now),
    )


def _unfit(state: LineState, decision: machine.Decision) -> str:
    """Why the present champion may not be held back at a promotion; nothing where it may."""
    promotes = isinstance(decision, machine.Advance) and decision.to_stage is Stage.CHAMPION
    if not promotes or state.champion is None:
        return ""
    try:
        context.registry().facts(state.line, state.champion)
    except UnknownReference:
        return f"version {state.champion} is not in the registry any more"
    return ""


def _review(line_name: str, candidate: Candidate) -> tuple[Approval | None, str]:
    """The reviewer's word, checked again before any traffic moves; or none, and why.

    Whatever keeps it from being read (evidence, key, registry) is no review, and no error of the
    look: what the gates say is acted on all the same.
    """
    try:
        shown = publish.remembered(line_name, candidate.version)
        approval = context.registry().reviews(line_name, candidate.version, shown)
        if approval is None:
            return None, ""
        keys = may_sign(settings().public_key, settings().reviewer_keys, approval)
        people = settings().people
        asked = context.judged(line_name)[0].policy.reviewers
        return verify(approval, keys.values(), line_name, candidate, people, at_least=asked), ""
    except Exception as error:  # noqa: BLE001 - any error of the review is no review
        why = context.in_one_line(error)
        logging.getLogger("slipway").warning("no review: %s", why)
        return None, why


def apply(line_name: str, step: Mapping[str, Any] | None) -> dict[str, Any]:
    """Append the step, then bring the registry in line with the ledger.

    Whatever an interrupted run left undone is finished here, whether or not there is a new step; last
    it shows that somebody looked, so that a look which fails before is missed like one that never was.
    A return is announced everywhere at once, before anything else and before its evidence page, because
    harm must not wait; any other step is shown after its page, so that a reviewer never decides
    without one. On a ledger that is not sound only what takes away is done. Raises LedgerDamaged for
    that, and ReturnIncomplete where some place could not be reached with a return.
    """
    taken = Transition.from_dict(step) if step is not None else None
    announced = taken is not None and returns.stops_traffic(taken)
    if taken is not None and announced:
        returns.take_off(returns.order_of(taken), returns.record_step(taken))
    returns.finish_registry(line_name)
    faults = ledger_check.before_step(line_name, taken)
    if taken is not None and not announced:
        if ledger_check.may_append(taken, faults) and _may_promote(taken):
            returns.append_once(taken)
        else:
            taken = None
    past = context.ledger().transitions(line_name)
    if not past or past[-1].to_stage.is_final:
        if past or faults:
            publish.show(line_name, at_most=not ledger_check.may_show(faults))
        publish.attach_once(line_name, past)
    else:
        publish.attach_once(line_name, past)
        publish.show(line_name, at_most=not ledger_check.may_show(faults))
    ledger_check.after_step(line_name, faults)
    if (
        past or faults
    ):  # of a line that was never offered the registry knows nothing, and nobody waits
        context.registry().show_look(line_name, time.time(), pace_s(line_name))
    traffic.show(line_name)
    return {
        "line": line_name,
        "epoch": past[-1].epoch if past else 0,
        "moved": taken is not None,
        "asks_approval": taken is not None and taken.to_stage is Stage.APPROVAL,
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


def pace_s(line_name: str) -> float:
    """Wall seconds from one look to the next; without traffic only a reviewer's word is waited for."""
    every = settings().release_every_s
    return every if context.judged(line_name)[0].has_traffic else max(every, UNSEEN_EVERY_S)

"""The watch after full release: is the new champion still better than what it replaced?"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from slipway.data import json_file
from slipway.data.times import floor_hour
from slipway.domain.errors import PartUnseen, SlipwayError
from slipway.domain.line import Line
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.release import Candidate, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.evidence.watch import seen_days
from slipway.gates import gates_for, judge
from slipway.release import machine, transitions
from slipway.release import watch as watching
from slipway.steps import (
    alerts,
    blind_spots,
    context,
    ledger_check,
    look,
    promises,
    publish,
    returns,
    watch_look,
)


def watch(line_name: str) -> dict[str, Any]:
    """Judge the champion beside hold-back and rules; return the previous champion on harm.

    Returns what was seen, with one verdict for each gate of the watch. Whatever cannot be seen of the
    line is said after the judgement, so that it keeps no harm from being returned: raises PartUnseen.
    """
    unseen = _unseen(line_name)
    for text in unseen:
        logging.getLogger("slipway").warning("%s", text)
    try:
        seen = _judge(line_name)
    except Exception as error:
        _alert(line_name, (*unseen, context.in_one_line(error)))
        raise
    undelivered = _alert(line_name, unseen)
    if unseen:
        raise PartUnseen(
            f"what can be seen of {line_name}",
            found="; ".join(unseen),
            expected="looks, a router and a log that answer for themselves",
            next_step="mend the part that is named; until then silence says nothing of the release",
        )
    if undelivered:
        raise undelivered
    return seen


def _unseen(line_name: str) -> tuple[str, ...]:
    """What cannot be seen; that nobody could look for it is such a thing, and keeps no harm."""
    try:
        return blind_spots.find(line_name)
    except Exception as error:  # noqa: BLE001 - a full disk, a page of another server: whatever it is
        return (f"what is silent was not looked for: {context.in_one_line(error)}",)


def _alert(line_name: str, unseen: tuple[str, ...]) -> SlipwayError | None:
    """Send the line's alerts; their trouble keeps nothing from being judged, and is said after it."""
    try:
        alerts.send_alerts(line_name, unseen)
    except SlipwayError as error:
        logging.getLogger("slipway").warning("%s", error)
        return error
    except Exception as error:  # the watch says its own verdict first
        logging.getLogger("slipway").exception("alerts of %s", line_name)
        return alerts.AlertUndelivered(
            f"alerts of {line_name}",
            found=context.in_one_line(error),
            expected="a folder of the watch that can be read and written",
            next_step="mend or remove its alerts.json: what stands is found again",
        )
    return None


def _judge(line_name: str) -> dict[str, Any]:
    """The verdicts on the champion, once in each hour of event time: no other look sees more."""
    returns.finish(line_name)
    line, now = context.judged_line(line_name), context.now()
    done = context.folder(line_name) / "judged.json"
    hour = floor_hour(now).isoformat()
    if _read(done) == {"hour": hour}:
        return {"line": line_name, "reason": "the champion was judged in this hour"}
    ledger = context.ledger()
    state = ledger.state(line_name)
    past = ledger.transitions(line_name)
    champion = returns.promoted(past, state.champion)
    if champion is None:
        ledger_check.after_step(line_name, ())
        return {"line": line_name, "reason": "no promoted champion to watch"}
    trouble = look.refresh_error(line, now) or context.judged(line_name)[1]
    at = max(now, champion.stage_since, look.seen_until(line))  # a clock that went back
    live, unread = _measured(line, champion, past, at)
    verdicts, not_computed = _verdicts(live, line)
    trouble = trouble or unread or not_computed
    decision = watching.decide_watch(
        state, champion, verdicts, line.policy, now, seen_days=seen_days(live, line.policy)
    )
    if isinstance(decision, machine.Return):
        step = transitions.return_champion(
            state, champion, decision, now=at, actor=f"watch_{line_name}", verdicts=verdicts
        )
        returns.take_off(returns.order_of(step), returns.record_step(step))
    look.whole(line_name, trouble)
    ends = isinstance(decision, watching.EndHoldBack)
    if isinstance(decision, watching.EndHoldBack):
        _end(
            watching.end_hold_back(
                state, champion, decision, policy=line.policy, now=at, actor=f"watch_{line_name}"
            )
        )
    promises.look(
        line,
        live,
        replace(state, previous_share=0.0) if ends else state,
        past,
        at,
        returned=isinstance(decision, machine.Return),
    )
    json_file.write(done, {"hour": hour})
    ledger_check.after_step(line_name, ())
    return {
        "line": line_name,
        "reason": decision.reason,
        "verdicts": [verdict.to_dict() for verdict in verdicts],
    }


def _measured(
    line: Line, champion: Candidate, past: Sequence[Transition], at: datetime
) -> tuple[LiveMeasurements, str]:
    """The look; without outcomes where their sums cannot be read, and what kept them from it."""
    try:
        return watch_look.measure(line, champion, past, now=at), ""
    except Exception as error:  # noqa: BLE001 - what is known of harm does not wait for a repair
        live = watch_look.measure(line, champion, past, now=at, outcomes=False)
        return live, context.in_one_line(error)


def _verdicts(live: LiveMeasurements, line: Line) -> tuple[tuple[Verdict, ...], str]:
    """The verdict of each gate that can be computed, and why another could not."""
    found: list[Verdict] = []
    trouble = ""
    for gate in gates_for(Stage.CHAMPION, has_champion=True, policy=line.policy):
        try:
            found.append(judge(gate, live, line.policy))
        except Exception as error:  # noqa: BLE001 - a gate that cannot be computed hides no other's harm
            trouble = trouble or context.in_one_line(error)
    return tuple(found), trouble


def _end(step: Transition) -> None:
    """Give the users of a hold-back to the champion, unless the ledger is not sound: they are more for it."""
    faults = ledger_check.before_step(step.line, step)
    if ledger_check.may_append(step, faults):
        returns.append_once(step)
    publish.show(step.line, at_most=bool(faults))
    ledger_check.after_step(step.line, faults)


def _read(path: Path) -> Any:  # JSON
    """What was written there; None where nothing was, or it is damaged."""
    try:
        return json_file.read(path)
    except (OSError, ValueError):
        return None

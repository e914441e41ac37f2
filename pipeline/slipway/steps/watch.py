"""The watch after full release: is the new champion still better than what it replaced?"""

import logging
from typing import Any

from slipway.data.parts import floor_hour
from slipway.domain.errors import PartUnseen
from slipway.domain.release import Candidate
from slipway.domain.stage import Stage
from slipway.gates import gates_for, judge
from slipway.release import machine, transitions
from slipway.steps import blind_spots, context, ledger_check, look
from slipway.steps.release import append_once


def watch(line_name: str) -> dict[str, Any]:
    """Judge the champion against the rules' hold-out; return the previous champion on harm.

    Returns what was seen, with one verdict for each gate of the watch. Whatever cannot be seen of the
    line is said after the judgement, so that it keeps no harm from being returned: raises PartUnseen.
    """
    unseen = blind_spots.find(line_name)
    for text in unseen:
        logging.getLogger("slipway").warning("%s", text)
    seen = _judge(line_name)
    if unseen:
        raise PartUnseen(
            f"what can be seen of {line_name}",
            found="; ".join(unseen),
            expected="looks, a router and a log that answer for themselves",
            next_step="mend the part that is named; until then silence says nothing of the release",
        )
    return seen


def _judge(line_name: str) -> dict[str, Any]:
    """The verdicts on the champion, once in each hour of event time: no other look sees more."""
    line, now = context.line_of(line_name), context.now()
    done = context.folder(line_name) / "judged.json"
    hour = floor_hour(now).isoformat()
    if done.exists() and context.read_json(done) == {"hour": hour}:
        return {"line": line_name, "reason": "the champion was judged in this hour"}
    ledger = context.ledger()
    state = ledger.state(line_name)
    past = ledger.transitions(line_name)
    champion = promoted(past, state.champion)
    if champion is None:
        ledger_check.after_step(line_name, ())
        return {"line": line_name, "reason": "no promoted champion to watch"}
    look.refresh(line, now)
    live = look.measure_watch(line, champion, past, now=now)
    verdicts = tuple(
        judge(gate, live, line.policy) for gate in gates_for(Stage.CHAMPION, has_champion=True)
    )
    decision = machine.decide_watch(state, champion, verdicts, line.policy, now)
    if isinstance(decision, machine.Return):
        step = transitions.return_champion(
            state, champion, decision, now=now, actor=f"watch_{line_name}", verdicts=verdicts
        )
        append_once(step)
        context.registry().project(ledger.state(line_name), ledger.transitions(line_name))
    context.write_json(done, {"hour": hour})
    ledger_check.after_step(line_name, ())
    return {
        "line": line_name,
        "reason": decision.reason,
        "verdicts": [verdict.to_dict() for verdict in verdicts],
    }


def promoted(past: "tuple[Any, ...]", version: str | None) -> Candidate | None:
    """The candidate of the transition that made ``version`` champion."""
    steps = [t for t in past if t.to_stage is Stage.CHAMPION and t.candidate.version == version]
    return steps[-1].candidate if steps else None

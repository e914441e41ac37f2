"""The watch after full release: is the new champion still better than what it replaced?"""

from typing import Any

import httpx

from slipway.domain.release import Candidate
from slipway.domain.stage import Stage
from slipway.gates import gates_for, judge
from slipway.release import machine, transitions
from slipway.settings import settings
from slipway.steps import context, ledger_check, look
from slipway.steps.release import append_once

READY_TIMEOUT_S = 5.0


def watch(line_name: str) -> dict[str, Any]:
    """Judge the champion against the rules' hold-out; return the previous champion on harm.

    Returns what was seen, with one verdict for each gate of the watch. Raises httpx errors where
    the router does not answer: an alarm, not a verdict.
    """
    router = router_health()
    line = context.line_of(line_name)
    ledger = context.ledger()
    state = ledger.state(line_name)
    past = ledger.transitions(line_name)
    champion = promoted(past, state.champion)
    if champion is None:
        ledger_check.after_step(line_name, ())
        return {"line": line_name, "router": router, "reason": "no promoted champion to watch"}
    now = context.now()
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
    ledger_check.after_step(line_name, ())
    return {
        "line": line_name,
        "router": router,
        "reason": decision.reason,
        "verdicts": [verdict.to_dict() for verdict in verdicts],
    }


def promoted(past: "tuple[Any, ...]", version: str | None) -> Candidate | None:
    """The candidate of the transition that made ``version`` champion."""
    steps = [t for t in past if t.to_stage is Stage.CHAMPION and t.candidate.version == version]
    return steps[-1].candidate if steps else None


def router_health() -> dict[str, Any]:
    """What the router says of its own readiness; raises httpx.HTTPError where it does not."""
    answer = httpx.get(f"{settings().router_url}/readyz", timeout=READY_TIMEOUT_S)
    answer.raise_for_status()
    health: dict[str, Any] = answer.json()
    return health

"""The watch after full release: is the new champion still better than what it replaced?"""

from typing import Any

import httpx

from slipway.domain.stage import Stage
from slipway.gates import gates_for, judge
from slipway.release import machine, transitions
from slipway.settings import settings
from slipway.steps import context, ledger_check, look, returns

READY_TIMEOUT_S = 5.0


def watch(line_name: str) -> dict[str, Any]:
    """Judge the champion against the rules' hold-out; return the previous champion on harm.

    Returns what was seen, with one verdict for each gate of the watch. Whatever is wrong with the
    router or the rollups is raised once harm was acted on: httpx errors where the router does not
    answer, NotComputable where hours could not be rolled up. They are alarms, not verdicts.
    """
    alarm: httpx.HTTPError | None = None
    seen: dict[str, Any] = {"line": line_name, "router": None}
    try:
        seen["router"] = router_health()
    except httpx.HTTPError as error:
        alarm = error
    seen |= _judged(line_name)
    if alarm is not None:
        raise alarm
    return seen


def _judged(line_name: str) -> dict[str, Any]:
    """Verdicts and what came of them."""
    returns.finish(line_name)
    line, ledger = context.line_of(line_name), context.ledger()
    state, past = ledger.state(line_name), ledger.transitions(line_name)
    champion = returns.promoted(past, state.champion)
    if champion is None:
        ledger_check.after_step(line_name, ())
        return {"reason": "no promoted champion to watch"}
    now = context.now()
    trouble = look.refresh_error(line, now)
    at = max(now, champion.stage_since, look.seen_until(line))  # a clock that went back
    live = look.measure_watch(line, champion, past, now=at)
    verdicts = tuple(
        judge(gate, live, line.policy) for gate in gates_for(Stage.CHAMPION, has_champion=True)
    )
    decision = machine.decide_watch(state, champion, verdicts, line.policy, now)
    if isinstance(decision, machine.Return):
        step = transitions.return_champion(
            state, champion, decision, now=at, actor=f"watch_{line_name}", verdicts=verdicts
        )
        returns.take_off(returns.order_of(step), returns.record_step(step))
    ledger_check.after_step(line_name, ())
    look.whole(line_name, trouble)
    return {"reason": decision.reason, "verdicts": [verdict.to_dict() for verdict in verdicts]}


def router_health() -> dict[str, Any]:
    """What the router says of its own readiness; raises httpx.HTTPError where it does not."""
    answer = httpx.get(f"{settings().router_url}/readyz", timeout=READY_TIMEOUT_S)
    answer.raise_for_status()
    health: dict[str, Any] = answer.json()
    return health

"""Take a version off by every way there is, and finish later what could not be reached.

The order in the stack's folder comes first, then the ledger, then the registry. None waits for
another, and each that fails is said: the next look reaches the rest (:func:`finish`).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from slipway.domain.errors import LedgerConflict, LedgerDamaged, SlipwayError
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Transition
from slipway.domain.stage import MEETS_USERS, Stage
from slipway.release import machine, transitions, watch
from slipway.release.ledger import takes_away
from slipway.release.orders import OrderFolder, ReturnOrder
from slipway.settings import settings
from slipway.steps import context, publish, shown_state, traffic

TRIES = 5
"""How often a return is decided again where another step was taken meanwhile."""


class ReturnIncomplete(SlipwayError):
    """A version was ordered off, and not every place could be reached; the next look reaches the rest."""

    retryable = True


class ReturnFailed(SlipwayError):
    """No place could be reached: the version still answers."""

    retryable = True


def take_off(
    order: ReturnOrder, record: Callable[[ReturnOrder], Transition | None]
) -> Transition | None:
    """Order a version off everywhere; ``record`` appends its return to the ledger.

    Returns the ledger's step; None where the ledger had none to take. Raises ReturnIncomplete where
    a place could not be reached, and ReturnFailed where nobody could.
    """
    troubles: dict[str, str] = {}
    steps: list[Transition | None] = []
    _try(troubles, "folder", lambda: _folder().write(order))
    _try(troubles, "ledger", lambda: steps.append(record(order)))
    if steps:
        order = order.as_recorded(steps[0].epoch if steps[0] else 0)
        _try(troubles, "folder", lambda: _folder().write(order))
    _try(troubles, "registry", lambda: _show_in_registry(order))
    own: list[str] = []
    _try(troubles, "traffic", lambda: own.extend(traffic.adapters(order.line)))
    for name in own:  # last: a server of theirs that hangs keeps nobody else from being reached
        _try(troubles, name, partial(traffic.take_off, order, name))
    _say(order, troubles, ("folder", "ledger", "registry", *own))
    return steps[0] if steps else None


def _show_in_registry(order: ReturnOrder) -> None:
    """Show the ledger's state; where that fails, what is shown now less the version."""
    try:
        if order.recorded:
            publish.show_return(order.line)
            return
    except Exception:  # whatever of the ledger cannot be shown: the version goes all the same
        context.registry().take_off(order)
        raise
    context.registry().take_off(order)


def record_step(step: Transition) -> Callable[[ReturnOrder], Transition | None]:
    """Records the return that a look decided, wherever its version stands by now."""

    def record(order: ReturnOrder) -> Transition | None:
        try:
            append_once(step)
        except LedgerConflict:
            return append(order)
        return step

    return record


def append(order: ReturnOrder) -> Transition | None:
    """Append the return of a version, wherever it stands by now; None where it is returned already.

    Raises LedgerConflict where other steps are taken faster than this one can be, and LedgerDamaged
    for a version that the ledger does not have there.
    """
    ledger = context.ledger()
    for left in reversed(range(TRIES)):
        past = ledger.transitions(order.line)
        step = step_of(ledger.state(order.line), past, order)
        if step is None:
            _already_off(past, order)
            return None
        try:
            ledger.append(step)
        except LedgerConflict:
            if not left:
                raise
        else:
            return step
    return None


def _already_off(past: Sequence[Transition], order: ReturnOrder) -> None:
    last = [t for t in past if t.candidate.version == order.version][-1:]
    if not last or not takes_away(last[0]):
        raise LedgerDamaged(
            f"ledger of {order.line}, version {order.version}",
            found=last[0].to_stage.value if last else "nothing",
            expected="a candidate or champion, as it is shown",
            next_step="restore the newer ledger: the order stands until then",
        )


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


def step_of(state: LineState, past: Sequence[Transition], order: ReturnOrder) -> Transition | None:
    """The line of the ledger that takes a version off; None where it stands nowhere."""
    now = max([order.at, *(t.at for t in past[-1:])])
    if state.candidate is not None and state.candidate.version == order.version:
        decision, policy = machine.stop(state, order.reason), Policy()  # a return has no share
        return transitions.transition(state, decision, policy=policy, now=now, actor=order.actor)
    leads = order.version == state.champion
    held = order.version == state.previous_champion and state.previous_share
    who = promoted(past, order.version) if leads or held else None
    if who is None:
        return None
    take_back = transitions.return_champion if leads else watch.return_hold_back
    why = machine.Return(Stage.RETURNED, order.reason)
    return take_back(state, who, why, now=now, actor=order.actor)


def promoted(past: Sequence[Transition], version: str | None) -> Candidate | None:
    """The candidate of the transition that made ``version`` champion."""
    steps = [t for t in past if t.to_stage is Stage.CHAMPION and t.candidate.version == version]
    return steps[-1].candidate if steps else None


def stops_traffic(step: Transition) -> bool:
    """Whether a step takes off a version that requests went to."""
    shown = MEETS_USERS | {Stage.SHADOW, Stage.CHAMPION}
    return takes_away(step) and step.from_stage in shown


def order_of(step: Transition) -> ReturnOrder:
    """The order that a look's return gives."""
    return order_off(step.line, step.candidate.version, step.reason, step.actor, step.at)


def order_off(line: str, version: str, reason: str, actor: str, at: datetime) -> ReturnOrder:
    """An order that outranks every state until the ledger holds it, and whatever was shown then."""
    shown = shown_state.served(line)
    return ReturnOrder(line, version, shown.epoch + 1 if shown else 0, at, actor, reason)


def finish(line_name: str) -> None:
    """Pass on to ledger and registry the folder's orders that they do not have.

    Every look begins with it. What still cannot be delivered is logged: the order stands.
    """
    orders, troubles = _folder().read(line_name)
    for order in orders:
        if not order.recorded:
            _try(troubles, f"order of version {order.version}", partial(_settle, order))
    shown = shown_state.kept(line_name)
    off = [o for o in orders if shown and o.version in shown.versions and o.outranks(shown.epoch)]
    if off:
        _try(troubles, "registry", partial(publish.show_return, line_name))
    _log(troubles)


def finish_registry(line_name: str) -> None:
    """Put on record what only the registry has; logged where that fails."""
    troubles: dict[str, str] = {}
    orders: list[ReturnOrder] = []
    _try(troubles, "registry", lambda: orders.extend(context.registry().orders(line_name)))
    for order in orders:
        _try(troubles, f"order of version {order.version}", partial(_settle, order))
        if not troubles:
            forget = partial(context.registry().forget_orders, line_name, [order.version])
            _try(troubles, "registry", forget)
    _log(troubles)


def _settle(order: ReturnOrder) -> None:
    step = append(order)
    epoch = step.epoch if step else context.ledger().state(order.line).epoch
    _folder().write(order.as_recorded(epoch))


def _log(troubles: Mapping[str, str]) -> None:
    for of, why in troubles.items():
        logging.getLogger("slipway").warning("%s: %s", of, why)


def now() -> datetime:
    """The present event time; wall time where the clock cannot be read: a return needs none."""
    try:
        return context.now()
    except Exception:  # noqa: BLE001 - whatever keeps the clock from being read
        return datetime.now(UTC)


def _folder() -> OrderFolder:
    return OrderFolder(settings().home)


def _try(troubles: dict[str, str], way: str, work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - whatever fails keeps no other from being reached
        troubles[way] = context.in_one_line(error)


def _say(order: ReturnOrder, troubles: dict[str, str], ways: Sequence[str]) -> None:
    if not troubles:
        return
    reached = [way for way in ways if way not in troubles]
    why = "; ".join(f"{way}: {error}" for way, error in troubles.items())
    if not reached:
        raise ReturnFailed(
            f"return of {order.line} version {order.version}",
            found=why,
            expected="the stack's folder, the ledger or the registry reached",
            next_step="NOTHING WAS TAKEN OFF: repair one of them and say it again",
        )
    raise ReturnIncomplete(
        f"return of {order.line} version {order.version}",
        found=f"reached {' and '.join(reached)}; not reached: {why}",
        expected=f"{', '.join(ways)} reached",
        next_step="it is off at the router's next poll, and the next look reaches the rest",
    )

"""A person takes candidate, champion or hold-back off live traffic at once."""

from collections.abc import Callable
from contextlib import suppress

from slipway import lines
from slipway.domain.errors import BadInput, NotEligible, SlipwayError
from slipway.domain.release import Candidate, LineState, Transition
from slipway.registry.state import ReleaseState
from slipway.steps import context, returns, shown_state

Place = Callable[[LineState | ReleaseState], str | None]
"""Which version of a state is meant."""


def roll_back(
    line_name: str, reason: str, *, actor: str, champion: bool = False, previous: bool = False
) -> Transition | None:
    """Order the candidate off; or with ``champion`` the champion, whose predecessor serves again.

    With ``previous`` it is the one that is held back beside the champion, who then has its users.

    The order is written to the stack's folder, the ledger and the registry, whichever there is.
    Returns the ledger's step; None where the ledger had returned it already. Raises BadInput without
    a reason or a candidate, NotEligible without a champion or hold-back, ReturnIncomplete where somebody could
    not be reached and ReturnFailed where none could.
    """
    if not reason.strip():
        raise BadInput(
            "reason", found=reason, expected="a sentence", next_step="it is kept: say why"
        )
    place = _held_back if previous else _champion if champion else _candidate
    versions = _meant(line_name, place)
    if not versions:
        raise _nobody(line_name, place)
    steps, failures = [], []
    for version in versions:
        order = returns.order_off(line_name, version, reason, actor, returns.now())
        try:
            steps.append(returns.take_off(order, returns.append))
        except SlipwayError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return next((step for step in steps if step is not None), None)


def _meant(line_name: str, place: Place) -> list[str]:
    """The versions in that place: the ledger's, and one that is shown where the ledger is behind.

    Without a ledger it is the one that is shown; where the ledger has returned it already, too.
    """
    shown = shown_state.shown(line_name)
    seen = place(shown) if shown else None
    known, behind = None, False
    with suppress(Exception):  # what keeps it from being read is said when it is written
        state = context.ledger().state(line_name)
        behind = shown is not None and shown.epoch > state.epoch
        known = place(state)
    return list(dict.fromkeys(v for v in (known, seen if behind or not known else None) if v))


def _champion(state: LineState | ReleaseState) -> str | None:
    return state.champion


def _held_back(state: LineState | ReleaseState) -> str | None:
    return state.previous_champion if state.previous_share else None


def _candidate(state: LineState | ReleaseState) -> str | None:
    found = state.candidate
    return found.version if isinstance(found, Candidate) else found


def _nobody(line_name: str, place: Place) -> SlipwayError:
    lines.declaration_of(line_name)  # a line that does not exist is an error of its own
    if place is _held_back:
        return NotEligible(
            f"{line_name}.previous",
            found=None,
            expected="a hold-back beside the champion",
            next_step="nobody is answered by the previous champion: nothing was changed",
        )
    if place is _champion:
        return NotEligible(
            f"{line_name}.champion",
            found=None,
            expected="a champion",
            next_step="the rules serve already: nothing was changed",
        )
    return BadInput(
        f"{line_name}.candidate",
        found=None,
        expected="a candidate on its way",
        next_step="to take the champion off, return the champion",
    )

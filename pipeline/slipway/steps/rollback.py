"""A person takes the candidate or the champion off live traffic at once."""

from contextlib import suppress

from slipway import lines
from slipway.domain.errors import BadInput, NotEligible, SlipwayError
from slipway.domain.release import Transition
from slipway.registry.state import ReleaseState
from slipway.steps import context, returns, shown_state


def roll_back(
    line_name: str, reason: str, *, actor: str, champion: bool = False
) -> Transition | None:
    """Order the candidate off, or with ``champion`` the champion, whose predecessor serves again.

    The order is written to the stack's folder, the ledger and the registry, whichever there is.
    Returns the ledger's step; None where the ledger had returned it already. Raises BadInput without
    a reason or a candidate, NotEligible without a champion, ReturnIncomplete where somebody could
    not be reached and ReturnFailed where none could.
    """
    if not reason.strip():
        raise BadInput(
            "reason", found=reason, expected="a sentence", next_step="it is kept: say why"
        )
    versions = _meant(line_name, champion=champion)
    if not versions:
        raise _nobody(line_name, champion=champion)
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


def _meant(line_name: str, *, champion: bool) -> list[str]:
    """The versions in that place: the ledger's, and one that is shown where the ledger is behind.

    Without a ledger it is the one that is shown; where the ledger has returned it already, too.
    """
    shown = shown_state.shown(line_name)
    seen = _place(shown, champion=champion)
    known, behind = None, False
    with suppress(Exception):  # what keeps it from being read is said when it is written
        state = context.ledger().state(line_name)
        behind = shown is not None and shown.epoch > state.epoch
        known = state.champion if champion else state.candidate and state.candidate.version
    return list(dict.fromkeys(v for v in (known, seen if behind or not known else None) if v))


def _place(state: ReleaseState | None, *, champion: bool) -> str | None:
    if state is None:
        return None
    return state.champion if champion else state.candidate


def _nobody(line_name: str, *, champion: bool) -> SlipwayError:
    lines.declaration_of(line_name)  # a line that does not exist is an error of its own
    if champion:
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

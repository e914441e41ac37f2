"""A person takes the candidate or the champion off live traffic at once."""

from slipway.domain.errors import BadInput, NotEligible
from slipway.domain.policy import Policy
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.release import machine, transitions
from slipway.steps import context
from slipway.steps.watch import promoted


def roll_back(line_name: str, reason: str, *, actor: str, champion: bool = False) -> Transition:
    """Append the return to the ledger and show it in the registry, which the router obeys.

    Takes the candidate, or with ``champion`` the champion, whose predecessor (or the rules) serves
    again. Raises BadInput without a reason or a candidate, NotEligible without a champion, and
    LedgerConflict where the reconciler took a step meanwhile.
    """
    if not reason.strip():
        raise BadInput(
            "reason", found=reason, expected="a sentence", next_step="it is kept: say why"
        )
    ledger = context.ledger()
    state, now = ledger.state(line_name), context.now()
    if not champion:
        decision = machine.stop(state, reason)
        # what returns has no share, so the line is not loaded: its package may be what is broken
        step = transitions.transition(state, decision, policy=Policy(), now=now, actor=actor)
        assert step is not None
    else:
        current = promoted(ledger.transitions(line_name), state.champion)
        if current is None:
            raise NotEligible(
                f"{line_name}.champion",
                found=None,
                expected="a champion",
                next_step="the rules serve already: nothing was changed",
            )
        decision = machine.Return(Stage.RETURNED, reason)
        step = transitions.return_champion(state, current, decision, now=now, actor=actor)
    ledger.append(step)
    context.registry().project(ledger.state(line_name), ledger.transitions(line_name))
    return step

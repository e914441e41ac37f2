"""A reviewer has a version offered again that a decision had gone against."""

from dataclasses import replace

from slipway.domain.release import Transition
from slipway.registry.client import Registry
from slipway.release import transitions
from slipway.steps import context, ledger_check, look


def reopen(
    line_name: str, version: str, reason: str, *, reviewer: Registry, actor: str
) -> Transition:
    """Append the new offer of ``version``, with the person and the reason, and show it.

    ``reviewer`` is the registry as that person's account sees it: its server knows whether the
    account may review, and is not the author's. The release goes the whole way again with its
    evidence and without a new error budget. Raises NotEligible where nothing went against the
    version or a newer interval was offered, and RegistryRefused where the server says no.
    """
    ledger, now, service = context.ledger(), context.now(), context.registry()
    past, state = ledger.transitions(line_name), ledger.state(line_name)
    own = look.release_of(past, version)
    ended = replace(own[-1].candidate, stage=own[-1].to_stage)
    steps = transitions.reopen(state, ended, reason, now=now, actor=actor, verdicts=own[0].verdicts)
    ledger_check.check_sound(line_name)
    service.project(state, past)  # the server decides on the stage that it shows
    reviewer.review(line_name, version, "reopen", reason)
    for step in steps:
        ledger.append(step)
    service.project(ledger.state(line_name), ledger.transitions(line_name))
    return steps[-1]

"""Who may set the release tag to what: nothing unapproved leads, nothing goes back in time."""

from collections.abc import Callable

from slipway.domain.errors import BadInput
from slipway.domain.stage import LIVE_STAGES
from slipway.registry.facts import VersionFacts
from slipway.registry.names import rules_model
from slipway.registry.server.alias_permissions import ReadManifest, check_rules
from slipway.registry.server.caller import Caller
from slipway.registry.server.permissions import (
    Verify,
    check_approved,
    check_may_serve,
    check_service,
)
from slipway.registry.server.refusals import malformed, too_late
from slipway.registry.state import LARGEST_LEAP, ReleaseState

Look = Callable[[str, str], VersionFacts | None]
"""Finds the facts of (model, version), or ``None``."""


def check_release(
    caller: Caller,
    model: str,
    text: str,
    now: str | None,
    *,
    look: Look,
    verify: Verify,
    manifest: ReadManifest,
) -> None:
    """The release state that the router obeys: nothing unapproved leads, nothing goes back.

    Only what a state newly names, or gives more, is verified: one that takes away or keeps places is
    never refused.

    Args:
        caller: who writes.
        model: the line.
        text: JSON of the new state.
        now: JSON of the state in force, if any.
        look: finds a version.
        verify: reads a version's review.
        manifest: reads what a version's files hold.
    """
    check_service(caller, f"set the release state of {model}")
    state = _read(model, text)
    shown = ReleaseState.if_understood(now, model)
    if shown is not None and state.epoch < shown.epoch:
        raise too_late(
            f"epoch of {model}",
            found=state.epoch,
            expected=f"{shown.epoch} or later",
            next_step="a newer state is already shown: nothing is to be done",
        )
    _check_leap(model, state, shown)
    before = shown or ReleaseState(model)
    more = state.previous_share > before.previous_share
    for version in (state.champion, state.previous_champion):
        if version is None or version == before.champion:
            continue
        if more or not _led_before(version, state, before):
            check_approved(_found(look, model, version), verify)
    if state.candidate is not None and _gets_more(state, before):
        check_may_serve(_found(look, model, state.candidate), verify)
    if state.rules is not None and state.rules != before.rules:
        check_rules(_found(look, rules_model(model), state.rules), verify, manifest)


def _check_leap(model: str, state: ReleaseState, shown: ReleaseState | None) -> None:
    most = LARGEST_LEAP + (shown.epoch if shown else 0)
    if state.epoch > most:
        raise malformed(
            f"epoch of {model}",
            found=state.epoch,
            expected=f"at most {most}",
            next_step="show the ledger's own state; `slipway ledger verify` says which it is",
        )


def _led_before(version: str, state: ReleaseState, before: ReleaseState) -> bool:
    """Whether who stood behind the champion stays there, or follows one that is taken away.

    It was checked when it came: a return must not wait for keys, evidence or reviews of others.
    """
    if version != before.previous_champion:
        return False
    stands = {state.champion, state.previous_champion, state.candidate}
    return version == state.previous_champion or before.champion not in stands


def _gets_more(state: ReleaseState, before: ReleaseState) -> bool:
    """Whether the candidate is new, or is shown to more users than before."""
    if state.candidate != before.candidate:
        return True
    new_to_users = state.stage in LIVE_STAGES and before.stage not in LIVE_STAGES
    return new_to_users or state.share > before.share


def _read(model: str, text: str) -> ReleaseState:
    try:
        return ReleaseState.from_text(text, model)
    except BadInput as error:
        raise malformed(
            error.what, found=error.found, expected=error.expected, next_step=error.next_step
        ) from error


def _found(look: Look, model: str, version: str) -> VersionFacts:
    facts = look(model, version)
    if facts is None:
        raise malformed(
            f"version of {model}",
            found=version,
            expected="a registered version",
            next_step="register it first",
        )
    return facts

"""The release tag's rule: nothing unapproved leads, nothing goes back in time."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from slipway.domain.stage import Stage
from slipway.registry.attestation import VersionFacts
from slipway.registry.names import rules_model
from slipway.registry.server.caller import Caller
from slipway.registry.server.permissions import (
    Verify,
    check_approved,
    check_may_serve,
    check_service,
)
from slipway.registry.server.refusals import malformed, too_late

_RELEASE_KEYS = frozenset(
    ("line", "epoch", "stage", "share", "champion", "candidate", "rules", "previous_champion")
)
_MAX_SHARE = 0.5

Look = Callable[[str, str], VersionFacts | None]
"""Finds the facts of (model, version), or ``None``."""


def check_release(
    caller: Caller, model: str, text: str, now: str | None, *, look: Look, verify: Verify
) -> None:
    """The release state that the router obeys: nothing unapproved leads, nothing goes back.

    Args:
        caller: who writes.
        model: the line.
        text: JSON of the new state.
        now: JSON of the state in force, if any.
        look: finds a version.
        verify: reads a version's review.
    """
    check_service(caller, f"set the release state of {model}")
    state = _read_release(model, text)
    epoch = json.loads(now)["epoch"] if now else 0
    if state["epoch"] < epoch:
        raise too_late(
            f"epoch of {model}",
            found=state["epoch"],
            expected=f"{epoch} or later",
            next_step="a newer state is already shown: nothing is to be done",
        )
    for place in ("champion", "previous_champion"):
        if state[place] is not None:
            check_approved(_found(look, model, state[place]), verify)
    if state["candidate"] is not None:
        check_may_serve(_found(look, model, state["candidate"]), verify)
    if state["rules"] is not None:
        _found(look, rules_model(model), state["rules"])


def _read_release(model: str, text: str) -> dict[str, Any]:
    try:
        state = json.loads(text)
    except ValueError:
        state = None
    if not isinstance(state, dict) or set(state) != _RELEASE_KEYS or not _plausible(state, model):
        raise malformed(
            f"release state of {model}",
            found=text[:200],
            expected=f"a JSON object with {', '.join(sorted(_RELEASE_KEYS))} in their ranges",
            next_step="write it through slipway.registry.client",
        )
    return state


def _plausible(state: Mapping[str, Any], model: str) -> bool:
    share, epoch, versions = state["share"], state["epoch"], ("champion", "candidate", "rules")
    live = state["stage"] in set(Stage) and Stage(state["stage"]).is_live
    return (
        state["line"] == model
        and isinstance(epoch, int)
        and not isinstance(epoch, bool)
        and epoch >= 0
        and isinstance(share, int | float)
        and not isinstance(share, bool)
        and 0 <= share <= _MAX_SHARE
        and (share == 0 or (live and state["candidate"] is not None))
        and (state["stage"] == "" or state["stage"] in set(Stage))
        and all(
            state[v] is None or (isinstance(state[v], str) and state[v].isdigit())
            for v in (*versions, "previous_champion")
        )
    )


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

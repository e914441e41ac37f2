"""No row of release states, each let through after the one before, brings up what nobody approved."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from slipway.artifact.manifest import Manifest
from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused, BadInput
from slipway.registry.facts import VersionFacts
from slipway.registry.names import EVIDENCE_DIGEST
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused
from slipway.registry.server.release_permissions import check_release
from slipway.registry.state import ReleaseState

DIGEST, AT = "d" * 64, datetime(2026, 3, 2, 6, tzinfo=UTC)
APPROVED, OPEN, BACKFILL, ENDED = "1", "2", "3", "4"
ORIGINS = {APPROVED: "scheduled", OPEN: "manual", BACKFILL: "backfill", ENDED: "scheduled"}
STAGES = (("", 0.0), ("shadow", 0.0), ("canary_1", 0.01), ("approval", 0.5))


def look(model, version):
    return VersionFacts(model, version, {"origin": ORIGINS[version], EVIDENCE_DIGEST: DIGEST})


def verify(facts):
    if facts.version == ENDED:
        raise ApprovalRefused("model", found="returned", expected="open", next_step="reopen it")
    word = Approval("feed", APPROVED, "rita", "approve", "good", DIGEST, "f", AT)
    return word if facts.version == APPROVED else None


def all_states():
    """Every state of the four versions that can be written at all."""
    anybody = (None, *ORIGINS)
    for who in product(anybody, anybody, anybody, STAGES, (0.0, 0.1)):
        champion, candidate, previous, (stage, share), held = who
        try:
            yield ReleaseState("feed", 1, stage, share, champion, candidate, None, previous, held)
        except BadInput:
            continue


def passes(before, state):
    caller, old = Caller("slipway", Role.SERVICE), before.to_text() if before else None
    rules = Manifest("feed", "rules")
    try:
        check_release(
            caller, "feed", state.to_text(), old, look=look, verify=verify, manifest=rules
        )
    except Refused:
        return False
    return True


def test_no_way_leads_to_traffic_without_an_approval(monkeypatch):
    """From no state at all, over every state that is let through, to every other one: all are tried."""
    monkeypatch.setenv("SLIPWAY_REVIEWERS", "rita")
    states, reached, ways = list(all_states()), set(), [None]
    while ways:
        before = ways.pop()
        found = [state for state in states if state not in reached and passes(before, state)]
        reached.update(found)
        ways += found
    leading = {of for state in reached for of in (state.champion, state.previous_champion)}
    assert leading == {None, APPROVED}
    assert {state.candidate for state in reached} == {None, APPROVED, OPEN}


@pytest.mark.parametrize("version", [OPEN, BACKFILL, ENDED])
def test_what_came_in_otherwise_can_always_be_taken_away(version):
    """A state that an older guard let through is no trap: each that only takes away passes."""
    shown = ReleaseState("feed", 1, "approval", 0.5, version, version, None, version, 0.1)
    less = replace(shown, previous_share=0.0)
    without = replace(less, candidate=None, stage="", share=0.0)
    for state in (less, without, replace(without, previous_champion=None), ReleaseState("feed", 1)):
        assert passes(shown, state), state

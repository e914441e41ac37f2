"""The registry's picture is a function of the ledger, whole or resumed."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from slipway.domain.release import LineState, fold
from slipway.domain.stage import Stage
from slipway.registry.projection import at_most, climb, project
from slipway.registry.state import LARGEST_LEAP, ReleaseState

DIGEST = "0123456789abcdef" * 4


@pytest.fixture
def release(transition):
    """A good release of version 1, then the first lines of version 2 while 1 is watched."""
    return [
        transition(1, Stage.OFFERED),
        transition(2, Stage.SHADOW),
        transition(3, Stage.CANARY_1, share=0.01),
        transition(4, Stage.CANARY_50, share=0.5),
        transition(5, Stage.APPROVAL, share=0.5, digest=DIGEST),
        transition(6, Stage.CHAMPION, champion="1", digest=DIGEST),
        transition(7, Stage.OFFERED, "2", champion="1"),
        transition(8, Stage.SHADOW, "2", champion="1"),
        transition(9, Stage.CANARY_5, "2", share=0.05, champion="1"),
        transition(10, Stage.RETURNED, "1", champion=None),
    ]


def picture(transitions, rules="1", since=0):
    return project(fold("feed", transitions), transitions, rules, since)


def test_the_release_tag_at_each_step(release):
    """Stage, share and versions that the router reads, line by line of the ledger."""
    seen = [picture(release[:n]).release for n in range(len(release) + 1)]
    told = [(s.stage, s.share, s.champion, s.candidate) for s in seen]
    assert told == [
        ("", 0.0, None, None),
        ("", 0.0, None, None),  # offered: nobody sees it yet
        ("shadow", 0.0, None, "1"),
        ("canary_1", 0.01, None, "1"),
        ("canary_50", 0.5, None, "1"),
        ("approval", 0.5, None, "1"),
        ("", 0.0, "1", None),
        ("", 0.0, "1", None),
        ("shadow", 0.0, "1", "2"),
        ("canary_5", 0.05, "1", "2"),
        ("canary_5", 0.05, None, "2"),  # the champion returned; the candidate keeps its share
    ]
    assert [s.epoch for s in seen] == list(range(11))
    assert {s.rules for s in seen} == {"1"}
    assert seen[-1].previous_champion is None  # who was returned does not stand in, either


def test_aliases_show_the_same_versions(release):
    """Aliases are the release tag's versions, and are taken away with them."""
    for n in range(len(release) + 1):
        shown = picture(release[:n])
        state = shown.release
        assert shown.aliases == {"champion": state.champion, "candidate": state.candidate}


def test_each_version_carries_its_last_stage_and_reason(release):
    """The version's tags say where it stands, why, and which evidence was frozen."""
    shown = picture(release)
    assert shown.versions["1"] == {
        "stage": "returned",
        "reason": "to returned",
        "evidence_digest": DIGEST,
    }
    assert shown.versions["2"] == {"stage": "canary_5", "reason": "to canary_5"}


def test_only_versions_of_later_epochs_are_written_again(release):
    """A long history costs what is new: versions without news are left alone."""
    assert set(picture(release, since=6).versions) == {"1", "2"}
    assert set(picture(release[:9], since=6).versions) == {"2"}
    assert picture(release, since=10).versions == {}


def test_a_line_without_history_serves_its_rules():
    """Before the first candidate the router already knows the rules."""
    state = project(LineState("feed"), (), "1").release
    assert json.loads(state.to_text()) == {
        "line": "feed",
        "epoch": 0,
        "stage": "",
        "share": 0.0,
        "champion": None,
        "candidate": None,
        "rules": "1",
        "previous_champion": None,
    }


def test_what_is_written_is_read_again(release):
    """The tag's text gives the router the very state that the pipeline shows."""
    for n in range(len(release) + 1):
        shown = picture(release[:n]).release
        assert ReleaseState.from_text(shown.to_text(), "feed") == shown


@pytest.mark.parametrize("epoch", [0, 7, 10 - LARGEST_LEAP, 10])
def test_a_registry_that_is_not_far_behind_is_shown_the_ledger_at_once(release, epoch):
    """What one release can miss is one state; so is one that stands already."""
    assert list(climb(ReleaseState("feed", max(0, epoch)), picture(release).release, release)) == []


def test_a_registry_far_behind_is_led_up_by_states_that_only_take_away(release):
    """No state leaps, none names a version that was not shown, and what is returned goes with the first."""
    wanted = replace(picture(release).release, epoch=10 + 5 * LARGEST_LEAP)
    shown = ReleaseState("feed", 6, champion="1", candidate="9", stage="canary_50", share=0.5)
    between = list(climb(shown, wanted, release))
    epochs = [state.epoch for state in (shown, *between, wanted)]
    assert all(0 < b - a <= LARGEST_LEAP for a, b in pairwise(epochs))
    assert [state.versions for state in between] == [set()] * len(between)


@pytest.mark.parametrize("epoch", [10**9, 10**30, 1e30, "a hand's", None])
def test_an_epoch_that_cannot_be_makes_no_picture_fail(release, epoch):
    """A row that a hand has written is named elsewhere; here what it takes away is shown all the same."""
    found = project(replace(fold("feed", release), epoch=epoch), release, None).release
    shown = ReleaseState("feed", 9, champion="1")
    assert at_most(shown, found, release) == ReleaseState("feed", 9)

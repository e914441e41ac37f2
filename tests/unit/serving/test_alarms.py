"""Blindness is red: each part that is silent is missed by another one, and nothing else is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import slipway
from slipway.domain.last_look import LEAST_S, LastLook
from slipway.serving.alarms import KINDS, Signs, WorkerSign, alarms

WELL = Signs(
    interval_s=300.0,
    up_s=10_000.0,
    candidate="7",
    look_s=500.0,
    registry_s=1.0,
    epoch=4,
    state_s=9000.0,
    workers=(WorkerSign(1, 4, 0.5), WorkerSign(2, 4, 0.4)),
    free_bytes=2**33,
    tasks={"seal": 1.0, "poll": 2.0},
)
ILL = {
    "look": {"look_s": 526.0},
    "registry": {"registry_s": 526.0},
    "worker": {"workers": (WorkerSign(1, 3, 0.5),)},
    "log": {"unlogged_s": 5.0},
    "disk": {"free_bytes": 2**20},
    "task": {"tasks": {"seal": 526.0}},
    "segment": {"segments": ["a-1.jsonl"]},
    "features": {"features_s": 1.0},
}


def kinds(signs):
    return {alarm.kind for alarm in alarms(signs)}


def test_a_line_that_is_seen_has_no_alarm():
    """A look that is a little late is none."""
    assert alarms(WELL) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_each_blindness_is_an_alarm_of_its_own(kind):
    """One sign that is wrong gives its alarm, and no other."""
    assert kinds(replace(WELL, **ILL[kind])) == {kind}


def test_a_silent_worker_is_missed_by_its_neighbour():
    """Its file is no longer touched, whatever it says."""
    assert kinds(replace(WELL, workers=(WorkerSign(1, 4, 526.0),))) == {"worker"}


def test_without_a_candidate_no_look_is_due():
    """Nobody can be harmed by a release that is not."""
    assert alarms(replace(WELL, candidate=None, look_s=None)) == ()
    assert kinds(replace(WELL, look_s=None)) == {"look"}


def test_who_has_just_started_is_late_for_nothing():
    """What was silent while the stack was off is given two looks; what is lost is said at once."""
    off = {"look_s": 86_400.0, "registry_s": None, "tasks": {"seal": 5.0}, "features_s": 1e6}
    started = replace(WELL, up_s=520.0, workers=(WorkerSign(1, 3, 0.1),), **off)
    assert alarms(started) == ()
    assert kinds(replace(started, up_s=526.0)) == {"look", "registry", "worker", "features"}
    assert kinds(replace(started, unlogged_s=1.0, free_bytes=0)) == {"log", "disk"}


def test_a_state_that_is_being_taken_over_is_no_alarm():
    """Workers follow within a second; only who stays behind is told."""
    assert alarms(replace(WELL, epoch=5, state_s=3.0)) == ()


def test_a_fast_pace_is_forgiven_half_a_minute():
    """A machine that is busy for a moment is not blind."""
    quick = replace(WELL, interval_s=2.0, look_s=29.0)
    assert alarms(quick) == ()
    assert kinds(replace(quick, look_s=31.0)) == {"look"}


def test_a_slow_machine_sets_its_own_pace():
    """Looks that take longer than their pace are expected as late as they lately came."""
    look = LastLook(0.0, 10.0)
    for at in (40.0, 80.0, 125.0):
        look = look.then(at, 10.0)
    assert look.interval_s == 45.0
    assert LastLook.from_text(look.to_text()) == look


def test_who_was_off_for_a_day_is_not_late_for_a_day():
    """The gap of a machine that was switched off does not stretch what is expected of the next look."""
    assert LastLook(0.0, 300.0).then(86_400.0, 300.0).interval_s == 1200.0
    assert LastLook(0.0, 1.0).interval_s == LEAST_S


@pytest.mark.parametrize("text", [None, "", "7", "{}", '{"at": "x", "every_s": 1, "gaps_s": []}'])
def test_a_tag_that_is_not_understood_is_no_look(text):
    """A newer or damaged tag is missed like a look that was never there."""
    assert LastLook.from_text(text) is None


def test_the_page_of_alarms_names_each_kind():
    """What the router can raise is explained to whoever reads it; none is left of a kind that is gone."""
    page = (Path(slipway.__file__).parent / "steps" / "ALARMS.md").read_text("utf-8")
    rows = [row for row in page.splitlines() if row.startswith(("| … `", "| `/readyz"))]
    assert {*KINDS, "policy"} == {
        word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])
    }

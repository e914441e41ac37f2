"""What needs no outcome is judged as soon as its hour is sealed: errors at once, the shadow at all."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import log_kit
import pytest
from slipway.data import rollup
from slipway.domain.release import Candidate, LineState, Origin, Transition
from slipway.domain.stage import Stage
from slipway.gates import judge
from slipway.release import machine
from slipway.steps import context, look, release

DAY = 24 * 60
EVERY = 5


def step(epoch, stage, minute, share=0.0):
    """One line of the ledger of version 2."""
    at = log_kit.at(minute)
    live = at if stage.is_live else None
    who = Candidate("2", "f", "adam", Origin.MANUAL, log_kit.T0, stage, at, live)
    return Transition("feed", epoch, at, "t", None, stage, share, "because", who, "1")


HISTORY = (
    step(1, Stage.OFFERED, 0),
    step(2, Stage.SHADOW, 1),
    step(3, Stage.CANARY_1, DAY, 0.01),
)


def set_clock(home, minute):
    """Let event time stand."""
    now = log_kit.at(minute).timestamp()
    (home / "clock.json").write_text(json.dumps({"wall0": 0.0, "event0": now, "speed": 0.0}))


def failing(minutes):
    """Requests of a 1 % canary that answers none of its own; a champion that answers all."""
    return [
        log_kit.Shown(
            f"r{minute:05d}-{k}",
            minute=float(minute),
            user=f"u{k}-{minute % 40}",
            epoch=3,
            stage="canary_1",
            arm="candidate" if k == 0 and minute % 10 == 2 else "champion",
            fallback=k == 0 and minute % 10 == 2,
        )
        for minute in minutes
        for k in range(4)
    ]


def looked():
    """One run of the reconciler up to its decision, and the look that it was taken on."""
    seen = release.observe("feed")
    verdicts = [release.compare(seen, gate) for gate in seen["gates"]]
    return seen, release.decide(seen, verdicts)


def test_a_canary_that_fails_on_every_request_is_returned_within_the_hour_that_is_sealed(home):
    """On the real line, log, rollups, gates and machine: no later than 75 minutes after the first failure."""
    for line in HISTORY:
        context.ledger().append(line)
    log_kit.write(home, failing(range(DAY, DAY + 60)))
    set_clock(home, DAY + 65)
    assert looked()[1] is None
    set_clock(home, DAY + 70)
    seen, decided = looked()
    assert decided["to_stage"] == Stage.RETURNED
    assert "errors: 6 of 6 requests fell back" in decided["reason"]
    assert DAY + 70 + EVERY - (DAY + 2) <= 75

    assert looked() == (seen, decided)  # a retry sees and decides the same
    for folder in ("rollups", "looks"):
        shutil.rmtree(home / folder, ignore_errors=True)
    for path in context.folder("feed", "evidence").iterdir():
        path.unlink()
    assert looked() == (seen, decided)  # and so does a replay from the log alone


@pytest.mark.parametrize("days", [28, 90])
def test_a_line_whose_labels_take_weeks_passes_its_shadow(home, days):
    """The shadow needs requests, errors and latency: no label is waited for."""
    policy = replace(log_kit.LINE.policy, timeout_days=4.0 * days, shadow_min_requests=200)
    line = replace(log_kit.LINE, maturity=timedelta(days=days), policy=policy)
    shown = [
        log_kit.Shown(
            f"r{k:05d}",
            minute=5.0 * k + 2,
            epoch=2,
            stage="shadow",
            shadow_version="2",
            shadow_latency_ms=1.0,
            shadow_ok=True,
        )
        for k in range(12 * 26)
    ]
    log_kit.write(home, shown)
    now = log_kit.at(DAY + 130)
    rollup.update(home, line, now=now)
    assert rollup.matured(home, line).end <= log_kit.T0  # nothing of it has matured
    candidate = HISTORY[1].candidate
    live = look.measure(line, candidate, HISTORY[:2], has_champion=True, now=now)
    verdict = judge("shadow", live, policy)
    state = LineState("feed", epoch=2, champion="1", candidate=candidate)
    decided = machine.decide(state, [verdict], policy, now)
    assert isinstance(decided, machine.Advance), decided
    assert decided.to_stage is Stage.CANARY_1


def test_a_champion_that_fails_is_seen_by_its_watch_before_any_outcome(home):
    """After full release errors and who came are known at once, too."""
    start = step(4, Stage.CHAMPION, DAY, 0.0)
    rows = [
        log_kit.Shown(f"r{k}", minute=DAY + 1.0 + k, epoch=4, user=f"u{k % 7}", fallback=True)
        for k in range(40)
    ]
    log_kit.write(home, rows)
    now = log_kit.at(DAY + 70)
    line = replace(log_kit.LINE, maturity=timedelta(hours=6))
    rollup.update(home, line, now=now)
    live = look.measure_watch(line, start.candidate, [*HISTORY, start], now=now)
    assert judge("errors", live, line.policy).conclusion.name == "FAIL"
    assert sum(live.arrivals[0].users) == 7
    assert not live.requests.any()

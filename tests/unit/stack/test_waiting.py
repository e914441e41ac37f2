"""Waiting ends where nothing moves any more, and never because a machine is slow."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stack import machine_use, waiting
from slipway.stack.machine_use import Meter, Use
from slipway.stack.waiting import LONGEST_STEP_S, Patience, Sight, Stalled

SPIN = "while True: pass"
SLEEP = "import time; time.sleep(600)"


@dataclass(frozen=True)
class Step:
    """What one look of a made-up wait found."""

    facts: int
    ran_s: float
    starved_s: float
    served_s: float
    passed_s: float


SECONDS = st.floats(0, 5)
STEPS = st.lists(
    st.builds(Step, st.integers(0, 1), SECONDS, SECONDS, SECONDS, SECONDS), max_size=40
)


def given_up(patience: Patience, steps: list[Step]) -> int | None:
    """The number of the look at which a patience ended, None where it never did."""
    for number, step in enumerate(steps):
        own, served = Use(step.ran_s, step.starved_s), Use(9.0, step.served_s)
        if patience.seen(step.facts, own, served, step.passed_s):
            return number
    return None


def quiet(facts=0, ran=0.0, starved=0.0, passed=0.5) -> Step:
    """A look half a second after the one before."""
    return Step(facts, ran, starved, 0.0, passed)


def test_a_slow_worker_is_waited_for():
    """Facts that change rarely and little work between them are patience's food."""
    work = [quiet(facts=n // 100, ran=0.06) for n in range(1000)]
    rare = [quiet(facts=n // 18) for n in range(1000)]
    assert given_up(Patience(idle_s=10.0, busy_s=10.0), work) is None
    assert given_up(Patience(idle_s=10.0, busy_s=10.0), rare) is None


def test_a_worker_that_sleeps_for_ever_is_found():
    """Neither facts nor work: after the offered seconds it is over, and not before."""
    assert given_up(Patience(idle_s=10.0), [quiet()] * 100) == 21


def test_a_worker_that_spins_is_found():
    """Work without any new fact has its limit in CPU seconds, which a slow machine counts alike."""
    for passed in (0.5, 50.0):
        spins = [quiet(ran=0.5, passed=passed, starved=passed - 0.5)] * 100
        assert given_up(Patience(busy_s=10.0), spins) == 21


def test_the_work_of_others_is_no_progress():
    """Servers that run for others do not keep the wait alive; while they starve, it lives."""
    busy = [Step(0, 0.0, 0.0, 0.0, 0.5)] * 100
    starved = [Step(0, 0.0, 0.0, 0.5, 0.5)] * 100
    assert given_up(Patience(idle_s=10.0), busy) == 21
    assert given_up(Patience(idle_s=10.0), starved) is None


def test_a_starved_worker_that_gets_a_little_works():
    """One part in fifty of a core, the rest of the time kept from it: this is work, not idling."""
    starved = [quiet(ran=0.01, starved=0.49)] * 1000
    assert given_up(Patience(idle_s=1.0), starved) is None


def test_a_long_wait_for_a_core_that_is_told_late_counts():
    """The kernel tells that a process had no core only once it has one: what was counted goes back."""
    patience = Patience(idle_s=10.0)
    assert given_up(patience, [quiet()] * 20) is None
    assert given_up(patience, [quiet(ran=0.01, starved=10.4), *[quiet()] * 20]) is None
    assert given_up(patience, [quiet()]) == 0


@given(STEPS, st.lists(st.floats(1, 1000), min_size=40, max_size=40))
def test_a_slower_machine_never_ends_it_earlier(steps, factors):
    """Every wall second stretched, the rest of it starved: it waits as long as before, or longer."""
    slower = [
        replace(
            step,
            passed_s=step.passed_s * factor,
            starved_s=step.starved_s + step.passed_s * (factor - 1),
        )
        for step, factor in zip(steps, factors, strict=False)
    ]
    # a hair's breadth for sums of floating point numbers
    ended, later = given_up(Patience(9.0, 9.0), steps), given_up(Patience(9.0001, 9.0), slower)
    assert later is None or (ended is not None and ended <= later)


@given(
    # what little work is of an hour no machine can say, so nobody works or starves here
    st.lists(st.builds(Step, st.integers(0, 1), *[st.just(0.0)] * 3, SECONDS), max_size=40),
    st.integers(0, 39),
    st.floats(3600, 1e6),
)
def test_a_jump_of_the_clock_counts_one_step(steps, place, jump):
    """A machine that slept for an hour or a year has waited for one look, not for an hour."""
    jumped = [
        replace(step, passed_s=step.passed_s + jump * (place == number))
        for number, step in enumerate(steps)
    ]
    before, after = Patience(9.0, 9.0), Patience(9.0 + LONGEST_STEP_S, 9.0)
    ended, later = given_up(before, steps), given_up(after, jumped)
    assert later is None or (ended is not None and ended <= later)
    patience = Patience()
    patience.seen(None, Use(), Use(), jump)
    assert patience.idle == LONGEST_STEP_S


@given(STEPS)
def test_new_facts_start_anew(steps):
    """Whatever was waited for before, a new fact gives the whole patience back."""
    patience = Patience(9.0, 9.0)
    given_up(patience, steps)
    assert patience.seen("new", Use(99.0), Use(), 99.0) == ""
    assert (patience.idle, patience.busy) == (0.0, 0.0)


@contextmanager
def python(code: str, *words: str, core: int | None = None):
    """A Python process, on one core if asked."""
    with subprocess.Popen([sys.executable, "-S", "-c", code, *words]) as process:
        try:
            if core is not None:
                psutil.Process(process.pid).cpu_affinity([core])
            yield process
        finally:
            process.kill()


def look_at(process: subprocess.Popen):
    """A look at a process that says nothing."""
    relative = psutil.Process(process.pid)
    return lambda: Sight(workers=machine_use.family(relative))


def wait_for(process: subprocess.Popen, patience: Patience) -> None:
    """Wait for the end of a process."""
    look = look_at(process)
    waiting.until(
        "the end",
        lambda: process.poll() is not None,
        look,
        next_step="look",
        patience=patience,
        poll_s=0.05,
    )


def test_a_process_that_sleeps_is_found_by_name():
    """The error names the process that should have moved, and what to do."""
    with python(SLEEP) as process, pytest.raises(Stalled) as found:
        wait_for(process, Patience(idle_s=0.3))
    assert f"waited for {process.pid} (sleeping)" in str(found.value)
    assert "nothing moved in" in str(found.value)


def test_a_process_that_spins_is_found():
    """It is alive and busy, and still it is found."""
    with python(SPIN) as process, pytest.raises(Stalled, match="CPU seconds were used"):
        wait_for(process, Patience(idle_s=10.0, busy_s=0.2))


def test_a_stopped_process_is_found():
    """SIGSTOP: it does not move although nobody keeps it from the core."""
    with python(SPIN) as process:
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(Stalled, match=rf"{process.pid} \(stopped\)"):
            wait_for(process, Patience(idle_s=0.3))


def test_a_process_that_ended_is_found_at_once():
    """Who is gone is not waited for, whatever the patience."""
    with python("raise SystemExit(3)") as process:
        process.wait()
        with pytest.raises(Stalled, match="it ended with 3"):
            waiting.until(
                "an answer",
                lambda: False,
                lambda: Sight(broken=f"it ended with {process.returncode}"),
                next_step="start it again",
                patience=Patience(1e9, 1e9),
            )


def test_a_worker_among_busy_neighbours_is_waited_for():
    """On a core with others who may always go first, it has all the time it takes."""
    core = min(os.sched_getaffinity(0))
    code = (
        "import os, time; os.nice(12); end = time.process_time() + 0.3\n"
        "while time.process_time() < end: pass"
    )
    # it computes for longer than the patience lasts, and gets a sixteenth of the core
    with python(SPIN, core=core), python(code, core=core) as process:
        wait_for(process, Patience(idle_s=2.0))
        assert process.wait() == 0


def test_a_core_that_is_kept_away_shows():
    """What a process was ready for and did not get is measured, in every thread of it."""
    core = min(os.sched_getaffinity(0))
    code = (
        "import threading, time\n"
        "def work():\n"
        "    end = time.process_time() + 600\n"
        "    while time.process_time() < end: pass\n"
        "threading.Thread(target=work).start()"
    )
    with python(SPIN, core=core), python(code, core=core) as process:
        meter, worker, use = Meter(), psutil.Process(process.pid), Use()
        meter.take([worker])
        while use.starved_s == 0.0 or use.ran_s == 0.0:  # a kernel that never says so hangs here
            time.sleep(0.05)
            use = meter.take([worker])
        assert use.starved_s > 0.0


def test_a_process_that_ends_while_it_is_looked_at_has_missed_nothing(monkeypatch):
    """Its threads may be gone where its times are still told."""
    monkeypatch.setattr(machine_use, "_threads", lambda _pid: [])
    assert Meter().take([psutil.Process()]) == Use(0.0, 0.0)


def test_a_child_counts_from_its_birth():
    """Work is seen that a process born between two looks has done, and none from before the first."""
    meter = Meter()
    assert meter.take([psutil.Process()]).ran_s == 0.0
    with python(SPIN) as process:
        worker = psutil.Process(process.pid)
        while sum(worker.cpu_times()[:2]) < 0.05:
            time.sleep(0.01)
        assert meter.take([psutil.Process(), worker]).ran_s >= 0.05
        assert Meter().take([worker]).ran_s == 0.0


def test_looks_are_counted_and_told():
    """Whoever watches this process sees that it waits, and people hear how far it is."""
    told, before = [], waiting.PULSE.looks
    waiting.until(
        "three looks",
        lambda: len(told) == 3,
        lambda: Sight(len(told), text=f"{len(told)} of 3"),
        next_step="none",
        say=told.append,
        patience=Patience(idle_s=1.0),
        poll_s=0.01,
    )
    assert told == ["0 of 3", "1 of 3", "2 of 3"]
    assert waiting.PULSE.looks >= before + 3

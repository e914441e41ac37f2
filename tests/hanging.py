"""Finds tests that hang, by what their processes do and never by the time that a test takes.

A thread looks at the process family of the running test: this process and all it has started. Where
that family neither works nor is kept from working, and no :func:`slipway.stack.waiting.until` of it
looks around, for ``hang_idle_s`` seconds, the test hangs; so it does after ``hang_busy_s`` CPU seconds.
The stacks of all threads are then told, and the test fails, so that its fixtures can still stop what
they started. If it does not even fail, this process ends with all its children: pytest-xdist then
reports the crash and goes on with another worker.

Processes in sessions of their own, like the embedded stack's, are no family. A test that waits for
them does so with ``waiting.until``, which judges them itself and shows here that it lives.
"""

import faulthandler
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import pytest
from slipway.stack.machine_use import GONE, family
from slipway.stack.waiting import PULSE, Patience, Sight, Watch

IDLE_S = 300.0
BUSY_S = 1_200.0
LOOK_S = 2.0
"""Wall seconds between two looks, or more where looking is dear."""

COST = 50
"""A look is followed by this many times its own CPU seconds of rest: it must not pass for work."""


class Hangs(pytest.fail.Exception):
    """A test that hangs; like any failed test, it ends through its fixtures."""


@dataclass(frozen=True, slots=True)
class Running:
    """The test that runs, and its number among those of this process."""

    number: int
    name: str


@dataclass
class Watcher:
    """The plugin of a process that runs tests; ``told`` is where it speaks past pytest's capture."""

    idle_s: float
    busy_s: float
    told: int
    running: Running | None = None
    found: tuple[Running, str] | None = None
    debugged: bool = False
    count: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Begin to look, where tests can be interrupted: in the main thread."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._fail)
        threading.Thread(target=self._watch, name="hanging", daemon=True).start()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Look no more."""
        self.over.set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        """A test, from its first fixture to its last."""
        self.count += 1
        self.running = Running(self.count, item.nodeid)
        try:
            return (yield)
        finally:
            self.running = None

    def pytest_enter_pdb(self) -> None:
        """Who debugs may think for as long as they like."""
        self.debugged = True

    def pytest_leave_pdb(self) -> None:
        """Back to work."""
        self.debugged = False

    def _watch(self) -> None:
        watch, rest = self._fresh(), min(LOOK_S, self.idle_s / 4)
        while not self.over.wait(rest):
            begun, test = time.thread_time(), self.running
            if test is None or self.debugged:
                watch = self._fresh()
                continue
            relatives = family(psutil.Process())
            reason = watch.seen(Sight((test.number, PULSE.looks), relatives))
            rest = max(min(LOOK_S, self.idle_s / 4), COST * (time.thread_time() - begun))
            if reason:
                self._tell(test, reason, relatives)
                watch = self._fresh()

    def _fresh(self) -> Watch:
        return Watch(Patience(self.idle_s, self.busy_s))

    def _tell(self, test: Running, reason: str, relatives: list[psutil.Process]) -> None:
        """Say which test hangs; fail it, or end all where it has been failed before."""
        lines = [f"\nHANGS: {test.name}: {reason}", *_states(relatives), ""]
        os.write(self.told, "\n".join(lines).encode())
        faulthandler.dump_traceback(self.told)
        if self.found and self.found[0] == test:
            os.write(self.told, b"it did not even fail: this process ends\n")
            _end(relatives)
        self.found = (test, reason)
        with suppress(OSError):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    def _fail(self, *_: object) -> None:
        """Runs in the main thread, wherever the test is; a test that has just ended goes free."""
        if self.found and self.found[0] == self.running:
            raise Hangs(f"the test hangs: {self.found[1]}", pytrace=True)


def _states(relatives: list[psutil.Process]) -> list[str]:
    """The family, one process a line."""
    said = []
    for process in relatives:
        with suppress(*GONE):
            said.append(f"  {process.pid} {process.status()} {' '.join(process.cmdline())[:100]}")
    return said


def _end(relatives: list[psutil.Process]) -> None:
    for process in relatives:
        if process.pid != os.getpid():
            with suppress(*GONE):
                process.kill()
    os._exit(int(pytest.ExitCode.INTERNAL_ERROR))


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long nothing may move, and how much may be computed, before a test counts as hanging."""
    parser.addini("hang_idle_s", "offered seconds without work", default=str(IDLE_S))
    parser.addini("hang_busy_s", "CPU seconds of one test", default=str(BUSY_S))


def pytest_configure(config: pytest.Config) -> None:
    """Watch where tests run, which is not the process that hands them out to others."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        limits = (float(config.getini(name)) for name in ("hang_idle_s", "hang_busy_s"))
        config.pluginmanager.register(Watcher(*limits, told=os.dup(2)), "hanging-watcher")

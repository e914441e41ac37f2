"""All the work of a set-up: packages are fetched side by side, installed in turn, then compiled."""

import os
import re
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from slipway.stack.setup_environment import packages, words
from slipway.stack.setup_environment.child import Child, Job

PART = {"fetching": 40, "compiling": 10}
"""Packages of one job at most: a stopped set-up loses the parts at work."""

AT_ONCE = min(4, max(2, os.cpu_count() or 1))
"""Children side by side: the most of the time goes into reading indexes, unpacking and compiling."""

POLL_S = 0.2

WAITS_FOR = {"installing": {"installing"}, "project": {"fetching", "installing"}}
"""Work that does not start beside other work: packages may share files."""

PIP = ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "--no-deps"]
WHEELS = "--only-binary=:all:"
"""Source would run code of strangers while it is built: what has no wheel is refused."""


class SetUp:
    """One set-up of ``venv`` from ``locks``; ``guard`` is the descriptor that keeps others out."""

    def __init__(self, venv: Path, locks: list[Path], display: words.Display, guard: int) -> None:
        self.venv, self.display, self.guard, self.work = venv, display, guard, venv / "set-up"
        self.packages = packages.locked("\n".join(lock.read_text() for lock in locks))
        self.usable = packages.usable(venv)
        there = packages.recorded(venv) if self.usable else {}
        self.kept = {name: info for name, info in there.items() if packages.whole(info)}
        self.missing = [name for name in self.packages if name not in self.kept]
        self.fetched: set[str] = set()
        self.foreign: set[str] = set()
        self.jobs: list[Job] = []
        self.active: list[Child] = []
        self.started = self.looked = time.monotonic()
        self.children, self.said = 0, ""

    def run(self) -> None:
        """Make the environment if there is none, then all other things side by side."""
        packages.tidy(self.venv, self.kept.values())
        self.work.mkdir(parents=True)
        try:
            if not self.usable:
                self._work_off([Job("environment")])
            jobs = _parts("fetching", self.missing) + _parts("compiling", [*self.kept])
            self._work_off([*jobs, Job("project")])
        finally:
            for folder in self.work.glob("*/"):
                shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.work)

    def passed(self) -> str:
        """Minutes and seconds since the start."""
        return "{}:{:02}".format(*divmod(round(time.monotonic() - self.started), 60))

    def _work_off(self, jobs: list[Job]) -> None:
        self.jobs = jobs
        try:
            while self.jobs or self.active:
                self._start()
                time.sleep(POLL_S)
                self._tell()
                for child in [each for each in self.active if each.process.poll() is not None]:
                    self.active.remove(child)
                    child.end()
                    self._ended(child)
        finally:
            for child in self.active:
                child.end()

    def _start(self) -> None:
        for job in list(self.jobs):
            beside = {child.job.kind for child in self.active}
            if len(self.active) < AT_ONCE and not beside & WAITS_FOR.get(job.kind, set()):
                self.jobs.remove(job)
                self.active.append(self._child(job))

    def _child(self, job: Job) -> Child:
        self.children += 1
        folder = self.work / str(self.children)
        listing, wheels = folder.with_suffix(".txt"), folder.with_suffix(".wheels")
        if job.kind == "fetching":
            listing.write_text("".join(self.packages[name] for name in job.names))
            job = replace(job, wheels=wheels)
        elif job.kind == "installing":
            listing.write_text(packages.hashed(job.wheels))
        elif job.kind == "compiling":
            files = packages.sources(self.venv, job.names)
            listing.write_text("".join(f"{path}\n" for path in files))
        argv = {
            "environment": ["venv", str(self.venv)],
            "fetching": [
                *("pip", "wheel", *PIP, WHEELS, "--require-hashes"),
                *(f"-w{wheels}", f"-r{listing}"),
            ],
            "installing": [
                *("pip", "install", *PIP, "--no-compile", "--require-hashes", "--no-index"),
                *(WHEELS, f"-f{job.wheels}", f"-r{listing}"),
            ],
            # without a folder, an empty list would mean all of Python
            "compiling": ["compileall", "-qq", f"-i{listing}", str(folder)],
            "project": ["pip", "install", *PIP, "--no-build-isolation", "-e."],
        }
        python = sys.executable if job.kind == "environment" else self.venv / "bin" / "python"
        return Child(job, Path(python), folder, argv[job.kind], self.guard)

    def _ended(self, child: Child) -> None:
        job = child.job
        # a file that does not compile says so to whoever imports it
        if child.process.returncode and job.kind != "compiling":
            raise words.why(child.log, child.process.returncode, full=child.full)
        if job.kind == "fetching":
            there = packages.wheels(job.wheels)
            self.fetched.update(there)
            self.foreign.update(name for name in job.names if name not in there)
            self.jobs[:0] = [Job("installing", list(there), job.wheels)] if there else []
        elif job.kind == "installing":
            shutil.rmtree(job.wheels)
            self.jobs[:0] = _parts("compiling", job.names)

    def _tell(self) -> None:
        """Show the child that moved last, or one of which a person should know."""
        clock, there = time.monotonic(), packages.recorded(self.venv)
        names = {name.partition("==")[0] for name in there}
        shown = [(*child.tells(names, clock - self.looked), child.moved) for child in self.active]
        kind, text, _ = max(
            shown, key=lambda each: (each[0] in words.URGENT, each[0] not in words.DULL, each[2])
        )
        halves = sum(child.fetched for child in self.active) + sum(
            2 if name in there or name in self.foreign else name in self.fetched
            for name in self.packages
        )
        line = f"[{halves // 2:3}/{len(self.packages)}] {self.passed()} {text}"
        new = re.sub(r"\d+ s\b", "", text) if kind in words.URGENT else ""
        self.display.show(line, now=new not in {"", self.said})
        self.looked, self.said = clock, new


def _parts(kind: str, names: list[str]) -> list[Job]:
    """Jobs of at most ``PART`` packages each, large and small ones mixed."""
    number = -(-len(names) // PART[kind])
    return [Job(kind, names[part::number]) for part in range(number)]

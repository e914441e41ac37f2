"""``make demo`` on machines of several speeds, beside an earlier build, in one run.

``python tests/benchmarks/demo.py [--earlier CHECKOUT] [--loads idle two-cores-2 …] [--runs 3]``

Each load narrows the demo to some cores and sets busy loops beside it on the same cores. CPU seconds
are those of every process of the run, as the kernel accounts them when it ends: the run's orphans
are adopted, so none is missed. Memory is the sum of proportional set sizes, looked at every few
seconds. ``--earlier`` is a checkout with its own ``.venv``; it takes turns with this one. What each
run printed, with the second at which each line came, and the processes' shares of the CPU are kept
in ``--out``.
"""

import argparse
import ctypes
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parents[2]
SAMPLE_S, MEMORY_EVERY = 1.0, 8
LONGEST_S = 5400
PR_SET_CHILD_SUBREAPER = 36
GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass(frozen=True)
class Load:
    """Cores that the demo may use, and busy loops that share them."""

    cores: tuple[int, ...]
    loops: int


LOADS = {
    "one-core-1": Load((0,), 1),
    "other-core-1": Load((1,), 1),
    "two-cores-2": Load((0, 1), 2),
    "two-cores-5": Load((0, 1), 5),
    "idle": Load((0, 1), 0),
    "four-idle": Load((0, 1, 2, 3), 0),
}


@dataclass
class Run:
    """What one run of the demo took; seconds of wall time from its start, CPU seconds, bytes."""

    fates: str = "none"
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    pages_s: float | None = None
    first_version_s: float | None = None
    first_fate_s: float | None = None
    by_program: dict[str, float] = field(default_factory=dict)
    peak_by_program: dict[str, int] = field(default_factory=dict)


SIGNS = {
    "pages_s": re.compile(r"MLflow registry|Airflow +http|http://127"),
    "first_version_s": re.compile(r"backfill\) registered|past weeks reproduced"),
    "first_fate_s": re.compile(r"stopped before training|→ (champion|rejected|returned)\b"),
}


@contextmanager
def busy(load: Load) -> Iterator[None]:
    """Busy loops on the load's cores."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load.loops)
    ]
    try:
        for loop in loops:
            os.sched_setaffinity(loop.pid, load.cores)
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def program_of(process: psutil.Process) -> str:
    """What a process does, in a word or two."""
    words = process.cmdline()
    text = " ".join(words)
    if "task" in text and "airflow" in text and "supervisor" in text:
        return "airflow task supervisors"
    for sign in ("LocalExecutor", "airflow worker"):
        if sign in text:
            return "airflow workers"
    try:
        name = process.environ().get("SUPERVISOR_PROCESS_NAME")
    except GONE:
        name = None
    return name or Path(words[0] if words else "?").name + " " + " ".join(words[1:3])


def watched(command: list[str], cwd: Path, load: Load, out: Path) -> Run:
    """Run the command to its end in this process, which must have no other children."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    os.sched_setaffinity(0, load.cores)
    run, began = Run(), time.monotonic()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SLIPWAY", "AIRFLOW"))}
    child = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stop = threading.Event()
    sampler = threading.Thread(target=_sample, args=(run, stop))
    sampler.start()
    with out.open("w") as log:
        for line in child.stdout:
            at = time.monotonic() - began
            log.write(f"{at:7.1f} {line}")
            log.flush()
            for name, sign in SIGNS.items():
                if getattr(run, name) is None and sign.search(line):
                    setattr(run, name, round(at, 1))
            if found := re.search(r"(\d of \d) fates are right", line):
                run.fates = found[1]
    run.wall_s = round(time.monotonic() - began, 1)
    stop.set()
    sampler.join()
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    run.cpu_s = round(used.ru_utime + used.ru_stime, 1)
    return run


def _sample(run: Run, stop: threading.Event) -> None:
    """Until told to stop: CPU seconds by program, and now and then the memory of all."""
    me, spent = psutil.Process(), {}
    names: dict[tuple[int, float], str] = {}
    turn = 0
    while not stop.wait(SAMPLE_S):
        turn += 1
        held: dict[str, int] = defaultdict(int)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # adopted and ended; the demo itself is awaited by what it prints
        for process in me.children(recursive=True):
            with suppress(*GONE):
                key = (process.pid, process.create_time())
                if turn % 10 == 0 or key not in names:
                    names[key] = program_of(process)
                times = process.cpu_times()
                spent[key] = times.user + times.system
                if turn % MEMORY_EVERY == 0:
                    held[names[key]] += process.memory_full_info().pss
        if (total := sum(held.values())) > run.peak_bytes:
            run.peak_bytes, run.peak_by_program = total, dict(held)
    by = defaultdict(float)
    for key, seconds in spent.items():
        by[names[key]] += seconds
    run.by_program = {k: round(v, 1) for k, v in sorted(by.items(), key=lambda i: -i[1])[:25]}


def one(checkout: Path, load: Load, out: Path) -> Run:
    """One run of a checkout's demo under a load, in a process of its own."""
    home = Path(tempfile.mkdtemp(prefix="demo-")) / "home"
    command = [str(checkout / ".venv" / "bin" / "slipway"), "demo", "--home", str(home)]
    code = [
        sys.executable,
        __file__,
        "--inner",
        json.dumps(
            {"command": command, "cwd": str(checkout), "load": asdict(load), "out": str(out)}
        ),
    ]
    try:
        with busy(load):
            done = subprocess.run(
                code, stdout=subprocess.PIPE, text=True, check=True, timeout=LONGEST_S
            )
        return Run(**json.loads(done.stdout))
    finally:
        shutil.rmtree(home.parent, ignore_errors=True)


def main() -> None:
    """Run all and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--earlier", type=Path)
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=["idle"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only-earlier", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "demo-bench")
    parser.add_argument("--inner", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inner:
        spec = json.loads(given.inner)
        load = Load(tuple(spec["load"]["cores"]), spec["load"]["loops"])
        run = watched(spec["command"], Path(spec["cwd"]), load, Path(spec["out"]))
        print(json.dumps(asdict(run)))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    builds = {"this": HERE} if not given.only_earlier else {}
    if given.earlier:
        builds["earlier"] = given.earlier.resolve()
    print(
        "load          build    fates   wall s   CPU s  peak GB  pages  first version  first fate"
    )
    for name in given.loads:
        if max(LOADS[name].cores) >= (os.cpu_count() or 1):
            print(f"{name}: not run, this machine has {os.cpu_count()} cores")
            continue
        for number in range(given.runs):
            for build, checkout in builds.items():
                run = one(checkout, LOADS[name], given.out / f"{name}-{build}-{number}.log")
                (given.out / f"{name}-{build}-{number}.json").write_text(
                    json.dumps(asdict(run), indent=1)
                )
                print(
                    f"{name:12}  {build:8} {run.fates:7} {run.wall_s:6.0f} {run.cpu_s:7.0f}"
                    f" {run.peak_bytes / 1e9:8.2f}  {run.pages_s}  {run.first_version_s}"
                    f"  {run.first_fate_s}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

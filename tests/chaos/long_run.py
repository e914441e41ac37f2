"""``python -m tests.chaos.long_run``: a day of event time, and what memory and handles the servers take.

The same installation as the chaos run, without a fault: visitors ask and click, a candidate is on its
way, looks follow each other. Ends with 1 where between the hours 2 and 24 a process took over 2 % more
resident memory, or one handle more. What was measured is written to ``tests/chaos/LONG_RUN.md``.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil

from . import servers, steps
from .world import World

FIRST, LAST, MORE = 2, 24, 1.02
MOMENTS, MOMENT_S = 21, 0.13
PAGE = """# A day of event time

`python -m tests.chaos.long_run --speed {speed:g}`: {wall_min:.0f} minutes of wall time, {looks} looks ({red} red),
{answers} answers and {outcomes} outcomes acknowledged. MiB are resident memory; handles are open files and connections.

| process | hour {first} | hour {last} | more | handles, hour {first} | handles, hour {last} |
|---|---|---|---|---|---|
{rows}
"""


def main() -> int:
    """Run the day and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.long_run", description=__doc__)
    parser.add_argument("--speed", type=float, default=120.0, help="event seconds a wall second")
    asked = parser.parse_args()
    servers.load()
    with tempfile.TemporaryDirectory(prefix="slipway-chaos-", ignore_cleanup_errors=True) as folder:
        world = World(Path(folder), seed=2026)
        world.speed = asked.speed
        with world.open():
            began = time.monotonic()
            taken, said = _day(world)
            notes = steps.read_notes(world.notes)
    first, last = taken[FIRST], taken[LAST]
    page = PAGE.format(
        speed=asked.speed,
        wall_min=(time.monotonic() - began) / 60,
        looks=len(said),
        red=sum(map(bool, said)),
        answers=sum("request" in note for note in notes),
        outcomes=sum("outcome" in note for note in notes),
        first=FIRST,
        last=LAST,
        rows="\n".join(_row(name, first[name], last[name]) for name in first),
    )
    Path(__file__).with_name("LONG_RUN.md").write_text(page)
    sys.stdout.write(page)
    grown = [
        name
        for name, (rss, handles) in first.items()
        if last[name][0] > MORE * rss or last[name][1] > handles
    ]
    return int(bool(grown) or any(said))


def _day(world: World) -> tuple[dict[int, dict[str, tuple[float, int]]], list[str]]:
    """What the servers took at the end of each hour, and what each look raised."""
    world.number += 1
    world.sure(steps.offer, world.number)
    world.sure(steps.look)  # the candidate scores from here on: its trees are in memory
    world.router.wait_epoch(world.sure(steps.stage)["epoch"])
    taken, said, begin = {}, [], world.now
    for hour in range(1, LAST + 1):
        while world.now < begin + timedelta(hours=hour):
            said.append(world.run(steps.look).error)
            time.sleep(1200 / world.speed)
        taken[hour] = {name: _taken(process) for name, process in _servers(world).items()}
        sys.stdout.write(f"hour {hour}: {taken[hour]} {world.sure(steps.stage)}\n")
        sys.stdout.flush()
    return taken, said


def _taken(process: psutil.Process) -> tuple[float, int]:
    """MiB now, and the handles of most moments: a draft is open for one, a connection closed for one."""
    handles = []
    for _ in range(MOMENTS):
        handles.append(process.num_fds())
        time.sleep(MOMENT_S)
    return process.memory_info().rss / 2**20, statistics.median_low(handles)


def _servers(world: World) -> dict[str, psutil.Process]:
    """The processes that live all day."""
    workers = sorted(world.router.workers())
    numbers = {
        "router, parent": world.router.process.pid,
        **{f"router, worker {k}": worker for k, worker in enumerate(workers, 1)},
        "MLflow's server": world.desk._process.pid,
    }
    return {name: psutil.Process(number) for name, number in numbers.items()}


def _row(name: str, first: tuple[float, int], last: tuple[float, int]) -> str:
    more = 100 * (last[0] / first[0] - 1)
    return f"| {name} | {first[0]:.1f} | {last[0]:.1f} | {more:+.1f} % | {first[1]} | {last[1]} |"


if __name__ == "__main__":
    sys.exit(main())

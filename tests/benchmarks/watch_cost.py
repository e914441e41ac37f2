"""What an hourly look of the watch costs, and whether that grows with the days since the promotion.

python -m tests.benchmarks.watch_cost [users] [days]

The line, hours and rollups are those of ``look.py`` (50 segments, 5-minute blocks), without declared means; a
twentieth of the users is held back. Each day's hours are those of the first day, later. Of each day that is
named the look of its last hour is timed: the rollup's new hour, added to the sums that are kept, and every
gate of the watch. Then the same look without anything kept: all hours again. CPU seconds of one process.
"""

import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from slipway.data import rollup
from slipway.data.schema import ARRIVED_BLOCKS
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.gates import gates_for, judge
from slipway.steps import watch_look, watch_sums_store

from tests.benchmarks import look

HOUR, DAY, START = look.HOUR, look.DAY, look.START
POLICY = replace(look.POLICY, means=())
LINE = replace(look.LINE, policy=POLICY)
SEEN_ON = (2, 7, 14, 28)


def promotion(epoch: int, version: str, at: datetime, back: float) -> Transition:
    """A version becomes champion."""
    who = Candidate(version, version, "a", Origin.MANUAL, at, Stage.CHAMPION, at)
    return Transition(
        LINE.name, epoch, at, "bench", Stage.APPROVAL, Stage.CHAMPION, 0.9, "so", who, version,
        previous_share=back,
    )  # fmt: skip


PAST = (promotion(1, "1", START - 30 * DAY, 0.0), promotion(4, "2", START, 0.05))


def first_day(users: int) -> list[tuple[datetime, dict[str, pa.Table]]]:
    """The hours of the last canary stage of ``look.py``, whose candidate's arm is the hold-back here."""
    made: list[tuple[datetime, dict[str, pa.Table]]] = []
    look.LINE, look.POLICY, look.ARMS = LINE, POLICY, ("champion", "previous", "rules", "explore")
    look.step_at = lambda _: replace(look.STEPS[-1], share=0.05 / 0.93)
    look.commit = lambda _home, at, tables: made.append((at, tables))
    rng = np.random.default_rng(1)
    for hour in range(24):
        look.write_hour(Path(), rng, START + hour * HOUR, users)
    return made


def later(table: pa.Table, column: str, by: timedelta) -> pa.Table:
    """Rows so much later; nobody is a candidate in them."""
    moved = pc.add(table[column], pa.scalar(by, pa.duration("us")))
    at = table.schema.get_field_index(column)
    found = table.set_column(at, table.schema.field(at), moved.cast(table.schema.field(at).type))
    if "stage" not in table.column_names:
        return found
    at = table.schema.get_field_index("stage")
    return found.set_column(at, table.schema.field(at), pa.array([""] * table.num_rows))


def write(home: Path, hours: list[tuple[datetime, dict[str, pa.Table]]], by: timedelta) -> None:
    """Both watermarks of some hours, ``by`` later."""
    for at, tables in hours:
        blocks = later(tables["blocks"], "block_start", by)
        users = later(tables["users"], "hour", by)
        of = rollup.matured(home, LINE)
        of.commit(of.part(at + by, at + by + HOUR), {"blocks": blocks, "users": users})
        came = users.to_pydict()
        whole = blocks.filter(pc.equal(blocks["segment"], "all")).select(ARRIVED_BLOCKS.names)
        of = rollup.arrived(home, LINE)
        visits = look.filled(came | {"requests": came["lists"]}, look.ARRIVED_USERS)
        of.commit(of.part(at + by, at + by + HOUR), {"blocks": whole, "users": visits})


def cost(at: datetime) -> float:
    """CPU seconds of a look with all of its gates."""
    began = time.process_time()
    live = watch_look.measure(LINE, PAST[1].candidate, PAST, now=at)
    for gate in gates_for(Stage.CHAMPION, has_champion=True, policy=POLICY):
        judge(gate, live, POLICY)
    return round(time.process_time() - began, 3)


def main() -> None:
    """One line of JSON for each day that is named."""
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    days = int(sys.argv[2]) if len(sys.argv) > 2 else 14
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SLIPWAY_HOME"] = folder
        home, hours = Path(folder), first_day(users)
        for day in range(days):
            write(home, hours[:-1], day * DAY)
            end = START + (day + 1) * DAY + 2 * HOUR
            seen = day + 1 in SEEN_ON
            if seen:
                cost(end - HOUR)
            write(home, hours[-1:], day * DAY)
            if seen:
                new = cost(end)
                watch_sums_store.forget(LINE)
                said = {"day": day + 1, "users": users, "new_hour_s": new, "all_again_s": cost(end)}
                sys.stdout.write(json.dumps(said) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()

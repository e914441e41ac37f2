"""Erase a person: from the log and from everything that was counted of it, line by line.

The order makes every kill harmless. First what will change is written down; outcomes go before the
exposures that say whose they are, and whatever was counted goes before and once more after the log,
because a step that was under way may have counted the rows meanwhile. Who says it again goes on.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock

from slipway import lines
from slipway.data import drafts, erasures, log
from slipway.data.erasing import USER
from slipway.domain.errors import BadInput, LogIncomplete
from slipway.domain.in_words import counted
from slipway.domain.line import Line
from slipway.settings import settings
from slipway.steps import context
from slipway.steps.erase_line import COUNTED, LineErasure, Report, tables

SEAL_PATIENCE_S = 60.0
"""Wall seconds without a sealed segment after which a writer is said to hold one back."""
SETTLED_S = 2 * 86_400.0
"""Wall seconds for which the daily task looks again for rows of an erased person."""
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did: ``rows`` by what they were of; ``late`` rows arrived while it ran."""

    subject: str
    rows: dict[str, int]
    late: int

    @property
    def found(self) -> bool:
        """Whether anything of the person was there."""
        return bool(self.rows)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nobody else erases or deletes data of this home meanwhile."""
    folder = home / "erasures"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        yield


def forget(
    user: str, *, reason: str, by: str, report: Report = lambda _: None, names: Sequence[str] = ()
) -> Forgotten:
    """Erase the user whose id, as it was sent, is ``user``, from all lines (or those of ``names``).

    Raises BadInput for an empty id or a file that cannot be read, and LogIncomplete where a writer
    holds rows back: what was erased by then stays erased, and saying it again goes on.
    """
    if not user:
        raise BadInput(
            "user", found=user, expected="an id as it was sent", next_step="nothing was erased"
        )
    home, started = settings().home, context.now()
    with alone(home):
        erasure = erasures.begin(home, user, at=started, wall_s=time.time(), by=by, reason=reason)
        rows: Counter[str] = Counter()
        late = 0
        for name in names or lines.names():
            line = context.line_of(name)
            _sealed(home, line, started, report)
            work = LineErasure(home, line, user, erasure, report)
            rows += work.run()
            late += work.since(started)
        for name in () if names else lines.cluster_names():
            report(f"{name}: posts carry no author, so nobody is looked for")
        drafts.sweep(home)
        if not late:
            erasures.end(erasure, rows=dict(rows), wall_s=time.time())
    return Forgotten(erasure.subject, dict(rows), late)


def finish(*, report: Report = lambda _: None) -> list[Forgotten]:
    """Go on with erasures that were killed, and look again for what was being written meanwhile.

    Nobody wrote down who they were of: each id in the data is compared with their keyed hashes.
    """
    home, now = settings().home, time.time()
    due = {
        each.subject: each
        for each in erasures.recorded(home)
        if each.ended is None or now - each.ended["wall_s"] < SETTLED_S
    }
    if not due:
        return []
    done = []
    for user in _known_by(home, set(due), report):
        past = due.pop(erasures.subject_of(home, user))
        done.append(forget(user, reason=past.reason, by=past.by, report=report))
    for left in due.values():
        if left.ended is None:
            erasures.end(left, rows={}, wall_s=now)
    return done


def _known_by(home: Path, subjects: set[str], report: Report) -> list[str]:
    """The ids in the data whose keyed hash is one of ``subjects``."""
    seen: set[str] = set()
    found = []
    for name in lines.names():
        for kind in ("exposures", *COUNTED, "snapshots"):
            report(f"{name}: comparing ids of {kind}")
            for path in tables(home, name, kind):
                file = pq.ParquetFile(path)
                if USER not in file.schema_arrow.names:
                    continue
                ids = set(pc.unique(file.read(columns=[USER])[USER]).to_pylist()) - seen
                seen |= ids
                found += [user for user in ids if erasures.subject_of(home, user) in subjects]
    return found


def _sealed(home: Path, line: Line, started: datetime, report: Report) -> None:
    """Wait until every row that arrived before ``started`` is readable; dead writers are helped."""
    left, moved = -1, time.monotonic()
    while True:
        log.recover(home, line)
        waiting = log.open_before(home, line, started)
        if not waiting:
            return
        if len(waiting) != left:
            left, moved = len(waiting), time.monotonic()
            report(f"{line.name}: waiting for {counted(left, 'segment')} of the log to be sealed")
        elif time.monotonic() - moved > SEAL_PATIENCE_S:
            raise LogIncomplete(
                f"log of {line.name}, segments that are being written",
                found=", ".join(path.name for path in waiting[:3]),
                expected="none from before the erasure",
                next_step="look whether that router still lives, stop it and say the same command again",
            )
        time.sleep(_POLL_S)

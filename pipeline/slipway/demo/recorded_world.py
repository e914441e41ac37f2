"""A world of recorded visits: who came, what was sent and what came of it are rows of a real table.

A team's package may have a module ``recorded`` beside the one of its line, whose ``read(folder)`` gives the
table ``visits``: the time ``at`` (UTC), what is sent with each visit as features hold it (a code as a number, a
category as a word), and the outcomes. A record that is dense enough is moved by whole years of 52 weeks, another
one is walked through at an even pace. A visit of the demo is a recorded one of about the same time, at the
same hour of a like day where the line reads the clock. What came of a visit is what was recorded: the answer changes nothing,
but for an effect that the demo puts on a version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from slipway import lines
from slipway.data.catalog import ANSWER
from slipway.data.clock import part_of
from slipway.demo.column_draws import Floats, Ints, Values
from slipway.demo.line_world import DrawnVisits, by_hour
from slipway.domain.errors import BadConfig
from slipway.domain.line import Clock, Line

MODULE, READ = "recorded", "read"
VISITS, AT = "visits", "at"
LIVE = timedelta(days=60)
"""Event time after the past in which the rest of the record is walked through."""
NEAR_SHARE, NEAR_ROWS = 0.02, 5
"""Of the rows of a like hour, those before and after that a visit is drawn from; and these at least."""
LAST_WORKING_DAY = 4
YEAR = timedelta(weeks=52)
DENSE = 4_000
"""Rows of the past from which a record is played at its own pace."""


def read(name: str, folder: Path) -> dict[str, pd.DataFrame]:
    """The recorded tables of a line; raises BadConfig where its package reads none, or not these."""
    module = lines.declaration_of(name).value.partition(":")[0].rpartition(".")[0]
    place = f"{module}.{MODULE}" if module else MODULE
    try:
        found: dict[str, pd.DataFrame] = getattr(import_module(place), READ)(folder)
    except (ImportError, AttributeError) as error:
        raise BadConfig(
            f"recorded data of {name}",
            found=str(error),
            expected=f"a module {place} with {READ}(folder)",
            next_step=f"write {place}, or leave DATA out: the demo then draws a world",
        ) from error
    except (OSError, StopIteration, KeyError, ValueError) as error:
        raise BadConfig(
            f"recorded data of {name}",
            found=f"{folder}: {error or 'none of its files'}",
            expected=f"a folder with the files that {place} reads",
            next_step="name the folder that holds them",
        ) from error
    return found


@dataclass(eq=False)
class RecordedWorld:
    """The recorded visits of a line that predicts, walked through from ``start`` on.

    ``until`` is when the last recorded visit is reached.
    """

    line: Line
    table: pd.DataFrame
    start: datetime
    until: datetime
    users: tuple[str, ...] = field(init=False)
    items: tuple[str, ...] = (ANSWER,)

    def __post_init__(self) -> None:
        self._check()
        self.users = tuple(f"row{k:06d}" for k in range(len(self.table)))
        clocks = [c.origin for c in self.line.columns if isinstance(c.origin, Clock)]
        self._zone = clocks[0].zone if clocks else ""
        at_us = self.table[AT].dt.as_unit("us").astype("int64").to_numpy()
        keys = self._keys(at_us)
        self._when = self._played(at_us / 1e6)
        self._rows = {key: np.flatnonzero(keys == key) for key in np.unique(keys).tolist()}

    @property
    def entities(self) -> Mapping[str, pa.Table]:
        """None: nothing is ranked."""
        return {}

    def intensity(self, at: Floats) -> Floats:
        """Visits at POSIX times [n], in relation to their mean."""
        return by_hour(at)

    def visits(self, rng: np.random.Generator, at: Floats) -> DrawnVisits:
        """A recorded visit for each time [n]."""
        n, times = len(at), np.asarray(at, np.float64)
        place = np.searchsorted(self._when, times)
        rows = np.empty(n, np.int64)
        for key in np.unique(found := self._keys((times * 1e6).astype(np.int64))).tolist():
            own = self._rows.get(key, np.arange(len(self.table)))
            which = np.flatnonzero(found == key)
            near = max(NEAR_ROWS, int(NEAR_SHARE * len(own)))
            middle = np.searchsorted(own, place[which]) + rng.integers(-near, near + 1, len(which))
            rows[which] = own[np.clip(middle, 0, len(own) - 1)]
        sent = {c.name: self._sent(c.name, rows) for c in self.line.context}
        return DrawnVisits(rows, times, sent, np.zeros((n, 1), np.int64), rows)

    def outcomes(
        self,
        rng: np.random.Generator,
        visits: DrawnVisits,
        shown: Ints,
        effect: Floats,
    ) -> Mapping[str, Floats]:
        """What came of the recorded visits [n, 1]; of those with a negative effect some outcomes are lost."""
        kept = rng.random(len(visits.rows)) < 1 + effect
        return {
            of.name: np.where(kept, self.table[of.name].to_numpy(np.float64)[visits.rows], 0.0)[
                :, None
            ]
            * np.ones(shown.shape)
            for of in self.line.outcomes
        }

    def response(self, answers: Floats) -> Floats:
        """None: what was recorded did not depend on who answers here."""
        return np.zeros(len(answers))

    def visits_until(self, end: datetime) -> float:
        """Recorded visits of the past."""
        low, high = np.searchsorted(self._when, (self.start.timestamp(), end.timestamp()))
        return float(high - low)

    def _played(self, at_s: Floats) -> Floats:
        """When each recorded visit comes in the demo (POSIX seconds)."""
        start, until = self.start.timestamp(), self.until.timestamp()
        year = YEAR.total_seconds()
        own: Floats = at_s + np.ceil((until - at_s[-1]) / year) * year
        dense = np.searchsorted(own, until - LIVE.total_seconds()) - np.searchsorted(own, start)
        if own[0] <= start and dense >= DENSE:
            return own
        return np.linspace(start, until, len(at_s))

    def _sent(self, name: str, rows: Ints) -> Values:
        values = self.table[name]
        if self.line.column(name).dtype.is_numeric:
            return values.to_numpy(np.float64)[rows]
        return values.astype(object).where(values.notna(), None).to_numpy(dtype=object)[rows]

    def _keys(self, at_us: Ints) -> Ints:
        """Like hours: of working days, and of weekends; all alike where no clock is read."""
        if not self._zone:
            return np.zeros(len(at_us), np.int64)
        weekend = part_of(Clock("weekday", self._zone), at_us) > LAST_WORKING_DAY
        hour = part_of(Clock("hour", self._zone), at_us)
        return np.asarray(hour + 24 * weekend, np.int64)

    def _check(self) -> None:
        wanted = [AT, *(c.name for c in self.line.context), *(o.name for o in self.line.outcomes)]
        missing = [name for name in wanted if name not in self.table]
        if missing or not len(self.table):
            raise BadConfig(
                f"recorded visits of {self.line.name}",
                found=f"{len(self.table)} rows without {missing}" if missing else "no row",
                expected=f"columns {', '.join(wanted)}",
                next_step=f"let {MODULE}.{READ} give them",
            )


def recorded_world(line: Line, folder: Path, start: datetime, end: datetime) -> RecordedWorld:
    """The world of what ``folder`` holds, reached ``LIVE`` after ``end``; raises BadConfig."""
    if line.kind != "prediction":
        raise BadConfig(
            f"recorded data of {line.name}",
            found="lists: what would have come of another list is not recorded",
            expected="a line that predicts",
            next_step="leave DATA out: the demo then draws a world",
        )
    return RecordedWorld(line, read(line.name, folder)[VISITS], start, end + LIVE)

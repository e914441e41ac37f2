"""LeakKind.LATER: a note on columns that the newest rows still lack: they are filled in as rows grow older."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slipway.audit.finding import Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    FILLED_LATER_GAP,
    FILLED_LATER_NEWEST,
    FILLED_LATER_Z,
    RELATED_COLUMNS_FEWEST,
)
from slipway.domain.leak import LeakKind

ASK = "Is it filled in, or counted, after the row is made? Look up when it was written in old rows."


def judge(table: Prepared, _knobs: Knobs) -> list[Finding]:
    """NOTEs: cells blank (or counts still 0) in the newest rows, far more often than in any stretch before."""
    if table.time is None or table.rows < RELATED_COLUMNS_FEWEST:
        return []
    order = np.argsort(table.time, kind="stable")
    pieces = np.array_split(order, round(1 / FILLED_LATER_NEWEST))
    found = []
    for name, (said, blank) in _blanks(table):
        share = np.array([float(blank[rows].mean()) for rows in pieces])
        before, newest = float(share[:-1].max()), float(share[-1])
        error = np.sqrt(2 * max(before * (1 - before), newest * (1 - newest)) / len(pieces[-1]))
        if newest - before >= max(FILLED_LATER_GAP, FILLED_LATER_Z * error):
            found.append(_note(name, said, before, newest))
    return found


def _blanks(table: Prepared) -> Iterator[tuple[str, tuple[str, NDArray[np.bool_]]]]:
    """Where columns have no value, and where counts are 0."""
    for name, coded in table.coded.items():
        missing = coded.code == 0
        if missing.any() and not missing.all():
            yield name, ("missing", missing)
        elif name in table.values and table.kinds[name] == "number":
            values = table.values[name]
            if values.min() == 0 and (values == np.floor(values)).all() and values.max() > 1:
                yield name, ("0", values == 0)


def _note(name: str, said: str, before: float, newest: float) -> Finding:
    return Finding(
        name,
        LeakKind.LATER,
        Grade.NOTE,
        0.5 + (newest - before) / 2,
        f"it is {said} in {newest:.1%} of the newest rows, and in at most {before:.1%} of any as many before: it"
        " comes to be as rows grow older",
        ASK,
        {"newest": newest, "before": before},
    )

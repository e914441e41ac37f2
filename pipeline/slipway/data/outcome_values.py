"""What came of each answer, as a value: the first, the last or the sum of its outcomes within the window.

It is read as the labels of lists are. A binary, count or amount that depends on the decision is 0 where
nothing came; an exogenous or a continuous one that did not come is not known, and its row teaches nobody.
"""

from datetime import datetime
from pathlib import Path

from slipway.data import engine, labels
from slipway.domain.line import Line
from slipway.domain.outcomes import OutcomeKind


def valued(
    con: engine.Backend,
    home: Path,
    line: Line,
    shown: engine.Table,
    *,
    requested_from: datetime,
    requested_to: datetime,
    cut: datetime,
) -> engine.Table:
    """``shown`` with the primary outcome as float64 under its name, as known strictly before ``cut``.

    Rows whose outcome is not known are left out. ``shown`` was requested in the interval.
    """
    of, window = line.primary, {"requested_from": requested_from, "requested_to": requested_to}
    found = labels.what_came(con, home, line, of, shown, cut=cut, **window)
    value = found[of.name].cast("float64")
    if of.exogenous or of.kind is OutcomeKind.CONTINUOUS:
        found = found.mutate(**{of.name: value})
        return found.filter(engine.is_number(found[of.name]))
    return found.mutate(**{of.name: value.fill_null(0.0)})

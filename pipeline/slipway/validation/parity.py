"""Is what was served what a rebuild gives? Rows are joined one to one and compared bit for bit."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis

from slipway.data import engine
from slipway.domain.errors import BadInput
from slipway.domain.leak import Leak, LeakKind
from slipway.validation.checks import Table, Value, column_of, missing, together
from slipway.validation.scan import as_table, engine_of, plain

SHOWN_ROWS = 3
_REBUILT = "rebuilt_"


def served_otherwise(
    served: Any,  # an Ibis expression, or rows in memory
    rebuilt: Any,  # as served
    *,
    keys: Sequence[str],
    tolerance: Mapping[str, float],
    max_share: float = 0.0,
    con: engine.Backend = None,
) -> tuple[Leak, ...]:
    """Columns whose value as served differs from the rebuilt one in more than ``max_share``.

    ``tolerance`` names the columns with the relative difference each may have; 0 means the same
    bits (but for the sign of zero). Two missing values are equal, one missing value differs. A row
    that has no partner differs in every column.

    Raises BadInput where ``keys`` are not unique on both sides: a join that multiplies rows proves
    nothing.
    """
    con = con if con is not None else engine_of(served)
    left, right = as_table(served), as_table(rebuilt)
    for side, table in (("served", left), ("rebuilt", right)):
        _require_unique(con, table, keys, side)
    names = list(tolerance)
    renamed = right.select(*keys, _there=ibis.literal(1), **{_REBUILT + n: right[n] for n in names})
    both = left.select(*keys, *names).left_join(renamed, list(keys))
    wrong = {name: _differs(both, name, tolerance[name]) for name in names}
    counted = {f"w{place}": both.count(where=wrong[n]) for place, n in enumerate(names)}
    counts = con.to_pyarrow(both.aggregate(rows=both.count(), **counted)).to_pylist()[0]
    found = []
    for place, name in enumerate(names):
        rows, of = counts[f"w{place}"], counts["rows"]
        if rows > max_share * of:
            shown = both.filter(wrong[name]).select(*keys, name, _REBUILT + name).limit(SHOWN_ROWS)
            reason = "a rebuild from the log gives another value"
            examples = tuple(plain(row) for row in con.to_pyarrow(shown).to_pylist())
            found.append(Leak(LeakKind.SKEW, name, reason, rows, of, examples))
    return tuple(found)


def _differs(both: Table, name: str, tolerance: float) -> Value:
    one, other = column_of(both, name), both[_REBUILT + name]
    absent, other_absent = missing(one), missing(other)
    if tolerance and one.type().is_numeric():
        far = (one - other).abs() > tolerance * ibis.greatest(one.abs(), other.abs())
    else:
        far = one != other
    apart = (absent != other_absent) | (~absent & ~other_absent & far)
    return missing(both["_there"]) | apart


def _require_unique(con: engine.Backend, table: Table, keys: Sequence[str], side: str) -> None:
    asked = table.aggregate(rows=table.count(), different=together(table, tuple(keys)).nunique())
    counts = con.to_pyarrow(asked).to_pylist()[0]
    if counts["rows"] != counts["different"]:
        raise BadInput(
            f"{side} rows by {', '.join(keys)}",
            found=f"{counts['rows'] - counts['different']} rows repeat a key",
            expected="one row for each key",
            next_step="join on the whole key of the exposure; nothing was compared",
        )

"""Was anything fitted on the rows it is tested on? Poison those rows: what was learned may not move."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from slipway.domain.leak import Leak, LeakKind

Fit = Callable[[pd.DataFrame], Mapping[str, Any]]

POISON = "poison"


def fitted_on_test(
    fit: Fit, table: pd.DataFrame, *, split: str = "split", test: str = "holdout"
) -> tuple[Leak, ...]:
    """Parts of the fitted state that change when the rows of the split ``test`` are poisoned.

    ``fit`` gives the state by part (scaler, vocabulary, trees): arrays, numbers, words or mappings
    of them. It must be a function of its rows; a fit that differs from run to run is reported as a
    leak of every part, because nothing can then be proven of it.
    """
    learned, again = fit(table), fit(poisoned(table, table[split] == test, keep=(split,)))
    rows = int((table[split] == test).sum())
    return tuple(
        Leak(LeakKind.FITTED, part, "it changes with the rows tested on", rows, len(table))
        for part in dict.fromkeys((*learned, *again))
        if part not in learned or part not in again or not _same(learned[part], again[part])
    )


def poisoned(
    table: pd.DataFrame, rows: "pd.Series[bool]", *, keep: tuple[str, ...] = ()
) -> pd.DataFrame:
    """``table`` with everything in ``rows`` replaced, each column within its range.

    Numbers are mirrored and every third one is set to the largest, so that means, ranks and extremes
    all move; every second word becomes one that nobody used.
    """
    out = table.copy()
    where = np.flatnonzero(rows.to_numpy())
    for name in table.columns.difference(list(keep)):
        out[name] = _other(table[name], where)
    return out


def _other(column: "pd.Series[Any]", where: Any) -> "pd.Series[Any]":  # int[n]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if not pd.api.types.is_numeric_dtype(column.dtype):
        words = column.astype(object).to_numpy(copy=True)
        words[where[::2]] = POISON
        return pd.Series(words, column.index)
    values = column.to_numpy(dtype=float, copy=True)
    if np.isfinite(values).any():
        low, high = np.nanmin(values), np.nanmax(values)
        values[where] = low + high - values[where]
        values[where[::3]] = high
    return pd.Series(values, column.index).astype(column.dtype)


def _same(one: Any, other: Any) -> bool:  # state of any shape
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    a, b = np.asarray(one), np.asarray(other)
    nan = a.dtype.kind == "f" and b.dtype.kind == "f"
    return bool(np.array_equal(a, b, equal_nan=nan))

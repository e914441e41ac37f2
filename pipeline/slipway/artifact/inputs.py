"""A table of anyone's rows as the matrix that the router would give its model.

Whoever asks a registered model brings values of any type: what is missing or out of range becomes what
it would become at the router, and what the router refuses is refused here.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from slipway.data.feature_ranges import Floats, Guard
from slipway.data.sent import coded, expected, fits
from slipway.data.times import micros
from slipway.domain.errors import BadInput
from slipway.domain.line import Column, DType, Line, Unfit

_MISSING = (None, pd.NA)


class Inputs:
    """Reads the features of one line out of data frames."""

    def __init__(self, line: Line) -> None:
        self._features = line.features
        self._guard = Guard(line)

    def matrix(self, rows: pd.DataFrame) -> Floats:
        """``rows`` as float64[n, features] in declared order, defaults in place.

        Columns are found by name, others are not read; None, NaN and NA are missing. A truth is 0 or
        1, where it was not sent with the request. Raises BadInput for a column that is missing or
        there twice, for a value that is no number, and for one that the router refuses.
        """
        columns = [_column(rows, column) for column in self._features]
        return self._guard.fitted(np.column_stack(columns))[0]


def _column(rows: pd.DataFrame, column: Column) -> Floats:
    """One feature, float64[n]."""
    found = [index for index, name in enumerate(rows.columns) if name == column.name]
    if len(found) != 1:
        raise BadInput(
            f"column {column.name}",
            found="missing" if not found else f"there {len(found)} times",
            expected="there once",
            next_step="pass every feature of the line; an unknown value is a missing one",
        )
    series = rows.iloc[:, found[0]]
    if not column.dtype.is_numeric:
        return np.array([_coded(column, series, at) for at in range(len(series))], np.float64)
    sent = column.is_sent
    kinds = "iuf" if sent else "iufb"
    if pd.api.types.is_numeric_dtype(series) and series.dtype.kind in kinds:
        values, numbers = series.to_numpy(dtype=np.float64, na_value=np.nan), None
    else:
        values, numbers = _cells(series, truths=not sent)
    fits = np.ones(len(values), bool) if numbers is None else numbers
    if sent:
        fits &= np.isnan(values) | _in_range(column, values)
        if column.unfit is Unfit.DEFAULT:
            return np.where(fits, values, np.nan)
    if not fits.all():
        raise _refuse(column, series, int(np.flatnonzero(~fits)[0]), sent=sent)
    return values


def _cells(series: "pd.Series[Any]", *, truths: bool) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Values that are no plain array of numbers, float64[n], and which of them are numbers."""
    cells: Iterable[Any] = series.astype(object).tolist()
    values = np.full(len(series), np.nan)
    numbers = np.ones(len(series), bool)
    for index, cell in enumerate(cells):
        if any(cell is missing for missing in _MISSING):
            continue
        truth = isinstance(cell, bool | np.bool_)
        try:
            numbers[index] = truths if truth else isinstance(cell, Real | Decimal)
            values[index] = float(cell) if numbers[index] else np.nan
        except OverflowError:
            numbers[index] = False
    return values, numbers


def _in_range(column: Column, values: Floats) -> npt.NDArray[np.bool_]:
    low = -np.inf if column.lower is None else column.lower
    high = np.inf if column.upper is None else column.upper
    fits = np.isfinite(values) & (values >= low) & (values <= high)
    return fits & (values == np.floor(values)) if column.dtype is DType.CODE else fits


def _coded(column: Column, series: "pd.Series[Any]", at: int) -> float:
    """A string or time as the number that features hold."""
    value = series.iloc[at]
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and np.isnan(value))
    ):
        value = column.default
    if isinstance(value, datetime):
        return float(micros(value))
    if value is None or fits(column, value):
        return coded(column, value)
    if column.unfit is Unfit.DEFAULT and column.is_sent:
        return coded(column, column.default)
    raise _refuse(column, series, at, sent=True)


def _refuse(column: Column, series: "pd.Series[Any]", index: int, *, sent: bool) -> BadInput:
    value = series.iloc[index]
    what = expected(column) if sent else "a number"
    return BadInput(
        f"{column.name} of row {series.index[index]}",
        found=value.item() if isinstance(value, np.generic) else value,
        expected=f"{what}, or missing",
        next_step="correct the value, or leave it out where it is not known",
    )

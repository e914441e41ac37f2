"""Logged columns as the float64 matrix that models read: the way back from the log's own types."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from slipway.data.words import codes_of
from slipway.domain.line import Column, DType, Line

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


def numbers_of(values: "pd.Series", column: Column) -> Floats:
    """A logged column float64[n]: strings as :func:`slipway.data.words.codes_of`, times in microseconds."""
    if column.dtype.is_numeric:
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if column.dtype is DType.TIME:
        times = values.to_numpy(dtype="datetime64[us]")
        return np.where(np.isnat(times), np.nan, times.astype(np.int64).astype(np.float64))
    return codes_of(values.tolist())


def matrix_of(rows: "pd.DataFrame", line: Line) -> Floats:
    """Logged rows as float64[n, F], columns as ``line.features``."""
    if all(column.dtype.is_numeric for column in line.features):
        plain: Floats = rows[[c.name for c in line.features]].to_numpy(dtype=np.float64)
        return plain
    found = [numbers_of(rows[column.name], column) for column in line.features]
    return np.column_stack(found) if len(rows) else np.empty((0, len(found)))

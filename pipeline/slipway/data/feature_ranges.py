"""The contract's ranges on a matrix of features: what does not fit is replaced as declared."""

from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.domain.line import Line

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class Guard:
    """Ranges and defaults of a line's features, in declared order."""

    def __init__(self, line: Line) -> None:
        most = np.finfo(
            np.float64
        ).max  # what is within these is finite, which need not be asked for
        self._lower = np.maximum(_row([c.lower for c in line.features], -most), -most)
        self._upper = np.minimum(_row([c.upper for c in line.features], most), most)
        self._default = _row([_number(c.default) for c in line.features], np.nan)
        self._filled = ~np.isnan(self._default)
        self._none = np.zeros(len(line.features), np.int64)

    def fitted(self, matrix: Floats) -> tuple[Floats, Counts]:
        """``matrix`` [n, features] with defaults in place, and how many of each column there are.

        A value outside its range, infinite, or missing where the column has a default, becomes the
        default; a missing value without one stays NaN.
        """
        fits = matrix >= self._lower
        fits &= matrix <= self._upper
        if fits.all():
            return matrix, self._none
        wrong = ~fits & (~np.isnan(matrix) | self._filled)
        return np.where(wrong, self._default, matrix), wrong.sum(axis=0)


def _number(default: float | str | None) -> float | None:
    """A string's default takes its place where the column is filled, not here."""
    return None if isinstance(default, str) else default


def _row(values: list[Any], where_none: float) -> Floats:
    return np.array([where_none if value is None else value for value in values], np.float64)

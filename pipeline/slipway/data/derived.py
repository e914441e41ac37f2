"""Columns that are a team's own function of earlier ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.data.words import codes_of
from slipway.domain.errors import BadConfig
from slipway.domain.line import Column, Derived, DType

Floats = npt.NDArray[np.float64]


def derived(
    column: Column, origin: Derived, given: Mapping[str, npt.NDArray[Any]], n: int
) -> Floats:
    """The function's answer float64[n] to its inputs as ``given``; strings become numbers again.

    Raises BadConfig naming the column where the function raises, or answers in another shape.
    """
    try:
        with np.errstate(all="ignore"):
            answer = np.asarray(origin.function(**given))
    except Exception as error:
        raise _bad(column, f"{type(error).__name__}: {error}") from error
    if answer.shape != (n,):
        raise _bad(column, f"shape {answer.shape} for {n} rows")
    if column.dtype in (DType.CATEGORY, DType.TEXT):
        return codes_of(answer.tolist())
    if answer.dtype.kind == "M":
        answer = np.where(
            np.isnat(answer), np.nan, answer.astype("datetime64[us]").astype(np.int64)
        )
    try:
        return answer.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise _bad(column, f"values of type {answer.dtype}") from error


def _bad(column: Column, found: str) -> BadConfig:
    return BadConfig(
        f"column {column.name}.origin",
        found=found.splitlines()[0],
        expected=f"a function of arrays that gives one {column.dtype} for each row",
        next_step="correct the function in the line",
    )

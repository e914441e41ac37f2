"""A model that adds one effect per column, as arrays: a linear model in microseconds a row."""

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput

Array = npt.NDArray[np.float64]

_FORMAT = 1
_DTYPES: dict[str, type[np.generic]] = {
    "base": np.float64,
    "is_category": np.uint8,
    "start": np.int32,
    "codes": np.float64,
    "effects": np.float64,
    "at": np.float64,
    "slope": np.float64,
    "missing": np.float64,
}


@dataclass(frozen=True, eq=False)
class Additive:
    """``base`` float64[1], and for each column what it adds.

    ``is_category`` uint8[width]; the sorted ``codes`` of category c stand at ``start[c]:start[c + 1]``
    (int32[width + 1]) with their ``effects``; a number adds ``slope * (x - at)``, float64[width] each;
    ``missing`` float64[width] is what a gap or an unknown code adds, NaN where there is no answer.
    """

    base: Array
    is_category: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int32]
    codes: Array
    effects: Array
    at: Array
    slope: Array
    missing: Array

    @property
    def width(self) -> int:
        """Number of input columns."""
        return len(self.is_category)

    def raw_scores(self, rows: npt.ArrayLike) -> Array:
        """Sums float64[n] of ``rows`` float64[n, width], the same alone and in a batch."""
        from slipway.artifact import kernel  # numba is slow to import

        table = np.ascontiguousarray(rows, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != self.width:  # noqa: PLR2004 - rows and columns
            raise BadInput(
                "rows.shape",
                found=table.shape,
                expected=f"(n, {self.width})",
                next_step="pass the model's inputs in fitted order",
            )
        arrays = {item.name: getattr(self, item.name) for item in fields(self)}
        base = arrays.pop("base")[0]
        found: Array = kernel.additive_scores(table, base, *arrays.values())
        return found

    def save(self, path: Path) -> None:
        """Write the arrays as an uncompressed npz without pickles."""
        arrays = {item.name: getattr(self, item.name) for item in fields(self)}
        with path.open("wb") as file:
            np.savez(file, format=np.asarray([_FORMAT]), **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; raises BadInput for a damaged or foreign file."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in (*_DTYPES, "format")}
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise _damaged(path, str(error)) from error
        if arrays.pop("format").tolist() != [_FORMAT]:
            raise _damaged(path, "another format")
        fault = next((n for n, dtype in _DTYPES.items() if arrays[n].dtype != dtype), "")
        if fault or not _fit_together(arrays):
            raise _damaged(path, f"{fault} of another type" if fault else "other lengths")
        return cls(**arrays)


def _fit_together(t: dict[str, npt.NDArray[Any]]) -> bool:
    """Whether the machine code, which checks no bounds, stays inside of the arrays."""
    width = t["is_category"].shape
    start = t["start"]
    per_column = all(t[name].shape == width for name in ("at", "slope", "missing"))
    if len(width) != 1 or not per_column or t["base"].shape != (1,):
        return False
    ranges = start.shape == (width[0] + 1,) and t["codes"].ndim == 1
    return bool(
        ranges
        and t["codes"].shape == t["effects"].shape
        and start[0] == 0
        and start[-1] == len(t["codes"])
        and not np.any(np.diff(start) < 0)
    )


def _damaged(path: Path, found: str) -> BadInput:
    return BadInput(
        f"compiled model {path.name}",
        found=found,
        expected=f"arrays of format {_FORMAT}",
        next_step="do not use this artifact; train the interval again",
    )

"""Gradient-boosted trees without scikit-learn: plain arrays, one machine-code loop, same bits.

scikit-learn's single-row prediction spends milliseconds on validation and threads; the walk through
the trees itself takes microseconds. ``compile_trees`` copies the fitted trees into flat arrays
that can be stored without pickle, and :meth:`CompiledTrees.predict_proba` answers bit for bit what
``HistGradientBoostingClassifier.predict_proba`` answers, for missing and unknown values too. Where the
arrays come from: :mod:`slipway.artifact.hist_trees`, ``lightgbm_trees`` and ``xgboost_trees``.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from slipway.artifact.tree_checks import BITSET_WORDS, LEAF, faults
from slipway.artifact.tree_layout import NODE_DTYPES, Packed, pack
from slipway.domain.errors import BadInput

_FORMAT = 1
_DTYPES: dict[str, type[np.generic]] = {
    "baseline": np.float64,
    "is_categorical": np.uint8,
    "cat_start": np.int32,
    "categories": np.float64,
    **NODE_DTYPES,
    "bitsets": np.uint32,
}


@dataclass(frozen=True, eq=False)
class CompiledTrees:
    """Fitted trees as flat arrays over all nodes; children always follow their parent.

    ``baseline`` float64[1] log-odds; ``is_categorical`` uint8[width]; ``categories`` float64, the
    sorted known values of column c at ``cat_start[c]:cat_start[c + 1]``; ``roots`` int32[trees];
    per node ``feature``, ``left``, ``right``, ``flags`` (1 leaf, 2 categorical, 4 missing goes
    left), ``bitset`` (row of ``bitsets`` uint32[k, 8]: categories going left) and ``threshold``
    (of a leaf: its value).
    """

    baseline: npt.NDArray[np.float64]
    is_categorical: npt.NDArray[np.uint8]
    cat_start: npt.NDArray[np.int32]
    categories: npt.NDArray[np.float64]
    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]
    bitset: npt.NDArray[np.int32]
    bitsets: npt.NDArray[np.uint32]

    @property
    def width(self) -> int:
        """Number of input columns."""
        return len(self.is_categorical)

    @cached_property
    def _packed(self) -> Packed:
        return pack(vars(self))

    @property
    def _base(self) -> np.floating[Any]:
        return np.float64(self.baseline[0])

    def predict_proba(self, rows: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Probability of class 1, float64[n], of ``rows`` float64[n, width] in fitted column order.

        Raises BadInput for another shape.
        """
        from scipy.special import expit  # the very function scikit-learn calls

        probability: npt.NDArray[np.float64] = expit(self.raw_scores(rows))
        return probability

    def raw_scores(self, rows: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Log-odds of class 1, float64[n], of ``rows`` float64[n, width]."""
        from slipway.artifact import kernel  # numba is slow to import

        table = np.ascontiguousarray(rows, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != self.width:  # noqa: PLR2004 - rows and columns
            raise BadInput(
                "rows.shape",
                found=table.shape,
                expected=f"(n, {self.width})",
                next_step="pass the model's inputs in fitted order",
            )
        first, edges, *trees = self._packed
        ranks = kernel.encode(table, self.is_categorical, first, edges)
        scores: npt.NDArray[np.float64] = kernel.raw_scores(ranks, self._base, *trees, self.bitsets)
        return scores

    def digest(self) -> str:
        """Hex SHA-256 of the learned state; equal for equal trees, whatever the file's bytes."""
        state = hashlib.sha256()
        for item in fields(self):
            array = getattr(self, item.name)
            state.update(f"{item.name}:{array.dtype.str}:{array.shape};".encode())
            state.update(np.ascontiguousarray(array).tobytes())
        return state.hexdigest()

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
        for name, dtype in _DTYPES.items():
            if arrays[name].dtype != dtype:
                raise _damaged(path, f"{name} of type {arrays[name].dtype}")
        for fault in faults(arrays):
            raise _damaged(path, fault)
        return cls(**arrays)


def _damaged(path: Path, found: str) -> BadInput:
    return BadInput(
        f"compiled trees {path.name}",
        found=found,
        expected=f"arrays of format {_FORMAT} as saved by compile_trees",
        next_step="compile the model again",
    )


def load_machine_code() -> None:
    """Score nothing, so that the loop's machine code is in memory: forks of this process share it.

    A process that loads its first trees itself imports numba for it, .6 s and 90 MiB that are its own.
    """
    arrays = {name: np.zeros(1, dtype) for name, dtype in _DTYPES.items()}
    arrays |= {"flags": np.full(1, LEAF, np.uint8), "is_categorical": np.ones(1, np.uint8)}
    arrays |= {
        "cat_start": np.array([0, 1], np.int32),
        "bitsets": np.zeros((1, BITSET_WORDS), np.uint32),
    }
    CompiledTrees(**arrays).raw_scores(np.zeros((0, 1)))


def arrays_of_columns(known: Sequence[npt.NDArray[np.float64] | None]) -> dict[str, Any]:
    """The columns' arrays, by the sorted known values of each: None for a number.

    Raises ValueError for a category with more values than a bitset holds.
    """
    sizes = [0 if values is None else len(values) for values in known]
    if max(sizes, default=0) > BITSET_WORDS * 32:
        raise ValueError("more categories than a bitset holds")
    flat = [values for values in known if values is not None]
    return {
        "is_categorical": np.array([values is not None for values in known], np.uint8),
        "cat_start": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        "categories": np.concatenate(flat) if flat else np.empty(0),
    }

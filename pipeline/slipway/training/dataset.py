"""A snapshot as plain arrays: features as served, place in the list, click."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from slipway.data import frozen_tables
from slipway.data.matrix import matrix_of
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.release import Arm

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("request_id", "user", "arm", "item", "position", "split")


class Frozen(Protocol):
    """A frozen training table: where it lies, the SHA-256 of its content, and its interval's end."""

    @property
    def path(self) -> Path:
        """The Parquet file."""

    @property
    def digest(self) -> str:
        """Hex digest of the rows, whatever the bytes of the file."""

    @property
    def end(self) -> datetime:
        """End of the data interval (UTC)."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Exposures of one split, ordered by request and place; n rows, F features of the line.

    ``features`` float64[n, F] in ``line.features`` order; ``position`` int64[n], 1 is the top;
    ``clicked`` float64[n] of 0 and 1; ``explored`` bool[n]: shown at a random place; ``user``,
    ``request`` and ``item`` object[n].
    """

    features: npt.NDArray[np.float64]
    position: npt.NDArray[np.int64]
    clicked: npt.NDArray[np.float64]
    explored: npt.NDArray[np.bool_]
    user: npt.NDArray[np.object_]
    request: npt.NDArray[np.object_]
    item: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.clicked)

    def where(self, keep: npt.NDArray[np.bool_]) -> "Rows":
        """The rows where ``keep`` bool[n] is true, in the same order."""
        return Rows(**{item.name: getattr(self, item.name)[keep] for item in fields(self)})

    def column(self, line: Line, name: str) -> npt.NDArray[np.float64]:
        """The feature called ``name``, float64[n]."""
        return self.features[:, [c.name for c in line.features].index(name)]


def load(
    path: Path, line: Line, digest: str | None = None, *, keys: Sequence[str] = KEYS
) -> "pd.DataFrame":
    """The snapshot at ``path``, ordered by request and place whatever the order of its rows.

    ``keys`` are the columns it must have beside the line's own.

    Raises BadInput for an unreadable file, a missing column, no rows, or rows with another digest
    than ``digest``.
    """
    table = frozen_tables.read(path, digest)
    needed = (*keys, line.label.name, *(column.name for column in line.features))
    missing = [name for name in needed if name not in table.column_names]
    if missing or not table.num_rows:
        found = f"without {', '.join(missing)}" if missing else "no rows"
        expected = f"rows with the declared columns of the line {line.name}"
        raise frozen_tables.unusable(path, found, expected)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def rows_of(frame: "pd.DataFrame", line: Line, split: str) -> Rows:
    """The rows of ``split`` ("train" or "holdout") of a loaded snapshot.

    Raises BadInput for an empty split, a single class, infinite features or places below 1.
    """
    part = frame[frame["split"] == split]
    rows = Rows(
        features=matrix_of(part, line),
        position=part["position"].to_numpy(dtype=np.int64),
        clicked=part[line.label.name].to_numpy(dtype=np.float64),
        explored=_explored(part, line),
        user=_objects(part["user"]),
        request=_objects(part["request_id"]),
        item=_objects(part["item"]),
    )
    _check(rows, split)
    return rows


def _explored(part: "pd.DataFrame", line: Line) -> npt.NDArray[np.bool_]:
    """Items at a place that chance alone gave them: all of a shuffled list, else the one from below it."""
    explored = _objects(part["arm"]) == Arm.EXPLORE.value
    if line.exposure.slot_only:
        explored &= part["model_position"].to_numpy(dtype=np.float64, na_value=np.nan) == 0
    return np.asarray(explored, dtype=np.bool_)


def _objects(column: Any) -> npt.NDArray[np.object_]:  # a pandas series
    return np.asarray(column.to_numpy(dtype=object))


def _check(rows: Rows, split: str) -> None:
    found = None
    if not len(rows):
        found = "no rows"
    elif set(np.unique(rows.clicked)) != {0.0, 1.0}:
        found = f"only the labels {sorted(set(rows.clicked.tolist()))}"
    elif np.isinf(rows.features).any():
        found = "infinite feature values"
    elif rows.position.min() < 1:
        found = f"position {rows.position.min()}"
    if found:
        raise BadInput(
            f"{split} rows",
            found=found,
            expected="clicked and unclicked rows with finite features at places from 1",
            next_step="look at the log of this interval; nothing was fitted",
        )

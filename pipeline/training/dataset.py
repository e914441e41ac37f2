"""A snapshot as plain arrays: features as served, place in the list, click."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.domain.errors import BadInput
from pipeline.domain.line import Line
from pipeline.domain.release import Arm

if TYPE_CHECKING:
    import pandas as pd

TRAIN, HOLDOUT = "train", "holdout"
KEYS = ("request_id", "user", "arm", "item", "position", "clicked", "split")


class Frozen(Protocol):
    """A frozen training table: where it lies and the SHA-256 of its content."""

    @property
    def path(self) -> Path:
        """The Parquet file."""

    @property
    def digest(self) -> str:
        """Hex digest of the rows, whatever the bytes of the file."""


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

    def column(self, line: Line, name: str) -> npt.NDArray[np.float64]:
        """The feature called ``name``, float64[n]."""
        return self.features[:, [c.name for c in line.features].index(name)]


def load(path: Path, line: Line) -> "pd.DataFrame":
    """The snapshot at ``path``, ordered by request and place whatever the order of its rows.

    Raises BadInput for an unreadable file, a missing column, or no rows.
    """
    import pandas as pd  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415 - heavy

    try:
        frame = pd.read_parquet(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInput(
            f"snapshot {path.name}",
            found=str(error),
            expected="a readable Parquet file",
            next_step="freeze the interval again; the log still holds its rows",
        ) from error
    missing = [n for n in (*KEYS, *(c.name for c in line.features)) if n not in frame.columns]
    if missing or frame.empty:
        raise BadInput(
            f"snapshot {path.name}",
            found=f"without {', '.join(missing)}" if missing else "no rows",
            expected=f"rows with the declared columns of the line {line.name}",
            next_step="freeze the interval again with the present declaration of the line",
        )
    return frame.sort_values(["request_id", "position"], kind="stable", ignore_index=True)


def rows_of(frame: "pd.DataFrame", line: Line, split: str) -> Rows:
    """The rows of ``split`` ("train" or "holdout") of a loaded snapshot.

    Raises BadInput for an empty split, a single class, infinite features or places below 1.
    """
    part = frame[frame["split"] == split]
    features = part[[c.name for c in line.features]].to_numpy(dtype=np.float64)
    rows = Rows(
        features=features,
        position=part["position"].to_numpy(dtype=np.int64),
        clicked=part["clicked"].to_numpy(dtype=np.float64),
        explored=_objects(part["arm"]) == Arm.EXPLORE.value,
        user=_objects(part["user"]),
        request=_objects(part["request_id"]),
        item=_objects(part["item"]),
    )
    _check(rows, split)
    return rows


def _objects(column: Any) -> npt.NDArray[np.object_]:  # noqa: ANN401 - a pandas series
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

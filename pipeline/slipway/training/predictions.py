"""One verb: a snapshot of single answers and what came of them becomes a fitted, stored model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from slipway.data.matrix import matrix_of
from slipway.domain.errors import BadInput
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.model import Adopt, Fit
from slipway.domain.run import TRAIN
from slipway.training import dataset, fit
from slipway.training.adopt import take_over
from slipway.training.dataset import Frozen
from slipway.training.default_trees import as_fit
from slipway.training.factory import Examples
from slipway.training.own import fit_and_store
from slipway.training.train import Trained

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]

KEYS = ("request_id", "user", "requested_at", "split")


@dataclass(frozen=True, eq=False)
class AnswerRows:
    """Requests of one split, ordered by id: ``features`` float64[n, F], ``outcome`` float64[n].

    ``user`` object[n]; ``day`` int64[n], days since 1970 of the request (UTC).
    """

    features: Array
    outcome: Array
    user: npt.NDArray[np.object_]
    day: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.outcome)

    def where(self, keep: Any) -> "AnswerRows":  # any index of numpy's
        """The rows ``keep``, in the same order."""
        return AnswerRows(self.features[keep], self.outcome[keep], self.user[keep], self.day[keep])

    def column(self, line: Line, name: str) -> Array:
        """The feature called ``name``, float64[n]."""
        return self.features[:, [c.name for c in line.features].index(name)]


def load(path: Path, line: Line, digest: str | None = None) -> "pd.DataFrame":
    """The snapshot at ``path`` by request; raises BadInput as :func:`slipway.training.dataset.load`."""
    return dataset.load(path, line, digest, keys=KEYS)


def rows_of(frame: "pd.DataFrame", line: Line, split: str) -> AnswerRows:
    """The rows of ``split``; raises BadInput for none, outcomes all alike, or infinite features."""
    part = frame[frame["split"] == split]
    features = matrix_of(part, line)
    outcome = part[line.primary.name].to_numpy(dtype=np.float64)
    seconds = part["requested_at"].astype("int64") // 1_000_000
    found = None
    if not len(part):
        found = "no rows"
    elif not np.isfinite(outcome).all() or np.isinf(features).any():
        found = f"{line.primary.name} or features that are not finite"
    elif outcome.min() == outcome.max():
        found = f"only {line.primary.name} == {outcome[0]:g}"
    if found:
        raise BadInput(
            f"{split} rows of {line.name}",
            found=found,
            expected=f"rows with different {line.primary.name}",
            next_step="look at the log of this interval; nothing was fitted",
        )
    return AnswerRows(
        features,
        outcome,
        np.asarray(part["user"].to_numpy(dtype=object)),
        np.asarray(seconds // 86_400, dtype=np.int64),
    )


def examples_of(rows: AnswerRows) -> Examples:
    """Rows as examples: one answer a request has no place that would have to be weighed."""
    return Examples(rows.features, rows.outcome)


def fit_of(line: Line, recipe: ModelRecipe) -> Fit | None:
    """How ``recipe`` is fitted here; None for a model that was fitted elsewhere."""
    if isinstance(recipe, Adopt):
        return None
    return recipe if isinstance(recipe, Fit) else as_fit(line, recipe)


def train_predictions(
    snapshot: Frozen, line: Line, recipe: ModelRecipe, out: Path, source: Path | None = None
) -> Trained:
    """Fit ``recipe`` on the snapshot's train split, or take over the adopted model in ``source``.

    Raises as :func:`slipway.training.own.train_own` and :func:`slipway.training.adopt.adopt`.
    """
    rows = rows_of(load(snapshot.path, line, snapshot.digest), line, TRAIN)
    kind, own = line.primary.kind, fit_of(line, recipe)
    if isinstance(recipe, Adopt) and source is not None:
        return take_over(snapshot, line, recipe, rows.features, kind, out, source)
    if own is None:
        raise BadInput(
            "adopted model", found=None, expected="its files", next_step="fetch them first"
        )
    fit.check_inputs(line, own)
    return fit_and_store(snapshot, line, own, examples_of(rows), kind, out)

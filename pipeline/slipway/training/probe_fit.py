"""A short fit that shows what is learned from which rows, long before the whole one is paid for."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slipway.domain.line import Line, Recipe
from slipway.domain.run import TRAIN
from slipway.training import dataset, examination, fingerprint, fit
from slipway.training.train import fitted

if TYPE_CHECKING:
    import pandas as pd

TREES = 2


def short_fit(table: "pd.DataFrame", line: Line, recipe: Recipe) -> dict[str, Any]:
    """The digest of what :func:`slipway.training.train.train` would learn from ``table``.

    The same fit with two trees, without the champion: examination of places, bins, categories and splits.
    Raises BadConfig and BadInput as the whole fit does.
    """
    rows = dataset.rows_of(table, line, TRAIN)
    theta = examination.estimate(rows.position, rows.clicked, rows.explored, line.list_length)
    model = fitted(rows, theta, line, replace(recipe, max_iter=TREES)).model
    probe = rows.features[:, fit.input_places(line, recipe.inputs)]
    return {"model": fingerprint.of_learned(model, theta, probe)}

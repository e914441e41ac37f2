"""A short fit that shows what is learned from which rows, long before the whole one is paid for."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slipway.domain.line import Line, ModelRecipe, Recipe
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.run import TRAIN
from slipway.training import dataset, examination, factory, fingerprint, fit, predictions
from slipway.training.own import NOWHERE, answers_kept, examples_of
from slipway.training.train import fitted

if TYPE_CHECKING:
    import pandas as pd

TREES = 2


def short_fit(table: "pd.DataFrame", line: Line, recipe: ModelRecipe) -> dict[str, Any]:
    """The digest of what :func:`slipway.training.train.train` would learn from ``table``.

    The same fit with two trees, without the champion: examination of places, bins, categories and splits.
    A team's own factory is fitted as it is; an adopted model learns from no table of ours.
    Raises BadConfig and BadInput as the whole fit does.
    """
    rows = dataset.rows_of(table, line, TRAIN)
    theta = examination.estimate(rows.position, rows.clicked, rows.explored, line.list_length)
    if isinstance(recipe, Fit):
        model, _ = factory.fitted(
            line,
            recipe,
            examples_of(rows, theta, line, recipe),
            OutcomeKind.BINARY,
            recipe.seeds[0],
        )
        answers = answers_kept(line, model, rows.features).answers
        return {"model": fingerprint.of_answers(answers, theta)}
    if not isinstance(recipe, Recipe):
        return {"model": recipe.uri}
    own = fitted(rows, theta, line, replace(recipe, max_iter=TREES)).model
    probe = rows.features[:, fit.input_places(line, recipe.inputs)]
    return {"model": fingerprint.of_learned(own, theta, probe)}


def short_prediction_fit(table: "pd.DataFrame", line: Line, recipe: ModelRecipe) -> dict[str, Any]:
    """The same of a line that gives one answer: the whole factory, on few rows."""
    own = predictions.fit_of(line, recipe)
    if own is None:
        return {"model": recipe.headline["adopted"]}
    rows = predictions.rows_of(table, line, TRAIN)
    examples = predictions.examples_of(rows)
    model, _ = factory.fitted(line, own, examples, line.primary.kind, own.seeds[0])
    answers = answers_kept(line, model, rows.features).answers
    return {"model": fingerprint.of_answers(answers, NOWHERE)}

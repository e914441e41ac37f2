"""Fitting: gradient-boosted trees on the recipe's inputs, one fit per seed, no hidden randomness.

Early stopping is off and threads are pinned, so a fit is a function of rows, recipe and seed alone.
Columns are subsampled per split (``max_features``): otherwise all seeds would give the same model
and there were no noise floor to judge a gain against.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.domain.errors import BadConfig
from pipeline.domain.line import Kind, Line, Recipe
from pipeline.training import examination
from pipeline.training.dataset import Rows

Array = npt.NDArray[np.float64]

MIN_SEEDS = 3
FIRST_LOOK_TREES = 40
"""Trees of the first, rougher fit that says how attractive unclicked rows were."""

MAX_BINS = 63
"""Histogram bins of a column: with weights scikit-learn seeks each edge by sorting all rows anew,
so 255 edges cost twice what the trees cost."""

_GAMMA_BOUNDS = (0.001, 0.999)


def check_recipe(line: Line, recipe: Recipe) -> None:
    """Raise BadConfig for inputs that are unknown, repeated or not available, or too few seeds."""
    for name in recipe.inputs:
        column = line.column(name)
        if not column.may_be_input:
            raise BadConfig(
                f"{line.name}.recipe.inputs",
                found=name,
                expected=f"known before ranking, and {name} is a column of kind {column.available}",
                next_step="take it out of the inputs",
            )
    if not recipe.inputs or len(set(recipe.inputs)) != len(recipe.inputs):
        raise BadConfig(
            f"{line.name}.recipe.inputs",
            found=list(recipe.inputs),
            expected="a list of different columns",
            next_step="name each input once",
        )
    if len(set(recipe.seeds)) < MIN_SEEDS or len(set(recipe.seeds)) != len(recipe.seeds):
        raise BadConfig(
            f"{line.name}.recipe.seeds",
            found=list(recipe.seeds),
            expected=f"at least {MIN_SEEDS} different seeds",
            next_step="the first one is released, the others measure the noise floor",
        )


def input_places(line: Line, inputs: Sequence[str]) -> list[int]:
    """Where the inputs stand among ``line.features``."""
    order = [column.name for column in line.features]
    return [order.index(name) for name in inputs]


def untrained(line: Line, recipe: Recipe, seed: int, trees: int | None = None) -> Any:  # noqa: ANN401
    """A scikit-learn pipeline over all features of the line: take the inputs, then the trees."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415 - heavy
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - heavy
    from sklearn.pipeline import Pipeline  # noqa: PLC0415 - heavy

    categories = [
        place for place, name in enumerate(recipe.inputs) if line.column(name).kind is Kind.CATEGORY
    ]
    boosting = HistGradientBoostingClassifier(
        max_iter=trees or recipe.max_iter,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=recipe.max_leaf_nodes,
        min_samples_leaf=recipe.min_samples_leaf,
        l2_regularization=recipe.l2,
        max_features=recipe.max_features,
        max_bins=MAX_BINS,
        categorical_features=categories or None,
        early_stopping=False,
        random_state=seed,
    )
    inputs = ("inputs", "passthrough", input_places(line, recipe.inputs))
    return Pipeline([("take", ColumnTransformer([inputs])), ("trees", boosting)])


def fit_all(rows: Rows, theta: Array, line: Line, recipe: Recipe) -> list[Any]:
    """One fitted pipeline per seed of the recipe, in its order; ``theta`` float64[places].

    Two steps of regression EM: a short fit that takes all films as equally attractive, then the
    full fits, which weigh unclicked rows by what the short one found. The remaining error shrinks
    about fivefold a step (share of missing information at usual click rates).

    Raises BadConfig as :func:`check_recipe`, or where scikit-learn refuses a knob.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - only where something is fitted

    check_recipe(line, recipe)
    examined = examination.at(theta, rows.position)
    overall = float(np.clip(rows.clicked.sum() / examined.sum(), *_GAMMA_BOUNDS))
    with threadpool_limits(limits=1):
        first = untrained(
            line, recipe, recipe.seeds[0], min(FIRST_LOOK_TREES, max(recipe.max_iter, 1))
        )
        _fit(first, rows, examination.row_weights(rows.clicked, examined, overall))
        gamma = np.clip(first.predict_proba(rows.features)[:, 1], *_GAMMA_BOUNDS)
        weights = examination.row_weights(rows.clicked, examined, gamma)
        return [_fit(untrained(line, recipe, seed), rows, weights) for seed in recipe.seeds]


def _fit(pipeline: Any, rows: Rows, weights: Array) -> Any:  # noqa: ANN401 - scikit-learn is untyped
    from sklearn.utils._param_validation import (  # noqa: PLC0415 - heavy
        InvalidParameterError,
    )

    try:
        return pipeline.fit(rows.features, rows.clicked, trees__sample_weight=weights)
    except InvalidParameterError as error:
        raise BadConfig(
            "recipe",
            found=str(error),
            expected="made of knobs that scikit-learn's gradient boosting takes",
            next_step="correct the recipe; nothing was registered",
        ) from error

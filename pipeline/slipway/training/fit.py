"""Fitting: gradient-boosted trees on the recipe's inputs, one fit per seed, no hidden randomness.

Early stopping is off and threads are pinned, so a fit is a function of rows, recipe and seed alone.
Columns are subsampled per split (``max_features``): otherwise all seeds would give the same model
and there were no noise floor to judge a gain against.

There is no warm start: scikit-learn goes on from last week's trees, but reads them on the new week's
bin edges, so that they no longer say what they said (correlation .86 with their own answers, and still
worse than a fresh fit 50 trees later). To build on last week's model use ``blend`` or ``anchor``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadConfig
from slipway.domain.line import Line, Recipe
from slipway.domain.model import Fit
from slipway.training import deterministic, edges, examination
from slipway.training.dataset import Rows

Array = npt.NDArray[np.float64]

FIRST_LOOK_TREES = 40
"""Trees of the first, rougher fit that says how attractive unclicked rows were."""

MAX_BINS = 63
"""Histogram bins of a column: four times as many edges cost more and were no better."""

MOST_BINS = 255
"""Bins where a category has more levels than :data:`MAX_BINS`: the most that scikit-learn has."""

MOST_TREE_SETS = 8
"""Tree sets that a ranker may hold: every request goes through all of them."""

_GAMMA_BOUNDS = (0.001, 0.999)


def check_recipe(line: Line, recipe: Recipe) -> None:
    """Raise BadConfig as :func:`check_inputs`, and for a recipe that would blend in too much."""
    check_inputs(line, recipe)
    _check_leaning(line, recipe)


def check_inputs(line: Line, recipe: Recipe | Fit) -> None:
    """Raise BadConfig for inputs that are unknown or not available."""
    for name in recipe.inputs:
        column = line.column(name)
        if not column.may_be_input:
            raise BadConfig(
                f"{line.name}.recipe.inputs",
                found=name,
                expected=f"known before ranking, and {name} is a column of kind {column.available}",
                next_step="take it out of the inputs",
            )


def _check_leaning(line: Line, recipe: Recipe) -> None:
    """Raise BadConfig for what would make a recipe blend in too much, or on trees it cannot read."""
    if recipe.warm_start:
        raise BadConfig(
            f"{line.name}.recipe.warm_start",
            found=True,
            expected="False: boosting reads last week's trees on this week's bin edges",
            next_step="set blend or anchor instead to keep lists stable; nothing was started",
        )
    ranges: dict[str, tuple[int, bool, str]] = {
        "ensemble": (recipe.ensemble, recipe.ensemble <= len(recipe.seeds), "1 to all seeds"),
        "tree_sets": (
            recipe.tree_sets,
            recipe.ensemble <= recipe.tree_sets <= MOST_TREE_SETS,
            f"at least the ensemble, at most {MOST_TREE_SETS}",
        ),
    }
    for name, (found, fine, expected) in ranges.items():
        if not fine:
            raise BadConfig(
                f"{line.name}.recipe.{name}",
                found=found,
                expected=expected,
                next_step="correct the recipe; nothing was started",
            )


def input_places(line: Line, inputs: Sequence[str]) -> list[int]:
    """Where the inputs stand among ``line.features``."""
    order = [column.name for column in line.features]
    return [order.index(name) for name in inputs]


def frequent_levels(line: Line, recipe: Recipe, features: Array) -> tuple[Array, int]:
    """``features`` float64[n, F] with the levels that the trees can learn, and the bins that they need.

    Trees hold a dictionary of each category. Of one with more levels than bins the most frequent are
    learned; all other values, whether rare or never seen, are answered as a missing one is.
    """
    most = MOST_BINS - 1
    wide: dict[int, Array] = {}
    bins = MAX_BINS
    for name in recipe.inputs:
        column = line.column(name)
        few = column.upper is not None and column.upper < MAX_BINS
        if few or not column.dtype.is_category:
            continue
        (place,) = input_places(line, [name])
        levels, times = np.unique(features[:, place], return_counts=True)
        known = ~np.isnan(levels)
        levels, times = levels[known], times[known]
        bins = MOST_BINS if len(levels) >= MAX_BINS else bins
        if len(levels) > most:
            kept = np.sort(levels[np.argsort(-times, kind="stable")[:most]])
            wide[place] = np.where(np.isin(features[:, place], kept), features[:, place], np.nan)
    if wide:
        features = features.copy()
        for place, values in wide.items():
            features[:, place] = values
    return features, bins


def untrained(
    line: Line, recipe: Recipe, seed: int, trees: int | None = None, bins: int = MAX_BINS
) -> Any:
    """A scikit-learn pipeline over all features of the line: take the inputs, then the trees."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

    categories = [
        place for place, name in enumerate(recipe.inputs) if line.column(name).dtype.is_category
    ]
    boosting = HistGradientBoostingClassifier(
        max_iter=trees or recipe.max_iter,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=recipe.max_leaf_nodes,
        min_samples_leaf=recipe.min_samples_leaf,
        l2_regularization=recipe.l2,
        max_features=recipe.max_features,
        max_bins=bins,
        categorical_features=categories or None,
        early_stopping=False,
        random_state=seed,
    )
    inputs = ("inputs", "passthrough", input_places(line, recipe.inputs))
    return Pipeline([("take", ColumnTransformer([inputs])), ("trees", boosting)])


def first_look(rows: Rows, theta: Array, line: Line, recipe: Recipe) -> Array:
    """How attractive each row's item is, float64[n], by a short fit that takes all as equal.

    The first of two steps of regression EM; the remaining error shrinks about fivefold a step
    (share of missing information at usual click rates).
    """
    examined = examination.at(theta, rows.position)
    overall = float(np.clip(rows.clicked.sum() / examined.sum(), *_GAMMA_BOUNDS))
    features, bins = frequent_levels(line, recipe, rows.features)
    trees = min(FIRST_LOOK_TREES, max(recipe.max_iter, 1))
    short = untrained(line, recipe, recipe.seeds[0], trees, bins)
    _fit(short, features, rows.clicked, examination.row_weights(rows.clicked, examined, overall))
    gamma: Array = short.predict_proba(rows.features)[:, 1]
    return gamma


def weights_of(rows: Rows, theta: Array, gamma: Array) -> Array:
    """What each row says of its item, float64[n], when its attraction is thought to be ``gamma``."""
    examined = examination.at(theta, rows.position)
    return examination.row_weights(rows.clicked, examined, np.clip(gamma, *_GAMMA_BOUNDS))


def fit_one(
    rows: Rows,
    weights: Array,
    line: Line,
    recipe: Recipe,
    seed: int,
    teacher: Array | None = None,
) -> Any:  # scikit-learn is untyped
    """A fitted pipeline; ``weights`` float64[n].

    ``teacher`` float64[n] are the champion's answers: each label is then the click and the answer,
    mixed by ``recipe.anchor``. Raises BadConfig where scikit-learn refuses a knob.
    """
    features, bins = frequent_levels(line, recipe, rows.features)
    pipeline = untrained(line, recipe, seed, bins=bins)
    deterministic.check(pipeline)
    labels = rows.clicked
    if teacher is not None:
        soft = (1 - recipe.anchor) * labels + recipe.anchor * np.clip(teacher, 0.0, 1.0)
        features = np.concatenate([features, features])
        labels = np.repeat([1.0, 0.0], len(rows))
        weights = np.concatenate([weights * soft, weights * (1 - soft)])
    with deterministic.one_thread():
        return _fit(pipeline, features, labels, weights)


def _fit(pipeline: Any, features: Array, labels: Array, weights: Array) -> Any:
    from sklearn.utils._param_validation import (
        InvalidParameterError,
    )

    edges.sort_once()
    try:
        return pipeline.fit(features, labels, trees__sample_weight=weights)
    except InvalidParameterError as error:
        raise BadConfig(
            "recipe",
            found=str(error),
            expected="made of knobs that scikit-learn's gradient boosting takes",
            next_step="correct the recipe; nothing was registered",
        ) from error

"""Slipway's own trees as a factory, for lines that give one answer: what a line has that declares none."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from slipway.domain.line import Line, Recipe
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind

LOSSES = {
    OutcomeKind.COUNT: "poisson",
    OutcomeKind.AMOUNT: "squared_error",
    OutcomeKind.CONTINUOUS: "squared_error",
}
"""What the trees minimise; amounts may be 0, which gamma's deviance does not allow."""


def as_fit(line: Line, recipe: Recipe) -> Fit:
    """The recipe's knobs as a factory of gradient-boosted trees for the line's primary outcome."""
    knobs = {
        "max_iter": recipe.max_iter,
        "learning_rate": recipe.learning_rate,
        "max_leaf_nodes": recipe.max_leaf_nodes,
        "min_samples_leaf": recipe.min_samples_leaf,
        "l2_regularization": recipe.l2,
        "max_features": recipe.max_features,
    }
    return Fit(
        partial(trees, kind=line.primary.kind, knobs=knobs),
        recipe.inputs,
        recipe.name,
        recipe.seeds,
        max_rows=recipe.max_rows,
    )


def trees(seed: int, kind: OutcomeKind, knobs: Mapping[str, float]) -> Any:  # scikit-learn's own
    """Gradient-boosted trees that are not fitted yet; categories are split natively."""
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    fixed = {
        "categorical_features": "from_dtype",
        "early_stopping": False,
        "random_state": seed,
        **knobs,
    }
    if kind is OutcomeKind.BINARY:
        return HistGradientBoostingClassifier(**fixed)
    return HistGradientBoostingRegressor(loss=LOSSES[kind], **fixed)

"""Fits that are never stored: of any recipe, on the rows they are given, by their seed alone."""

from collections.abc import Callable

from slipway.artifact.ensemble import Ensemble
from slipway.artifact.hist_trees import compile_trees
from slipway.artifact.load import own_ranker, tree_ranker
from slipway.artifact.ranker import Array, Ranker
from slipway.domain.line import Line, Recipe
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind
from slipway.training import factory, fit
from slipway.training.dataset import Rows
from slipway.training.own import examples_of

Fitter = Callable[[int], Ranker]
"""A seed's fit on rows that were prepared once."""


def fitter(rows: Rows, theta: Array, line: Line, recipe: Recipe | Fit) -> Fitter:
    """How ``recipe`` is fitted on ``rows`` with any seed; ``theta`` float64[places] is given."""
    seen = tuple(theta.tolist())
    if isinstance(recipe, Fit):
        examples = examples_of(rows, theta, line, recipe)
        return lambda seed: own_ranker(
            factory.fitted(line, recipe, examples, OutcomeKind.BINARY, seed)[0], line, seen
        )
    weights = fit.weights_of(rows, theta, fit.first_look(rows, theta, line, recipe))

    def trees(seed: int) -> Ranker:
        model = fit.fit_one(rows, weights, line, recipe, seed)
        compiled = Ensemble((compile_trees(model.named_steps["trees"]),))
        return tree_ranker(compiled, line, recipe.inputs, seen)

    return trees

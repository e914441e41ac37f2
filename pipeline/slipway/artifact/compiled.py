"""What a team's model is compiled to, where that pays and answers as the fitted object does.

Trees of scikit-learn, LightGBM and XGBoost become arrays that answer in every bit; a linear model becomes
one effect per column, which may differ by the order of a sum, as its own rows and batches do. Whatever is
not like its original on the kept rows is not compiled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact import hist_trees, lightgbm_trees, linear, xgboost_trees
from slipway.artifact.additive import Additive
from slipway.artifact.asking import checked
from slipway.artifact.links import Link
from slipway.artifact.trees import CompiledTrees
from slipway.artifact.typed_frame import TypedFrame
from slipway.artifact.xgboost_trees import SingleTrees
from slipway.domain.errors import BadInput
from slipway.domain.outcomes import OutcomeKind

Array = npt.NDArray[np.float64]

TOLERANCE = 1e-9
"""Of an answer, or of 1 where it is less: what the order of a sum changes is a millionth of it."""

TREES, SINGLE, ADDITIVE = "trees", "single_trees", "additive"

Arrays = CompiledTrees | Additive
_READ: dict[str, Callable[[Path], Arrays]] = {
    TREES: CompiledTrees.load,
    SINGLE: SingleTrees.load,
    ADDITIVE: Additive.load,
}


class Form(NamedTuple):
    """How a compiled model is stored: kind of its arrays, and link."""

    arrays: str
    link: Link


@dataclass(frozen=True, eq=False)
class CompiledModel:
    """The same answers from arrays: no library, no data frame, a request in microseconds."""

    arrays: Arrays
    link: Link
    frame: TypedFrame
    outcome: OutcomeKind

    @property
    def form(self) -> Form:
        """As it is stored."""
        kinds: dict[type[Any], str] = {SingleTrees: SINGLE, Additive: ADDITIVE}
        return Form(kinds.get(type(self.arrays), TREES), self.link)

    def answer(self, features: Array) -> Array:
        """Answers float64[n] of ``features`` float64[n, F] in line order.

        Raises BadInput as :func:`~slipway.artifact.asking.checked`: what the fitted object may not
        answer is no answer of its arrays.
        """
        scores = self.arrays.raw_scores(features[:, [c.place for c in self.frame.columns]])
        if isinstance(self.arrays, SingleTrees):
            found = self.arrays.answers(scores, self.link)
        else:
            found = self.link.answers(scores)
        return checked(found, "compiled model", self.outcome, lambda: self.frame.frame(features))


def compile_model(
    stored: str,
    path: Path,
    estimator: Any,
    frame: TypedFrame,
    outcome: OutcomeKind,
    features: Array,
) -> CompiledModel | None:
    """``estimator`` as arrays, ``path`` being its library's file; None where nothing compiles it.

    ``features`` float64[n, F] are rows that are usual.
    """
    library = stored.partition(".")[0]
    found: tuple[Arrays, Link] | None
    if library == "lightgbm":
        found = lightgbm_trees.compiled(path, frame)
    elif library == "xgboost":
        found = xgboost_trees.compiled(path, frame)
    elif library == "skops":
        found = hist_trees.compiled(estimator, frame) or linear.compiled(estimator, frame, features)
    else:
        found = None
    return None if found is None else CompiledModel(found[0], found[1], frame, outcome)


def is_like(model: CompiledModel, features: Array, answers: Array) -> bool:
    """Whether the compiled model gives the ``answers`` float64[n] of the fitted object."""
    try:
        found = model.answer(features)
    except BadInput:  # splits that arrays have no room for, or a sum that is no answer
        return False
    if isinstance(model.arrays, Additive):
        return bool((np.abs(found - answers) <= TOLERANCE * np.maximum(1.0, np.abs(answers))).all())
    return np.array_equal(found, answers)


def read(path: Path, form: Form, frame: TypedFrame, outcome: OutcomeKind) -> CompiledModel:
    """A stored one; raises BadInput for a damaged file, and ValueError for a form that nobody knows."""
    if form.arrays not in _READ:
        raise ValueError(f"arrays of kind {form.arrays}")
    return CompiledModel(_READ[form.arrays](path), form.link, frame, outcome)

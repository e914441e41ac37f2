"""A fitted linear model of scikit-learn as :class:`~slipway.artifact.additive.Additive`.

Where every step before it treats each column alone (encoders of categories, fillers and scalers of
numbers), the whole pipeline adds one effect per column. It is asked, at one row per level and three per
number, what these effects are: nothing of a step's inside is read but its type and the columns it takes.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.artifact.additive import Additive
from slipway.artifact.links import Link
from slipway.artifact.typed_frame import InputColumn, TypedFrame

Array = npt.NDArray[np.float64]

_IDENTITY = (
    "ARDRegression", "BayesianRidge", "ElasticNet", "ElasticNetCV", "HuberRegressor", "Lars", "Lasso",
    "LassoCV", "LassoLars", "LinearRegression", "QuantileRegressor", "Ridge", "RidgeCV", "SGDRegressor",
    "TheilSenRegressor",
)  # fmt: skip
LINKS = dict.fromkeys(_IDENTITY, Link.IDENTITY) | {
    "LogisticRegression": Link.LOGISTIC,
    "LogisticRegressionCV": Link.LOGISTIC,
    "GammaRegressor": Link.EXP,
    "PoissonRegressor": Link.EXP,
}
"""Models whose answer is a known function of a weighted sum of their columns."""


_APART_WHERE: dict[str, Callable[[Any, bool], bool]] = {
    "MaxAbsScaler": lambda step, _: not step.clip,
    "MinMaxScaler": lambda step, _: not step.clip,
    "OneHotEncoder": lambda _, numbers: not numbers,
    "OrdinalEncoder": lambda _, numbers: not numbers,
    "RobustScaler": lambda *_: True,
    # a number that stands for a gap leaves the line at one point: only a row that holds it would tell
    "SimpleImputer": lambda step, numbers: not numbers or _is_nan(step.missing_values),
    "StandardScaler": lambda *_: True,
    "TargetEncoder": lambda _, numbers: not numbers,
}
"""Steps that treat each column alone, and a number by a straight line: whether one does, by whether it reads
numbers."""

_APART = 1e-3
"""Two values that a slope is measured between are that far apart, at least, in relation to their size."""


def compiled(estimator: Any, frame: TypedFrame, features: Array) -> tuple[Additive, Link] | None:
    """The effects of an estimator fitted on ``frame``, and its link; None for any other estimator.

    ``features`` float64[n, F] in line order say where the numbers usually lie.
    """
    link = LINKS.get(type(_last(estimator)).__name__)
    if link is None or not type(_last(estimator)).__module__.startswith("sklearn."):
        return None
    if any(column.text for column in frame.columns):
        return None
    numbers = {column.name for column in frame.columns if column.codes is None}
    names = [column.name for column in frame.columns]
    if not all(_is_apart(step, names, numbers) for step in _before(estimator)):
        return None
    try:
        return _asked(estimator, frame, features), link
    except (ValueError, TypeError, IndexError):  # what such a row brings is not answered either
        return None


def _last(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def _before(estimator: Any) -> list[Any]:
    return [step for _, step in getattr(estimator, "steps", ())[:-1]]


def _is_apart(step: Any, names: Sequence[str], numbers: set[str]) -> bool:
    """Whether a step makes of each of the columns ``names`` something of its own, a straight line of a number."""
    kind = type(step).__name__
    if step is None or (isinstance(step, str) and step in ("drop", "passthrough")):
        return True
    if not type(step).__module__.startswith("sklearn."):
        return False
    if kind == "Pipeline":
        return all(_is_apart(each, names, numbers) for _, each in step.steps)
    if kind == "ColumnTransformer":
        parts = [(part, _names(columns, names)) for _, part, columns in step.transformers_]
        return all(found is not None and _is_apart(part, found, numbers) for part, found in parts)
    return kind in _APART_WHERE and _APART_WHERE[kind](step, bool(numbers.intersection(names)))


def _is_nan(value: Any) -> bool:  # whatever a step takes for missing
    return isinstance(value, float) and math.isnan(value)


def _names(columns: Any, names: Sequence[str]) -> list[str] | None:
    """The columns that a part takes, by name; None where they are said in another way."""
    chosen: list[Any] = np.atleast_1d(np.asarray(columns)).tolist()
    if all(isinstance(one, str) and one in names for one in chosen):
        return chosen
    if all(isinstance(one, int) and not isinstance(one, bool) for one in chosen):
        return [names[place] for place in chosen]
    return None


def _asked(estimator: Any, frame: TypedFrame, features: Array) -> Additive:
    score = _scorer(estimator, frame)
    usual, low, high = _usual(frame, features)
    rows, places = [usual], []
    for column, ends in zip(frame.columns, zip(low, high, strict=True), strict=True):
        values = column.codes if column.codes is not None else ends
        places.append(slice(len(rows), len(rows) + len(values)))
        rows += [_with(usual, column, value) for value in values]
    said = score(np.stack(rows))
    gaps = [_gap(score, _with(usual, column, np.nan)) for column in frame.columns]
    slopes = [
        0.0 if c.codes is not None else float(np.diff(said[place])[0] / (high[k] - low[k]))
        for k, (c, place) in enumerate(zip(frame.columns, places, strict=True))
    ]
    effects = [
        said[place] - said[0] if c.codes is not None else np.empty(0)
        for c, place in zip(frame.columns, places, strict=True)
    ]
    sizes = [len(values) for values in effects]
    codes = [np.asarray(c.codes or (), np.float64) for c in frame.columns]
    return Additive(
        base=said[:1].copy(),
        is_category=np.array([c.codes is not None for c in frame.columns], np.uint8),
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        codes=np.concatenate(codes),
        effects=np.concatenate(effects),
        at=usual[[c.place for c in frame.columns]],
        slope=np.array(slopes),
        missing=np.array([gap - said[0] for gap in gaps]),
    )


def _scorer(estimator: Any, frame: TypedFrame) -> Callable[[Array], Array]:
    """The weighted sum of a linear model, without its link."""
    last, before = _last(estimator), _before(estimator)
    weights = np.asarray(last.coef_, np.float64).ravel()
    intercept = float(np.ravel(last.intercept_)[0])

    def score(features: Array) -> Array:
        table: Any = frame.frame(features)
        for step in before:
            table = step.transform(table)
        table = getattr(table, "to_numpy", lambda: table)()
        found: Array = np.asarray(table @ weights, np.float64).ravel() + intercept
        return found

    return score


def _gap(score: Callable[[Array], Array], row: Array) -> float:
    """The sum where a value is missing; NaN where nothing is answered then."""
    try:
        return float(score(row[None])[0])
    except ValueError:
        return float("nan")


def _usual(frame: TypedFrame, features: Array) -> tuple[Array, Array, Array]:
    """A row in the middle of the numbers, and two values of each that are far apart."""
    usual = np.full(features.shape[1], np.nan)
    low, high = np.zeros(len(frame.columns)), np.ones(len(frame.columns))
    for k, column in enumerate(frame.columns):
        if column.codes is not None:
            usual[column.place] = column.codes[0] if column.codes else np.nan
            continue
        values = features[:, column.place]
        values = values[np.isfinite(values)]
        if len(values):
            usual[column.place], low[k], high[k] = np.median(values), values.min(), values.max()
        else:
            usual[column.place] = 0.0
        least = _APART * max(1.0, abs(low[k]))
        high[k] = max(high[k], low[k] + least)
    return usual, low, high


def _with(row: Array, column: InputColumn, value: float) -> Array:
    found = row.copy()
    found[column.place] = value
    return found

"""One call of a team's factory and one fit of what it gives; whatever goes wrong is one clear line.

A fit must be a function of its rows and its seed: the same rows are fitted twice, and the answers must
be the same to the last bit. Names of parameters prove nothing (a forest without ``random_state`` is
left to chance, a logistic regression without one is not).
"""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.own_model import OwnModel
from slipway.artifact.source_digest import of_module
from slipway.artifact.typed_frame import TypedFrame
from slipway.domain.errors import BadConfig, BadInput, NotReproducible, SlipwayError
from slipway.domain.line import Line
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind
from slipway.training import deterministic

Array = npt.NDArray[np.float64]

SAMPLE = 2_000
"""Rows that are fitted twice."""

RARE = 100
"""Rows of the highest labels that are always among them."""

PROBES = 64
"""Rows in which one input after the other goes missing."""

_THREADS = ("n_jobs", "thread_count", "num_threads", "nthread")


class Examples(NamedTuple):
    """What is learned from: features float64[n, F] in line order, labels float64[n], weights or None."""

    features: Array
    labels: Array
    weights: Array | None = None

    def where(self, keep: Any) -> "Examples":  # any index of numpy's
        """The rows ``keep``."""
        weights = None if self.weights is None else self.weights[keep]
        return Examples(self.features[keep], self.labels[keep], weights)


def source_of(fit: Fit) -> str:
    """Digest of the factory's code and of what it imports of its own package.

    Raises BadConfig for a factory without a source file.
    """
    function, given = fit.factory, []
    while isinstance(function, functools.partial):
        given.append(f"{function.args}{sorted(function.keywords.items())}")
        function = function.func
    function = inspect.unwrap(function)
    named = function if hasattr(function, "__qualname__") else type(function)
    if " at 0x" in "".join(given):
        raise BadConfig(
            "line.model.factory",
            found="".join(given),
            expected="partial of plain values",
            next_step="write the values into a function of the line's module",
        )
    return f"{named.__qualname__} {''.join(given)} {of_module(named.__module__)}"


def fitted(
    line: Line, fit: Fit, rows: Examples, outcome: OutcomeKind, seed: int
) -> tuple[OwnModel, tuple[str, ...]]:
    """A model fitted on ``rows`` with ``seed``, and what its libraries warned of meanwhile.

    Raises BadConfig where the factory or the fit raises, or gives something else than an estimator.
    """
    frame = TypedFrame.learn(line, fit.inputs, rows.features, fit.missing)
    estimator = made(line, fit, seed)
    labels = rows.labels
    if outcome in (OutcomeKind.BINARY, OutcomeKind.COUNT):
        labels = labels.astype(np.int64)  # classifiers of scikit-learn want classes
    with warnings.catch_warnings(record=True) as said, deterministic.one_thread():
        warnings.simplefilter("always")
        model = _call(
            line,
            f"fit of {type(estimator).__name__}",
            lambda: estimator.fit(
                frame.frame(rows.features), labels, **_weights(line, estimator, rows)
            ),
            f"fitted on the inputs {', '.join(fit.inputs)}",
        )
    del model  # scikit-learn gives itself back; what was fitted is what was made
    heard = dict.fromkeys(f"{w.category.__name__}: {str(w.message).splitlines()[0]}" for w in said)
    return OwnModel(estimator, frame, outcome), tuple(heard)


def made(line: Line, fit: Fit, seed: int) -> Any:  # anyone's estimator
    """What the factory gives for ``seed``, on one thread; raises BadConfig for anything unfit."""
    params = dict(fit.params or {})
    given = _call(
        line,
        f"factory({seed})",
        lambda: fit.factory(seed, **params),
        "an estimator that is not fitted",
    )
    lacking = [verb for verb in ("fit", "predict") if not callable(getattr(given, verb, None))]
    if lacking or isinstance(given, type):
        raise BadConfig(
            f"{line.name}.model.factory({seed})",
            found=given.__name__ if isinstance(given, type) else type(given).__name__,
            expected="an object with fit and predict, as scikit-learn's estimators",
            next_step="return the estimator itself"
            if lacking
            else "return an object, not its class",
        )
    known = given.get_params(deep=True) if hasattr(given, "get_params") else {}
    threads = {
        n: 1 for n, v in known.items() if n.rpartition("__")[2] in _THREADS and v not in (None, 1)
    }
    if threads:  # a sum of several threads ends in other bits from call to call
        given.set_params(**threads)
    return given


def check(line: Line, fit: Fit, rows: Examples, outcome: OutcomeKind, seed: int) -> None:
    """Fit a sample twice and ask it about rows with gaps, before the whole fit is paid for.

    Raises NotReproducible where two fits answer differently, and BadConfig for answers that are no
    numbers, of another shape, or that fail on a value that serving may bring.
    """
    some = rows.where(_spread(rows.labels))
    first, second = (fitted(line, fit, some, outcome, seed)[0] for _ in range(2))
    answers = asked(line, first, some.features)
    again = asked(line, second, some.features)
    differ = int(np.count_nonzero(answers != again))
    if differ:
        raise NotReproducible(
            f"{line.name}.model.factory",
            found=f"{differ} of {len(answers)} answers differ between two fits",
            expected="the same answers from the same rows and seed",
            next_step=f"give the seed of factory(seed) to every part that draws ({seed} was passed)",
        )
    for column in line.features:
        always = not column.dtype.is_category and column.known >= 1
        if column.name in fit.inputs and column.default is None and not always:
            place = [c.name for c in line.features].index(column.name)
            gaps = some.features[:PROBES].copy()
            gaps[:, place] = np.nan
            asked(line, first, gaps, f" where {column.name} is missing")


def _spread(labels: Array) -> npt.NDArray[np.intp]:
    """Rows spread over all labels, some of the highest ones among them: a rare outcome is in it."""
    order = np.argsort(labels, kind="stable")
    places = np.linspace(0, len(order) - 1, min(SAMPLE, len(order))).astype(int)
    return np.unique(order[np.union1d(places, np.arange(len(order))[-RARE:])])


def asked(line: Line, model: OwnModel, features: Array, where: str = "") -> Array:
    """Answers float64[n]; raises BadConfig for whatever the model raises or answers wrongly."""
    with deterministic.one_thread():
        return np.asarray(
            _call(
                line,
                f"answer{where}",
                lambda: model.answer(features),
                "a number, as values go missing and new ones come",
            )
        )


def _call(line: Line, what: str, work: Callable[[], Any], expected: str) -> Any:
    """What ``work`` gives; anything that a team's code raises becomes one line about it."""
    try:
        return work()
    except BadInput as error:
        raise BadConfig(
            f"{line.name}.model: {what}: {error.what}",
            found=error.found,
            expected=error.expected,
            next_step=error.next_step,
        ) from error
    except SlipwayError:
        raise
    except Exception as error:  # anything may be raised by code that is not ours
        text = next(iter(str(error).strip().splitlines()), "")
        raise BadConfig(
            f"{line.name}.model: {what}",
            found=f"{type(error).__name__}: {text}",
            expected=expected,
            next_step=f"mend the factory; {_hint(error, text)}nothing was registered",
        ) from error


def _hint(error: Exception, text: str) -> str:
    if isinstance(error, KeyError) or "not in index" in text or "not a column" in text:
        return "a column that it reads must be declared and among the inputs; "
    if "NaN" in text or "nan" in text or "unknown categor" in text:
        return "fill gaps in it, for example SimpleImputer, handle_unknown='ignore', Fit(missing=...); "
    return ""


def _weights(line: Line, estimator: Any, rows: Examples) -> dict[str, Array]:
    """How ``fit`` takes the weights of rows: by itself, or through a pipeline's last step."""
    if rows.weights is None:
        return {}
    steps = getattr(estimator, "steps", None)
    last, name = (
        (steps[-1][1], f"{steps[-1][0]}__sample_weight") if steps else (estimator, "sample_weight")
    )
    taken = inspect.signature(last.fit).parameters
    if "sample_weight" not in taken:
        raise BadConfig(
            f"{line.name}.model: fit of {type(last).__name__}",
            found="no sample_weight",
            expected="rows that can be weighed: what stands on top of a list is seen more",
            next_step="take an estimator that takes sample_weight, or declare Fit(weighted=False)",
        )
    return {name: rows.weights}

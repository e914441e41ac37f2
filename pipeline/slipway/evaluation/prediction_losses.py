"""Which loss an answer is measured by, and what else people ask of it, by kind of outcome."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.outcomes import OutcomeKind
from slipway.stats import losses
from slipway.stats.calibration import expected_calibration_error

Array = npt.NDArray[np.float64]
Measure = Callable[[Array, Array], float]


class Scoring(NamedTuple):
    """The loss by row with its name, how far the level is off, and further numbers for people."""

    name: str
    loss: Callable[[Array, Array], Array]
    level: Measure
    details: Mapping[str, Measure]


def bias(answer: Array, outcome: Array) -> float:
    """Mean answer over mean outcome, less 1; over the outcomes' mean size where their mean is near 0."""
    size = float(np.abs(outcome).mean())
    return float((answer.mean() - outcome.mean()) / size) if size > 0 else float(answer.mean() != 0)


def _off(answer: Array, outcome: Array) -> float:
    return abs(bias(answer, outcome))


def _absolute(answer: Array, outcome: Array) -> float:
    return float(np.abs(answer - outcome).mean())


def _zeros(answer: Array, outcome: Array) -> float:
    del answer  # a property of what came
    return float((outcome == 0).mean())


_AMOUNTS: Mapping[str, Measure] = {
    "bias": bias,
    "absolute error": _absolute,
    "share of zeros": _zeros,
}

SCORING = {
    OutcomeKind.BINARY: Scoring(
        losses.LOG_LOSS,
        losses.log_loss,
        expected_calibration_error,
        {"AUC": losses.auc, "lift of the first tenth": losses.lift},
    ),
    OutcomeKind.COUNT: Scoring("Poisson deviance", losses.poisson_deviance, _off, _AMOUNTS),
    OutcomeKind.AMOUNT: Scoring("Tweedie deviance", losses.tweedie_deviance, _off, _AMOUNTS),
    OutcomeKind.CONTINUOUS: Scoring(
        "squared error", losses.squared_error, _off, {"bias": bias, "absolute error": _absolute}
    ),
}

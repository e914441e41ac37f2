"""Asking an estimator of anyone's: one number for each row, or one clear line why not."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput
from slipway.domain.outcomes import OutcomeKind

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]

_TOO_LITTLE = 20
"""Rows below which an answer of labels alone is no sign."""


def ask(estimator: Any, rows: "pd.DataFrame", kind: OutcomeKind) -> Array:  # anyone's
    """Answers float64[n]: the probability of 1 for a binary outcome, else the expected value.

    Raises BadInput for another shape, a value that is not finite, a probability outside [0, 1], a
    negative count or amount, and classes that are not 0 and 1.
    """
    found, said = _raw(estimator, rows, kind)
    values = np.asarray(found)
    if values.ndim == 2 and values.shape[1] == 1:  # noqa: PLR2004 - a column is one number a row
        values = values[:, 0]
    if values.shape != (len(rows),) or values.dtype.kind not in "fiub":
        raise _refused(
            said,
            f"{values.dtype} of shape {np.shape(found)}",
            f"({len(rows)},) numbers",
            "answer one number for each row",
        )
    answers = checked(values.astype(np.float64), said, kind, lambda: rows)
    labels = said.endswith(".predict") and set(np.unique(answers)) <= {0.0, 1.0}
    if kind is OutcomeKind.BINARY and labels and len(answers) >= _TOO_LITTLE:
        raise _refused(
            said,
            "labels 0 and 1",
            "probabilities",
            "give the estimator a predict_proba, for example CalibratedClassifierCV",
        )
    return answers


def checked(
    answers: Array, said: str, kind: OutcomeKind, rows: Callable[[], "pd.DataFrame"]
) -> Array:
    """``answers`` float64[n] of ``said``, where an outcome of this kind can have them.

    Raises BadInput for a value that is not finite, naming the first of the ``rows``, a probability
    outside [0, 1], and a negative count or amount.
    """
    if not len(answers):
        return answers
    low, high = float(answers.min()), float(answers.max())  # NaN where any is
    if not (math.isfinite(low) and math.isfinite(high)):
        wrong = np.flatnonzero(~np.isfinite(answers))
        raise _refused(
            said,
            f"{answers[wrong[0]]} in {len(wrong)} of {len(answers)} rows",
            "finite",
            f"first {_row(rows(), int(wrong[0]))}: fill in what is missing there",
        )
    if kind is OutcomeKind.CONTINUOUS:
        return answers
    if low < 0 or (kind is OutcomeKind.BINARY and high > 1):
        top = "1" if kind is OutcomeKind.BINARY else "any amount"
        raise _refused(
            said,
            f"{low:g} to {high:g}",
            f"from 0 to {top}",
            f"the outcome is {kind}: answer its expected value",
        )
    return answers


def _raw(estimator: Any, rows: "pd.DataFrame", kind: OutcomeKind) -> tuple[Any, str]:
    name = type(estimator).__name__
    if kind is not OutcomeKind.BINARY or not hasattr(estimator, "predict_proba"):
        return estimator.predict(rows), f"{name}.predict"
    both = np.asarray(estimator.predict_proba(rows))
    classes = np.asarray(getattr(estimator, "classes_", [0, 1])).tolist()
    if classes != [0, 1] or both.shape != (len(rows), 2):
        raise _refused(
            f"{name}.predict_proba",
            f"{both.shape} of the classes {classes}",
            f"({len(rows)}, 2) of the classes 0 and 1",
            "fit one model of two classes: 0, and 1 for the outcome",
        )
    return both[:, 1], f"{name}.predict_proba"


def _row(rows: "pd.DataFrame", place: int) -> str:
    return ", ".join(f"{name}={value}" for name, value in rows.iloc[place].items())


def _refused(what: str, found: str, expected: str, next_step: str) -> BadInput:
    return BadInput(what, found=found, expected=expected, next_step=next_step)

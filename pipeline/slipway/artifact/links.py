"""What makes a model's sum an answer."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Link(StrEnum):
    """By which function the sum of a model becomes its answer."""

    IDENTITY = "identity"
    LOGISTIC = "logistic"
    EXP = "exp"
    C_EXP = "c_exp"
    """The C library's, as LightGBM has it: numpy's own ends in other bits."""

    def answers(self, scores: Array) -> Array:
        """Answers float64[n] of sums float64[n], in the bits of scikit-learn and LightGBM."""
        if self is Link.IDENTITY:
            return scores
        if self is Link.EXP:
            with np.errstate(over="ignore"):  # an infinite answer is refused where it is looked at
                return np.asarray(np.exp(scores))
        if self is Link.C_EXP:
            from slipway.artifact import kernel  # numba is slow to import

            grown: Array = kernel.c_exp(scores)
            return grown
        from scipy.special import expit  # the very function scikit-learn calls

        found: Array = expit(scores)
        return found

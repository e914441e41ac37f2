"""What callers went by before: who said yes once, the young and the old, and not the same client too often."""

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput

Array = npt.NDArray[np.float64]

USUAL, ONCE_YES, OPEN_MINDED, WEARY = 0.09, 0.55, 0.22, 0.05
"""Probabilities: of anybody, of who said yes before, of students and the retired, of who was called often."""

OFTEN = 4
"""Calls in one campaign after which a client is weary."""

_JOB, _CAMPAIGN, _POUTCOME, _WIDTH = 1, 10, 13, 19
_RETIRED, _STUDENT, _SUCCESS = 5, 8, 2


def score(features: Array) -> Array:
    """Probability float64[n] of ``features`` float64[n, 19] as the line declares them.

    What is missing is usual. Raises BadInput for another width.
    """
    if features.ndim != 2 or features.shape[1] != _WIDTH:  # noqa: PLR2004 - rows and columns
        raise BadInput(
            "features.shape",
            found=features.shape,
            expected=f"(n, {_WIDTH})",
            next_step="pass all features of the line in declared order",
        )
    open_minded = np.isin(features[:, _JOB], (_RETIRED, _STUDENT))
    weary = np.nan_to_num(features[:, _CAMPAIGN], nan=1) > OFTEN
    found = np.where(open_minded, OPEN_MINDED, np.where(weary, WEARY, USUAL))
    return np.where(features[:, _POUTCOME] == _SUCCESS, ONCE_YES, found)

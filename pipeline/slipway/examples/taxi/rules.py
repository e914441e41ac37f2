"""What drivers say: a tenth of the fare, and a little for the way; half of the riders give nothing."""

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput

Array = npt.NDArray[np.float64]

SHARE, A_MILE, LEAST = 0.08, 0.05, 0.05
"""Dollars of a dollar's fare and of a mile; what is expected at least."""
USUAL_FARE, USUAL_MILES = 10.0, 2.0

_FARE, _MILES, _WIDTH = 2, 3, 8


def score(features: Array) -> Array:
    """Expected tip (dollars) float64[n] of ``features`` float64[n, 8] as the line declares them.

    What is missing is usual. Raises BadInput for another width.
    """
    if features.ndim != 2 or features.shape[1] != _WIDTH:  # noqa: PLR2004 - rows and columns
        raise BadInput(
            "features.shape",
            found=features.shape,
            expected=f"(n, {_WIDTH})",
            next_step="pass all features of the line in declared order",
        )
    fare = np.nan_to_num(features[:, _FARE], nan=USUAL_FARE)
    miles = np.nan_to_num(features[:, _MILES], nan=USUAL_MILES)
    found: Array = np.maximum(LEAST, SHARE * fare + A_MILE * miles)
    return found

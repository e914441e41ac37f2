"""What merchandisers do: pieces that are clicked, and a little less of what is dear."""

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput

Array = npt.NDArray[np.float64]

USUAL, DEAR = 0.02, 0.05
"""Click rate of a piece that nobody saw; the part of it that a standard deviation of price takes."""

_PRICE, _ITEM_CTR, _WIDTH = 5, 6, 8


def score(features: Array) -> Array:
    """Click probability float64[n] of ``features`` float64[n, 8] as the line declares them.

    Raises BadInput for another width.
    """
    if features.ndim != 2 or features.shape[1] != _WIDTH:  # noqa: PLR2004 - rows and columns
        raise BadInput(
            "features.shape",
            found=features.shape,
            expected=f"(n, {_WIDTH})",
            next_step="pass all features of the line in declared order",
        )
    rate = np.nan_to_num(features[:, _ITEM_CTR], nan=USUAL)
    price = np.nan_to_num(features[:, _PRICE], nan=0.0)
    found: Array = np.clip(rate * (1 - DEAR * price), 0.0005, 0.9)
    return found

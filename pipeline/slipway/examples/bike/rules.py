"""The rules that planners used before: an hour's usual demand, more when it is warm, less when it rains."""

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput

Array = npt.NDArray[np.float64]

WORKING = (
    30,
    15,
    8,
    5,
    6,
    25,
    90,
    240,
    380,
    200,
    140,
    160,
    200,
    195,
    185,
    210,
    320,
    520,
    480,
    330,
    240,
    180,
    130,
    80,
)
FREE = (
    85,
    70,
    55,
    30,
    12,
    10,
    20,
    45,
    105,
    175,
    250,
    310,
    360,
    365,
    360,
    350,
    340,
    315,
    280,
    240,
    180,
    150,
    125,
    90,
)
"""Rentals that are usual in each hour of a working day, and of another one."""

RAIN = (1.0, 0.9, 0.5, 0.3)
"""By what the forecast says, from clear to heavy rain."""

WARM = 0.5
"""The usual temperature; each step away from it takes or gives its share."""

_HOUR, _WORKINGDAY, _WEATHER, _TEMPERATURE, _WIDTH = 0, 5, 6, 7, 11


def score(features: Array) -> Array:
    """Rentals float64[n] of ``features`` float64[n, 11] as the line declares them.

    What is missing is usual: a working day, clear, of the usual warmth. Raises BadInput for another width.
    """
    if features.ndim != 2 or features.shape[1] != _WIDTH:  # noqa: PLR2004 - rows and columns
        raise BadInput(
            "features.shape",
            found=features.shape,
            expected=f"(n, {_WIDTH})",
            next_step="pass all features of the line in declared order",
        )
    hour = np.nan_to_num(features[:, _HOUR], nan=12).astype(int) % 24
    working = np.nan_to_num(features[:, _WORKINGDAY], nan=1) > 0
    usual = np.where(working, np.array(WORKING)[hour], np.array(FREE)[hour])
    rain = np.array(RAIN)[np.nan_to_num(features[:, _WEATHER], nan=0).astype(int).clip(0, 3)]
    warm = 1 + (np.nan_to_num(features[:, _TEMPERATURE], nan=WARM) - WARM)
    found: Array = np.maximum(0.0, usual * rain * warm)
    return found

"""The old hand-written rules of the line ``feed``: what every model has to beat.

Editors know that people of one age like certain genres, that new films draw clicks for about half a
year, and that their own picks do well. The rules say just that; they know neither the single user's
taste nor the single film's record.
"""

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput
from slipway.examples.films.line import LINE

NEW_FILM_BONUS = 0.35
"""Relative gain of a film on the day of its release."""

NEW_FILM_DAYS = 180.0
"""Days in which that gain falls to 1/e of itself."""

PICK_BONUS = 0.15
"""Relative gain of an editors' pick."""

USUAL_RATE = 0.2
"""Click rate assumed for a genre nobody has been shown yet."""

LOWEST, HIGHEST = 0.001, 0.95
"""The rules never claim certainty: a logarithm of their answer is always finite."""

_WIDTH = len(LINE.features)
_PLACE = {column.name: place for place, column in enumerate(LINE.features)}


def score(features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Click probability float64[n] of ``features`` float64[n, F], columns as ``LINE.features``.

    The click rate of the genre in the user's age band, raised for new films and for editors' picks.
    Missing values count as the usual film: usual rate, not new, not picked. Raises BadInput for
    another width.
    """
    if features.ndim != 2 or features.shape[1] != _WIDTH:  # noqa: PLR2004 - rows and columns
        raise BadInput(
            "features.shape",
            found=features.shape,
            expected=f"(n, {_WIDTH})",
            next_step="pass all features of the line in declared order",
        )
    rate = np.nan_to_num(features[:, _PLACE["genre_age_ctr"]], nan=USUAL_RATE)
    age_days = np.nan_to_num(features[:, _PLACE["film_age_days"]], nan=np.inf)
    picked = np.nan_to_num(features[:, _PLACE["editors_pick"]], nan=0.0)
    new = 1 + NEW_FILM_BONUS * np.exp(-np.maximum(age_days, 0) / NEW_FILM_DAYS)
    probability: npt.NDArray[np.float64] = np.clip(
        rate * new * (1 + PICK_BONUS * picked), LOWEST, HIGHEST
    )
    return probability

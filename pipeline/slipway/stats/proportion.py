"""Bounds of a share."""

import math
from statistics import NormalDist

from slipway.stats.paired import Bounds


def wilson(successes: int, trials: int, alpha: float) -> Bounds:
    """One-sided bounds of a share, each at error ``alpha`` (Wilson 1927).

    Raises ValueError for no trials or counts that cannot be.

    >>> [round(bound, 3) for bound in wilson(95, 100, 0.05)]
    [0.901, 0.975]
    """
    if not 0 <= successes <= trials or not trials:
        raise ValueError(f"{successes} of {trials}: a share needs 0 <= successes <= trials > 0")
    z = NormalDist().inv_cdf(1 - alpha)
    share, spread = successes / trials, z * z / trials
    middle = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return Bounds(
        max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)
    )

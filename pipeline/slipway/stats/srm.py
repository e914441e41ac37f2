"""Sample-ratio mismatch: do the arms get the users they should? Safe under peeking."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

CONCENTRATION = 1000.0


class SampleRatio(NamedTuple):
    """``log_e``: ln of the evidence against the expected fractions; ``found``: fractions seen."""

    log_e: float
    found: tuple[float, ...]


def sample_ratio(
    counts: Sequence[int], expected: Sequence[float], *, concentration: float = CONCENTRATION
) -> SampleRatio:
    """Dirichlet-multinomial Bayes factor (Lindon and Malek, arXiv 2011.03567).

    ``counts`` of distinct users (the randomised unit, not their requests) in each arm, ``expected``
    fractions that sum to 1. The alternative is Dirichlet(concentration x expected): 1000 looks for
    deviations of about 30 % of a 1 % arm. Under the expected fractions
    P(ever e >= 1/a) <= a. An arm with expected 0 must be empty, else the evidence is infinite.
    No users: e = 1.

    Raises ValueError for fractions that do not sum to 1 or counts that cannot be (not whole, < 0).

    >>> round(sample_ratio([500, 500], [0.5, 0.5]).log_e, 3)
    -0.347
    """
    n = np.asarray(counts, dtype=np.float64)
    share = np.asarray(expected, dtype=np.float64)
    fits = n.shape == share.shape and np.isclose(share.sum(), 1, atol=1e-9) and (share >= 0).all()
    counted = np.isfinite(n).all() and (n >= 0).all() and (n == np.floor(n)).all()
    if not fits or not counted or concentration <= 0:
        raise ValueError(f"counts {list(counts)} for fractions {list(expected)}")
    found = tuple(float(part) for part in n / max(n.sum(), 1))
    if (n[share == 0] > 0).any():
        return SampleRatio(float("inf"), found)
    n, share = n[share > 0], share[share > 0]
    prior = concentration * share
    marginal = (gammaln(prior + n) - gammaln(prior)).sum()
    marginal += gammaln(concentration) - gammaln(concentration + n.sum())
    return SampleRatio(float(marginal - (n * np.log(share)).sum()), found)

"""Counts of two arms in blocks of time: what every comparison of rates begins with."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Split(NamedTuple):
    """Counts of B blocks in order of time, each float64[..., B]: control first, then candidate.

    Axes before the last one are comparisons of their own: segments, or many releases at once.
    """

    control_trials: Floats
    control_successes: Floats
    candidate_trials: Floats
    candidate_successes: Floats


def split(
    control_trials: ArrayLike,
    control_successes: ArrayLike,
    candidate_trials: ArrayLike,
    candidate_successes: ArrayLike,
) -> Split:
    """Checked counts; blocks without both arms carry no evidence and are kept as zeros.

    Raises ValueError for counts that are not whole and finite, negative, of unequal shape, or
    successes above trials.
    """
    parts = [
        np.atleast_1d(np.asarray(part, dtype=np.float64))
        for part in (control_trials, control_successes, candidate_trials, candidate_successes)
    ]
    if len({part.shape for part in parts}) != 1:
        raise ValueError(f"blocks of shapes {[part.shape for part in parts]}, not equal rows")
    n0, x0, n1, x1 = parts
    rows = np.stack(parts)
    # NaN fails every comparison below but this one
    if not (np.isfinite(rows) & (rows >= 0) & (rows == np.floor(rows))).all():
        raise ValueError("counts must be finite, whole and >= 0")
    if (x0 > n0).any() or (x1 > n1).any():
        raise ValueError("counts of successes must be at most those of trials")
    both = (n0 > 0) & (n1 > 0)
    return Split(*(np.where(both, part, 0.0) for part in parts))

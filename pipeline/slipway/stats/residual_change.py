"""Did outcomes move against what was predicted of them? Changes of residuals between two groups of rows.

The residual of a row is r = y - p, its outcome less what was predicted. A model that is wrong in the same way
as before has the same residuals wherever its scores are the same, whatever rows it gets: so two periods are
compared within bins, and the change of the level is standardised directly to the bins of the past,

    sum_b w_b (mean r_now,b - mean r_before,b),   w_b the share of bin b in the past

(Kitagawa 1955): rows that went to other bins (covariate drift) leave it at 0, a changed relation (concept drift)
does not. All changes are in standard deviations of the past residual. The slope is that of r on the score,
0 for scores that are calibrated (Cox 1958).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slipway.stats.distribution_shift import NOT_DEFINED, Shift

Floats = NDArray[np.float64]

SUMS = ("rows", "r", "r2", "p", "p2", "rp", "r2p2", "r2p")
"""What is kept of a bin: the sums of 1, r, r^2, p, p^2, r p, (r p)^2 and r^2 p over its rows."""
_N, _R, _R2, _P, _P2, _RP, _R2P2, _R2P = range(len(SUMS))


def sums_of(p: ArrayLike, y: ArrayLike, place: ArrayLike, places: int) -> Floats:
    """Sums [places, 8] of rows [n] with predictions ``p`` and outcomes ``y``, by their ``place``; -1: in none."""
    score, at = np.asarray(p, np.float64), np.asarray(place, np.int64)
    r = np.asarray(y, np.float64) - score
    there = (at >= 0) & np.isfinite(r)
    score, r, at = score[there], r[there], at[there]
    rp = r * score
    each = (np.ones(len(r)), r, r * r, score, score * score, rp, rp * rp, r * rp)
    return np.stack([np.bincount(at, weights=w, minlength=places) for w in each], axis=1)


def level_change(now: ArrayLike, before: ArrayLike, *, least: int) -> Shift:
    """Standardised change of the mean residual over bins, sums [B, 8] of both; one bin is a plain change.

    Bins with fewer than ``least`` rows in either are left out; not defined where none is left.

    >>> twice = sums_of([0.5] * 8, [0, 1] * 4, [0] * 8, 1)
    >>> level_change(sums_of([0.5] * 8, [1] * 8, [0] * 8, 1), twice, least=2).value
    1.0
    """
    current, past = np.asarray(now, np.float64), np.asarray(before, np.float64)
    enough = np.minimum(current[:, _N], past[:, _N]) >= max(least, 2)
    current, past = current[enough], past[enough]
    scale = residual_sd(past)
    if not len(past) or not scale > 0:
        return NOT_DEFINED
    weight = past[:, _N] / past[:, _N].sum()
    change = current[:, _R] / current[:, _N] - past[:, _R] / past[:, _N]
    variance = _pooled(current, past) * (1 / current[:, _N] + 1 / past[:, _N])
    error = float(np.sqrt((weight**2 * variance).sum()))
    return Shift(float((weight * change).sum()) / scale, error / scale) if error else NOT_DEFINED


def slope_change(now: ArrayLike, before: ArrayLike, *, least: int) -> Shift:
    """Change of the slope of residuals on the score, sums [B, 8]; its error holds for any variances.

    Not defined for fewer than ``least`` rows or scores that do not differ.
    """
    found = [_slope(np.asarray(part, np.float64).sum(axis=0), least) for part in (now, before)]
    value = found[0].value - found[1].value
    error = float(np.hypot(found[0].se, found[1].se))
    return Shift(value, error) if np.isfinite(value) and error > 0 else NOT_DEFINED


def residual_sd(sums: Floats) -> float:
    """The standard deviation of residuals around their mean, over all bins."""
    n, r, r2 = (float(sums[:, k].sum()) for k in (_N, _R, _R2))
    return float(np.sqrt(max(0.0, r2 / n - (r / n) ** 2))) if n else 0.0


def outcomes_of(sums: Floats) -> float:
    """The sum of the outcomes themselves."""
    return float((sums[:, _R] + sums[:, _P]).sum())


def _pooled(current: Floats, past: Floats) -> Floats:
    """The variance of a residual in each bin, from both: of few rows one may have none."""
    both = current + past
    inside = sum(part[:, _R2] - part[:, _R] ** 2 / part[:, _N] for part in (current, past))
    pooled: Floats = np.maximum(np.asarray(inside), 0) / np.maximum(both[:, _N] - 2, 1)
    return pooled


def _slope(sums: Floats, least: int) -> Shift:
    n = sums[_N]
    spread = sums[_P2] - sums[_P] ** 2 / n if n else 0.0
    if n < max(least, 3) or spread <= SMALLEST * sums[_P2]:
        return NOT_DEFINED
    mean = sums[_P] / n
    value = (sums[_RP] - mean * sums[_R]) / spread
    # the sandwich sum of (r (p - mean))^2, with residuals around their own mean taken as r
    sandwich = sums[_R2P2] - 2 * mean * sums[_R2P] + mean**2 * sums[_R2]
    return Shift(float(value), float(np.sqrt(max(0.0, sandwich))) / float(spread))


SMALLEST = 1e-9
"""Share of the mean square of scores that their variance must have."""

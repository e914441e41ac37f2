"""Classical tests that the peers are made of: group-sequential bounds and rank sums."""

import math

import numpy as np
from scipy.stats import norm, rankdata


def obrien_fleming(fractions, alpha: float, *, steps: int = 2000) -> np.ndarray:
    """One-sided bounds that spend 2 - 2 Phi(z / sqrt t) of ``alpha`` (Lan and DeMets 1983).

    The density of the score that has not crossed is carried from look to look on a grid
    (Armitage, McPherson and Rowe 1969).
    """
    fractions = np.asarray(fractions, float)
    spent = np.diff(2 - 2 * norm.cdf(norm.ppf(1 - alpha / 2) / np.sqrt(fractions)), prepend=0)
    score = np.linspace(-8, 8, steps)
    step, density, before, bounds = score[1] - score[0], None, 0.0, []
    for t, cost in zip(fractions, spent, strict=True):
        sd = math.sqrt(t - before)
        if density is None:
            density = norm.pdf(score, scale=sd)
        else:
            density = norm.pdf(score[:, None] - score, scale=sd) @ density * step
        tail = np.cumsum(density[::-1])[::-1] * step
        edge = float(np.interp(-cost, -tail, score))
        density, before = np.where(score < edge, density, 0), t
        bounds.append((edge - step / 2) / math.sqrt(t))
    return np.array(bounds)


def mann_whitney_z(ours, theirs, shift):
    """Standardised rank sum of ``ours`` - ``shift``, ties and continuity corrected, [n] of [n, m]."""
    m, k = ours.shape[1], theirs.shape[1]
    both = np.concatenate((ours - shift[:, None], theirs), axis=1)
    ranks = rankdata(both, axis=1)
    excess = ranks[:, :m].sum(axis=1) - m * (m + 1) / 2 - m * k / 2
    ordered = np.sort(ranks, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) != 0
    place = np.cumsum(new, axis=1) - 1 + np.arange(len(ranks))[:, None] * (m + k)
    ties = np.bincount(place.reshape(-1), minlength=ranks.size).reshape(ranks.shape).astype(float)
    lost = (ties**3 - ties).sum(axis=1) / ((m + k) * (m + k - 1))
    sigma = np.sqrt(m * k / 12 * np.maximum(m + k + 1 - lost, 1e-9))
    return (excess - 0.5 * np.sign(excess)) / sigma


def hodges_lehmann(ours, theirs):
    """The shift at which the rank sum is even, [n]: bisection."""
    low, high = ours.min(axis=1) - theirs.max(axis=1), ours.max(axis=1) - theirs.min(axis=1)
    for _ in range(20):
        middle = (low + high) / 2
        above = mann_whitney_z(ours, theirs, middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2

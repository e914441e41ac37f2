"""Is a number the label's mean of its category, and of which rows?"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

PRIORS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 300.0)
"""Rows of average label that smoothed means commonly start with."""

FEWEST_GROUPS = 8


def share_of_noise(value: Floats, group: Codes, label: Floats) -> float:
    """How far group values are from the groups' own label means, in units of sampling noise.

    ``value`` [n] is constant within ``group`` [n]. With means m_c of n_c labels of variance s^2, a
    number that was computed from *other* rows differs from m_c by at least the noise s^2 / n_c: the
    ratio of the residual variance of value on mean (weighted by n_c, over smoothings (n_c m_c +
    a m) / (n_c + a)) to the noise of the means is 1 or more. Computed from these very rows it is
    near 0. 1 where groups are too few, or the value hardly follows the means at all. A group of most rows
    lies at the weighted mean of all, whatever its value is, and is left out.
    """
    n = np.bincount(group).astype(float)
    some = (n > 0) & (n <= n.sum() / 2)
    n, total = n[some], np.bincount(group, label)[some]
    x = (np.bincount(group, value)[some]) / n
    if len(np.unique(x)) < FEWEST_GROUPS:
        return 1.0
    overall, spread = float(label.mean()), float(label.var())
    best = 1.0
    for prior in PRIORS:
        mean = (total + prior * overall) / (n + prior)
        noise = spread * n / (n + prior) ** 2
        best = min(best, _residual(x, mean, noise, n))
    return best


def _residual(x: Floats, mean: Floats, noise: Floats, weight: Floats) -> float:
    gap_x = x - np.average(x, weights=weight)
    gap_m = mean - np.average(mean, weights=weight)
    slope = np.sum(weight * gap_x * gap_m) / max(np.sum(weight * gap_m**2), 1e-300)
    if slope == 0:
        return 1.0
    left = np.sum(weight * (gap_x / slope - gap_m) ** 2) / (len(x) - 2)
    return float(min(1.0, left / max(np.sum(weight * noise) / len(x), 1e-300)))


class Echo(NamedTuple):
    """What a value's history within its groups follows.

    ``own`` and ``previous`` in [-1, 1]: how the step into a row goes with the row's own label and
    with that of the row before. ``ahead`` in [0, 1]: the share of what earlier labels and the row's
    own leave open that later labels explain. ``against`` in [-1, 1]: how it goes with the row's own
    label within groups, group by group as far as it would go in a mean of all the other rows, which
    lies lower where the own label is high: -1 there. ``steps`` are the steps that were seen.
    """

    own: float
    previous: float
    ahead: float
    against: float
    steps: int


class History:
    """Labels [n] of rows in time order within ``group`` [n] (each group in one piece), prepared.

    A mean of *earlier* labels is explained by means over spans of earlier rows. One that holds the
    own label steps with it; one over a centred window is explained only with later rows. That a
    value goes with the row's own label says nothing of the kind: every honest feature does.
    """

    def __init__(self, label: Floats, group: Codes) -> None:
        self.label, self.group = label, group
        start, end = _ends(group)
        past = [_centred(_mean_before(label, start, span), group) for span in SPANS]
        place = np.linspace(-1, 1, len(label))
        past += [_centred(place**power, group) for power in (1, 2, 3)]  # a trend needs no label
        future = [_centred(_mean_after(label, end, span), group) for span in SPANS]
        self.own = _centred(label, group)
        self.others = np.bincount(group)[group] - 1.0
        self.past = _basis(np.column_stack([*past, self.own]))
        self.whole = _basis(np.column_stack([*past, self.own, *future]))

    def echo(self, value: Floats) -> Echo:
        """What ``value`` [n] follows; NaN where it is unknown."""
        same = self.group[1:] == self.group[:-1]
        step = np.where(same, np.diff(value), np.nan)
        own = _agreement(step, self.label[1:])
        previous = _agreement(step, self.label[:-1])
        x = _centred(value, self.group)
        ahead = _explained_beyond(x, self.past, self.whole)
        against = _correlation(x * self.others, self.own)
        steps = int(np.count_nonzero(np.isfinite(step) & (step != 0)))
        return Echo(own, previous, ahead, against, steps)


SPANS = (1, 3, 10, 30, 100, 10**9)


def _ends(group: Codes) -> tuple[Codes, Codes]:
    """First row and row after the last of each row's group."""
    edge = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    piece = np.cumsum(np.append(0, (group[1:] != group[:-1]).astype(np.int64)))
    return edge[piece], np.append(edge[1:], len(group))[piece]


def _mean_before(label: Floats, start: Codes, span: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(label)])
    here = np.arange(len(label))
    low = np.maximum(here - span, start)
    return np.where(here > low, (total[here] - total[low]) / np.maximum(here - low, 1), np.nan)


def _mean_after(label: Floats, end: Codes, span: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(label)])
    here = np.arange(1, len(label) + 1)
    high = np.minimum(here + span, end)
    return np.where(high > here, (total[high] - total[here]) / np.maximum(high - here, 1), np.nan)


def _centred(x: Floats, group: Codes) -> Floats:
    """Gap to the mean of the group; 0 where the value is unknown."""
    known = np.isfinite(x)
    n = np.bincount(group[known], minlength=int(group.max()) + 1)
    mean = np.bincount(group[known], x[known], len(n)) / np.maximum(n, 1)
    found: Floats = np.where(known, x - mean[group], 0.0)
    return found


def _basis(columns: Floats) -> Floats:
    """An orthonormal basis of the columns' span, without near-copies."""
    u, size, _ = np.linalg.svd(columns, full_matrices=False)
    found: Floats = u[:, size > 1e-6 * max(float(size[0]), 1e-300)]
    return found


def _explained_beyond(x: Floats, past: Floats, whole: Floats) -> float:
    size = float(x @ x)
    if size <= 0:
        return 0.0
    left_by_past = 1 - float(np.sum((past.T @ x) ** 2)) / size
    left_by_all = 1 - float(np.sum((whole.T @ x) ** 2)) / size
    return 0.0 if left_by_past <= LEAST_OPEN else max(0.0, 1 - left_by_all / left_by_past)


LEAST_OPEN = 1e-3
"""Share of the variance below which rounding, not later labels, is what is left."""


def _correlation(x: Floats, y: Floats) -> float:
    """Pearson's r of two centred series; 0 where one does not vary."""
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 0 else 0.0


def _agreement(step: Floats, label: Floats) -> float:
    """Phi coefficient of steps up or down and labels above or below their mean; 0 where too few."""
    known = np.isfinite(step) & (step != 0)
    up, high = step[known] > 0, label[known] > label.mean()
    if min(up.sum(), (~up).sum(), high.sum(), (~high).sum()) < FEWEST_GROUPS:
        return 0.0
    return float(np.corrcoef(up, high)[0, 1])

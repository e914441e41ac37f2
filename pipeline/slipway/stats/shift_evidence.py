"""Is this period further off than periods are? One e-process for each of many streams of distances.

Of a stream a distance x_t with standard error se_t is known for each period t. A season moves it slowly, so
m_t is expected by exponential smoothing with weight lambda, and what periods differ by when nothing happens
is learnt from the earlier surprises (x - m) / (se w), w^2 = 1 + lambda / (2 - lambda): their mean square phi has
as many degrees of freedom as there were, is shrunken towards that of like streams
(:mod:`slipway.stats.variance_shrinkage`), and is never below 1, which is chance alone. Against "moved by no more
than a tolerance delta"

    T_t = max(0, |x_t - m_t| - delta) / (se_t w sqrt(phi))

is at most |t| with those degrees of freedom, so p_t = P(|t| >= T_t) is a p-value given the past; of a distance,
which nothing makes smaller, only x_t > m_t is a move, and p_t = P(t >= T_t) (surprises of one stream are nearly, not wholly independent: the error rate is simulated). It becomes an e-value by two calibrators in equal parts (Vovk and Wang, Annals of Statistics 49 (2021), 1736):
one that pays 1 / p0 at p <= p0, which finds in one period what is plain, and (1 - p + p ln p) / (p ln^2 p),
which adds up what is not. The change may begin in any period, each of which gets the share gamma of the
error of a year: M_t = e_t (M_{t-1} + gamma) is a sum of e-processes, one for each beginning (the
Shiryaev-Roberts e-detector of Shin, Ramdas and Rinaldo, arXiv 2203.03532), and M_t - t gamma is a
supermartingale, so in a year P(sup M >= 1 / a) <= a. A family with weights v that sum to 1 alarms where
v M >= 1 / a: the chance of any alarm on any stream in a year is at most a, under any dependence.

What two periods show together is more than the product of what each is paid: of two that are 4 standard errors off
neither is plain, and both are. So where a change that was not proven in its first period is no noise of
the second, half of M may be what pairs are paid: 1 / p0 where the p-value of the sum of two neighbours' normal
scores is at most p0, each pair one e-value with a share gamma of its own.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtri_exp
from scipy.stats import t as student

from slipway.stats.variance_shrinkage import prior_of, shrunken

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEAST_P = 1e-280


class Noise(NamedTuple):
    """How streams [K] behave when nothing happens: what is expected, and the scale of x in units of se.

    ``degrees`` [K] are those of the scale; 0 where too little is known. ``wider`` [K]: see :func:`_wider`.
    """

    mean: Floats
    scale: Floats
    degrees: Floats
    wider: Floats


def noise_of(
    values: ArrayLike,
    errors: ArrayLike,
    groups: ArrayLike,
    *,
    weight: ArrayLike,
    fewest: int,
    most_degrees: float,
) -> Noise:
    """What earlier periods of each stream say: values and standard errors [K, W], NaN where not seen.

    ``groups`` [K] are numbers of like streams, which say something of each other's scale. ``weight`` (one, or
    [K]) is that of the newest period in what is expected; 0: all have the same. A stream of fewer than ``fewest`` surprises is not
    known. Degrees are at most ``most_degrees``: worlds have heavier tails than the normal distribution.
    """
    x, se = np.asarray(values, np.float64), np.asarray(errors, np.float64)
    newest = np.broadcast_to(np.asarray(weight, np.float64), (len(x),))
    mean, surprises = _surprises(x, se, newest)
    seen = np.isfinite(surprises)
    count = seen.sum(axis=1)
    known = count >= max(fewest, 1)
    own = np.where(seen, surprises**2, 0.0).sum(axis=1) / np.maximum(count, 1)
    ratio, degrees, of = own.copy(), count.astype(np.float64), np.asarray(groups)
    for group, number in np.unique(np.stack([of[known], count[known]]), axis=1).T:
        chosen = known & (of == group) & (count == number)
        prior = prior_of(own[chosen], float(number))
        ratio[chosen] = shrunken(own[chosen], float(number), prior)
        degrees[chosen] += prior.degrees
    scale = np.sqrt(np.maximum(ratio, 1.0))
    degrees = np.where(known, np.minimum(degrees, most_degrees), 0.0)
    return Noise(mean, scale, degrees, _wider(np.isfinite(x).sum(axis=1).astype(float), newest))


def _surprises(x: Floats, se: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """What is expected next [K], and how far each period was from what was expected then, in se [K, W].

    The weights of the first periods are equal, 1, 1/2, 1/3, ..., down to ``weight``.
    """
    mean, count = np.full(len(x), np.nan), np.zeros(len(x))
    surprises = np.full(x.shape, np.nan)
    for t in range(x.shape[1]):
        seen = np.isfinite(x[:, t]) & (se[:, t] > 0)
        with np.errstate(invalid="ignore"):
            away = x[:, t] - mean
            surprises[:, t] = np.where(seen, away / _wider(count, weight) / se[:, t], np.nan)
        count += seen
        step = np.maximum(weight, 1 / np.maximum(count, 1))
        mean = np.where(seen, np.where(np.isnan(mean), x[:, t], mean + step * away), mean)
    return mean, surprises


def _wider(count: Floats, weight: Floats) -> Floats:
    """How much wider a surprise is than the noise of one period: what is expected is an estimate."""
    steady = weight / (2 - weight)
    wider: Floats = np.sqrt(1 + np.maximum(steady, 1 / np.maximum(count, 1)))
    return wider


def p_values(
    values: ArrayLike,
    errors: ArrayLike,
    noise: Noise,
    tolerance: ArrayLike,
    upper: ArrayLike = False,
) -> Floats:
    """P-values [K] of "moved by no more than ``tolerance`` [K]"; 1 where nothing can be said.

    Where ``upper`` only more than is expected is a move: a distance that is smaller than usual is none.
    """
    x, se, one_sided = (
        np.asarray(values, np.float64),
        np.asarray(errors, np.float64),
        np.asarray(upper),
    )
    known = (noise.degrees > 0) & np.isfinite(x) & (se > 0)
    away = np.where(known, x - noise.mean, 0.0)
    beyond = np.maximum(0.0, np.where(one_sided, away, np.abs(away)) - np.asarray(tolerance))
    statistic = beyond / (np.where(known, se, 1.0) * noise.scale * noise.wider)
    p = np.where(one_sided, 1, 2) * student.sf(statistic, np.maximum(noise.degrees, 1.0))
    p = np.where(beyond > 0, p, 1.0)
    return np.where(known, np.clip(p, LEAST_P, 1.0), 1.0)


def log_e_values(p: ArrayLike, plain: ArrayLike) -> Floats:
    """Natural logarithms of e-values [K] of p-values [K]; ``plain`` [K] is p0 of the module docstring.

    >>> round(float(np.exp(log_e_values(1.0, 0.001))), 3)  # half of nothing, half of 1/2
    0.25
    """
    found, enough = np.asarray(p, np.float64), np.asarray(plain, np.float64)
    log = np.log(found)
    with np.errstate(divide="ignore", invalid="ignore"):
        slow = (1 - found + found * log) / (found * log**2)
    rest = 1 - found
    slow = np.where(rest < 1e-4, 0.5 * (1 + rest / 3), slow)  # noqa: PLR2004 - its series there
    paid = np.where(found <= enough, 1 / enough, 0.0)
    return np.log((slow + paid) / 2)


def next_log_m(log_m: ArrayLike, log_e: ArrayLike, share: float) -> Floats:
    """M of this period, as ln M [K], from that of the last one (-inf at first); ``share`` is gamma.

    >>> round(float(next_log_m(-np.inf, np.log(8.0), 0.5)), 9)  # 8 (0 + 1/2)
    1.386294361
    """
    found: Floats = np.asarray(log_e) + np.logaddexp(np.asarray(log_m, np.float64), np.log(share))
    return found


def normal_scores(p: ArrayLike, direction: ArrayLike) -> Floats:
    """What p-values [K] are of a normal score with the sign of ``direction`` [K]; 0 for a p-value of 1.

    >>> normal_scores([1.0, 0.05], [1, -1]).round(2).tolist()
    [0.0, -1.96]
    """
    size = -ndtri_exp(np.log(np.asarray(p, np.float64)) - np.log(2))
    found: Floats = np.where(np.asarray(direction) < 0, -1.0, 1.0) * np.maximum(size, 0.0)
    return found + 0.0


def log_e_pairs(score: ArrayLike, last: ArrayLike, plain: ArrayLike) -> Floats:
    """The logarithm of what pairs of normal scores [K] of this period and the ``last`` are paid; -inf where nothing."""
    both = (np.asarray(score, np.float64) + np.asarray(last, np.float64)) / np.sqrt(2)
    log_p = np.log(2) + log_ndtr(-np.abs(both))
    enough = np.log(np.asarray(plain, np.float64))
    found: Floats = np.where(log_p <= enough, -enough, -np.inf)
    return found

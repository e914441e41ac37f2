"""Does a model rank worse than it would with what chance found out? The shadow gap.

Lists of the explore arm are never the model's own choice. What their clicks say of each item beyond the model's own
expectation, in the weeks before, corrects its scores; the corrected ranking of this week's explored lists is worth more
than the model's own exactly where the model learned from its own lists what chance contradicts. A healthy model leaves
nothing to correct: the gap is 0 or, by the correction's own noise, a little below.

Sources: Chaney, Stewart and Engelhardt, How algorithmic confounding increases homogeneity (RecSys 2018); position-based
weights of Joachims et al. (WSDM 2017); gamma-Poisson shrinkage with moments: Efron and Morris (1975), Marshall (1991).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Gap(NamedTuple):
    """Value of the corrected ranking over the model's own, minus 1, and its standard error."""

    mean: float
    se: float


def corrections(clicks: Array, expected: Array) -> Array:
    """Factors float64[S, I] of clicks over what was ``expected``, by segment and item, drawn to 1.

    Items first, then what a segment differs in; each as far as its counts vary more than Poisson counts do.
    """
    level = expected * ratio_of(clicks.sum(), expected.sum())
    item = _shrunken(clicks.sum(axis=0), level.sum(axis=0))
    finer = level * item
    within = _shrunken(clicks, finer * ratio_of(clicks.sum(), finer.sum()))
    found: Array = item * within
    return found


def ratio_of(above: float, below: float) -> float:
    """``above`` / ``below``, 0 where nothing is below."""
    return float(above / below) if below else 0.0


def _shrunken(clicks: Array, expected: Array) -> Array:
    """Posterior mean of a factor of mean 1, its variance by moments over all cells."""
    seen = expected > 0
    excess = float(((clicks - expected)[seen] ** 2 - expected[seen]).sum())
    variance = max(0.0, ratio_of(excess, float((expected[seen] ** 2).sum())))
    factor: Array = (1 + variance * clicks) / (1 + variance * expected)
    return factor


def shadow_gap(
    scores: Array,
    factors: Array,
    clicked: Array,
    looked: Array,
    theta: Array,
    cluster: npt.NDArray[np.intp],
    clip: float,
) -> Gap:
    """The gap of explored lists [n, K]: the model's ``scores``, ``factors`` of the weeks before, clicks and looks.

    Each click counts by the looks of the place that a ranking would give it over the looks of its own, at least 1 /
    ``clip``. Lists of one ``cluster`` [n] (codes from 0) vary together. Raises ValueError without a click or with one cluster.
    """
    worth = clicked / np.maximum(looked, 1 / clip)
    own, other = (_earned(by, worth, theta) for by in (scores, scores * factors))
    if not own.sum():
        raise ValueError("no click on explored lists: there is no gap to see")
    groups = int(cluster.max()) + 1
    if groups < 2:  # noqa: PLR2004 - a variance needs two
        raise ValueError("fewer than two clusters: no standard error")
    gap = float(other.sum() / own.sum()) - 1
    rest = np.bincount(cluster, weights=other - own - gap * own, minlength=groups)
    se = float(np.sqrt((rest**2).sum() * groups / (groups - 1)) / own.sum())
    return Gap(gap, se)


def _earned(scores: Array, worth: Array, theta: Array) -> Array:
    """What each list [n] earns in the order of ``scores``."""
    order = np.argsort(-scores, axis=1, kind="stable")
    found: Array = (np.take_along_axis(worth, order, axis=1) * theta[: scores.shape[1]]).sum(axis=1)
    return found


def together(gaps: tuple[Gap, ...]) -> Gap:
    """The mean of gaps of different weeks.

    >>> together((Gap(0.02, 0.03), Gap(0.04, 0.04))).mean.__round__(3)
    0.03
    """
    means, errors = np.array(gaps).T
    return Gap(float(means.mean()), float(np.sqrt((errors**2).sum()) / len(gaps)))

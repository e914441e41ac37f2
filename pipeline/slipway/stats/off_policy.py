"""What a candidate's lists would earn beside the champion's, from lists that the candidate did not make.

A click says something of an item wherever it stood (position-based model): it counts by how much the
candidate's list would have the item looked at, divided by how much it is looked at under the mixture of
ranking and exploration that showed it, at most ``clip`` times. All traffic counts, not the explored alone.
What is estimated is the difference to the champion (additive control variate: looks that differ earn
the rate of items from below the list), which varies less than two values do.

Users read on less after a click. How much less (``kappa``, in log looks for each click above) is told by the
champion's lists against the explored ones, which have fewer clicks above; it is drawn to a prior as
far as explored clicks do not tell it. Part of what it changes is counted as doubt of the click model.

Sources: Joachims et al. (WSDM 2017) for position-based weights; Agarwal et al., Effective evaluation using
logged bandit feedback from multiple loggers (KDD 2017) for the mixture; Ionides (2008) for clipping; Jeunen
and Ustimenko, Delta-OPE (RecSys 2024) for the difference; Kish (1965) for the effective size; Craswell et al.
(WSDM 2008) for what a click does to the places below it; Efron and Stein (1981) for the jackknife.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from slipway.stats.click_cells import ClickCells, explored_share, looks, ratio, table_of
from slipway.stats.click_model import ClickModel
from slipway.stats.item_position import item_position

Array = npt.NDArray[np.float64]

_STEP = 0.1


class OffPolicy(NamedTuple):
    """A candidate against the champion; differences are relative to the champion's clicks a request.

    ``lower`` and ``upper`` bound ``difference``, each erring with the error asked for. ``position_based`` is without the
    effect of clicks above; ``item_position`` needs no click model, has much more variance and its own ``item_position_se``.
    ``support`` is the share of the candidate's looks that the log can speak of, ``effective`` the number of
    equally weighted items that the weighted ones are worth.
    """

    difference: float
    se: float
    lower: float
    upper: float
    champion: float
    position_based: float
    item_position: float
    item_position_se: float
    kappa: float
    support: float
    effective: float

    @property
    def models_disagree(self) -> float:
        """How far the estimate is from the one without a click model, in standard errors of both."""
        both = float(np.hypot(self.se, self.item_position_se))
        return abs(self.item_position - self.difference) / both if both else np.inf


def estimate(cells: ClickCells, model: ClickModel, alpha: float) -> OffPolicy:
    """The candidate's value beside the champion's, with one-sided bounds at ``alpha`` each.

    Raises ValueError where nothing is known: no explored lists, no clicks, or fewer than two buckets of users.
    """
    groups = len(cells.shown)
    _check(cells)
    shown, clicks = cells.shown.sum(axis=0), cells.clicks.sum(axis=0)
    every = [(shown - cells.shown[g], clicks - cells.clicks[g]) for g in range(groups)]
    slope = _kappa(cells, shown, clicks)
    spread = _jackknife(np.array([_kappa(cells, *part) for part in every]))
    known = 1 / spread**2 if np.isfinite(spread) and spread > 0 else 0.0
    prior = 1 / model.kappa_sd**2
    kappa = max(0.0, (known * slope + prior * model.kappa) / (known + prior))
    found = _valued(cells, shown, clicks, kappa, model.clip)
    sampled = [_valued(cells, *part, kappa, model.clip) for part in every]
    moved = [_valued(cells, shown, clicks, kappa + by, model.clip) for by in (_STEP, -_STEP)]
    by_kappa = (moved[0].difference - moved[1].difference) / (2 * _STEP) / np.sqrt(known + prior)
    doubt = model.doubt * (found.position_based - found.difference)
    se = float(
        np.sqrt(_jackknife(np.array([s.difference for s in sampled])) ** 2 + by_kappa**2 + doubt**2)
    )
    reach = float(student.isf(alpha, groups - 1)) * se
    return OffPolicy(
        difference=found.difference,
        se=se,
        lower=found.difference - reach,
        upper=found.difference + reach,
        champion=found.champion,
        position_based=found.position_based,
        item_position=found.item_position,
        item_position_se=_jackknife(np.array([s.item_position for s in sampled])),
        kappa=kappa,
        support=found.support,
        effective=found.effective,
    )


def _check(cells: ClickCells) -> None:
    explored, clicks = cells.shown[:, :, 1], cells.clicks[:, :, 1]
    if len(cells.shown) < 2:  # noqa: PLR2004 - a variance needs two
        raise ValueError("fewer than two buckets of users: no standard error")
    if not explored.sum():
        raise ValueError("no explored lists: what neither ranking shows is not known")
    if not clicks.sum() or not cells.clicks[:, :, 0].sum():
        raise ValueError("no clicks on explored lists, or none on the champion's")


def _jackknife(values: Array) -> float:
    """The standard error of a statistic from its ``values`` without one group each."""
    return float(np.sqrt((len(values) - 1) / len(values) * ((values - values.mean()) ** 2).sum()))


def _kappa(cells: ClickCells, shown: Array, clicks: Array) -> float:  # noqa: ARG001 - of the same cells
    """Log looks that a click above costs: the champion's rates by place against the explored ones'.

    The slope of log(listed / expected) on clicks above, weighted by explored clicks; with an intercept, as
    explored users may click more or less than others.
    """
    known = looks(shown, clicks)
    expected = known.theta * known.rate[:-1]
    weight = clicks[:, 1].sum(axis=(0, 2, 3))[:-1]
    told = (expected > 0) & (known.champion > 0)
    weight = np.where(told, weight, 0.0)
    if not weight.sum():
        return 0.0
    log = np.log(np.where(told, known.champion / np.where(told, expected, 1.0), 1.0))
    more = known.above_champion - known.above_explored
    more, log = (v - np.average(v, weights=weight) for v in (more, log))
    spread = float((weight * more**2).sum())
    return -float((weight * more * log).sum()) / spread if spread else 0.0


class _Value(NamedTuple):
    difference: float
    position_based: float
    item_position: float
    champion: float
    support: float
    effective: float


def _valued(cells: ClickCells, shown: Array, clicks: Array, kappa: float, clip: float) -> _Value:
    """The estimates at a given ``kappa``."""
    known = looks(shown, clicks)
    requests = shown[..., 0, :].sum()
    fewer = np.exp(-kappa * (known.above_champion - known.above_explored))
    listed = known.theta * fewer  # looks in the champion's lists
    candidate, champion = _weights(cells, shown, listed, known.theta, clip)
    looked = np.stack((listed, known.theta))[None, :, None, :, None] * shown
    beyond = (
        clicks - known.rate[-1] * looked
    )  # what items from below the list would not have earned
    by_place = (candidate[:, None, :, None, :] * beyond).sum(axis=(0, 1, 2, 3))[:-1] / requests
    own = (champion[:, None, :, None, None] * beyond).sum(axis=(0, 1, 3, 4))[:-1] / requests
    by_place, own = by_place + known.rate[-1] * listed, own + known.rate[-1] * listed
    value = float(own.sum())
    if value <= 0:
        raise ValueError("the champion's lists earn nothing: a relative difference is undefined")
    weights = np.broadcast_to(candidate[:, None, :, None, :], shown.shape)
    weighed, squared = (weights * shown).sum(), (weights**2 * shown).sum()
    return _Value(
        float(_after_clicks(by_place, own, kappa).sum()) / value - 1,
        float(by_place.sum()) / value - 1,
        item_position(cells, shown, clicks, clip),
        value,
        min(1.0, float((weights * looked).sum() / requests / listed.sum())),
        float(weighed**2 / squared) if squared else 0.0,
    )


def _weights(
    cells: ClickCells, shown: Array, listed: Array, theta: Array, clip: float
) -> tuple[Array, Array]:
    """Weights of the candidate [O, B, S] and the champion [O, B]; 0 where nothing is ever shown.

    What is not supported is no value, and :attr:`OffPolicy.support` says how much that is.
    """
    share = explored_share(shown)
    looks, length = np.append(listed, 0.0), len(theta)
    mixture = np.array(
        [
            (1 - part) * looks + part * (table_of(cells.how, offered, length) @ theta)
            for part, offered in zip(share, cells.offered, strict=True)
        ]
    )
    candidate = np.minimum(ratio(looks[None, None, :], mixture[:, :, None]), clip)
    return candidate, np.minimum(ratio(looks[None, :], mixture), clip)


def _after_clicks(by_place: Array, own: Array, kappa: float) -> Array:
    """The candidate's clicks by place, with looks lost to the clicks that it has above beyond the champion's."""
    above_own = np.append(0.0, np.cumsum(own)[:-1])
    found, above = np.zeros_like(by_place), 0.0
    for place, clicks in enumerate(by_place.tolist()):
        found[place] = clicks * np.exp(-kappa * (above - above_own[place]))
        above += float(found[place])
    return found

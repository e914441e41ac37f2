"""What users would see of a change of model: how far two models' answers and lists lie apart."""

from typing import NamedTuple

import numpy as np

from slipway.artifact.ranker import Array, Ranker
from slipway.evaluation import heldout, lists
from slipway.evaluation.heldout import HeldOut
from slipway.evaluation.lists import Lists, Ranked
from slipway.stats import overlap
from slipway.stats.calibration import recalibrated

WORST = 0.1
"""``worst_tenth``: the churn that one list in ten exceeds."""


class Answers(NamedTuple):
    """One model on the held-out week and on the rebuilt lists.

    ``numbers`` are log-loss, NDCG and calibration error by name; ``predicted`` and ``calibrated``
    float64[n] are P(click), as answered and on the level that the week bore out.
    """

    numbers: dict[str, float]
    predicted: Array
    calibrated: Array
    ranked: Ranked


def answers(ranker: Ranker, week: HeldOut, theta: Array, offered: Lists) -> Answers:
    """Everything two models are compared by."""
    scored = heldout.score(ranker, week, theta)
    return Answers(
        {
            "log_loss": scored.log_loss,
            "ndcg": scored.ndcg,
            "calibration": heldout.calibration_error(scored, week),
        },
        scored.predicted,
        recalibrated(scored.predicted, week.rows.clicked),
        lists.rank(ranker, offered, week.length),
    )


def distances(first: Answers, second: Answers, categories: int) -> dict[str, float]:
    """How far ``second`` lies from ``first``, each in [0, 1], 0 for equal models.

    ``churn``: share of the places whose item the other list lacks; ``churn_by_place``: the same with
    NDCG's weight of a place; ``worst_tenth``: the churn that one list in ten exceeds; ``rank_biased``:
    1 - RBO; ``category_mix``: total variation of all lists' categories together; ``category_mix_by_user``: the
    mean of each list's own; ``score_shift``: mean |difference| of P(click) relative to its mean;
    ``score_shift_calibrated``: the same when both are first put on the level of the week.
    """
    one, two = first.ranked, second.ranked
    churned = 1 - overlap.top_k_overlap(one.item, two.item)
    weight = overlap.discounts(one.item.shape[1])
    return {
        "churn": float(churned.mean()),
        "churn_by_place": float(overlap.weighted_churn(one.item, two.item, weight).mean()),
        "worst_tenth": float(np.quantile(churned, 1 - WORST)),
        "rank_biased": max(0.0, 1 - float(overlap.rank_biased_overlap(one.item, two.item).mean())),
        "category_mix": overlap.total_variation(
            lists.mix(one, categories), lists.mix(two, categories)
        ),
        "category_mix_by_user": float(
            overlap.mix_shift(one.category, two.category, categories).mean()
        ),
        "score_shift": _shift(first.predicted, second.predicted),
        "score_shift_calibrated": _shift(first.calibrated, second.calibrated),
    }


def _shift(first: Array, second: Array) -> float:
    return min(1.0, float(np.abs(first - second).mean() / first.mean()))


def exchanges(
    first: Answers, second: Answers, offered: Lists, categories: int, groups: int
) -> overlap.Exchange:
    """Places lost and won: by category code, then by user group code, one after the other."""
    one, two = first.ranked, second.ranked
    who = np.broadcast_to(offered.group[:, None], one.item.shape)
    by_category = overlap.exchange(one.item, two.item, one.category, two.category, categories)
    by_group = overlap.exchange(one.item, two.item, who, who, groups)
    return overlap.Exchange(
        *(np.concatenate(parts) for parts in zip(by_category, by_group, strict=True))
    )


def pairs(candidate: Array, champion: Array, week: HeldOut) -> tuple[float, float]:
    """Shares of (clicked, unclicked) pairs of a list that only one of two models orders rightly.

    ``candidate`` and ``champion`` float64[n] are ranking scores; returns (won, lost): what only the
    candidate, and only the champion, puts in the order that the clicks say (Milani Fard et al.,
    Launch and iterate: reducing prediction churn, NeurIPS 2016, for pairs). A pair weighs the
    click's gain, so that what was clicked far down counts for all who did not look there.
    """
    order = np.argsort(week.request, kind="stable")
    starts = np.flatnonzero(np.diff(week.request[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
    shape = (len(starts), int(place.max()) + 1)
    at = (np.repeat(np.arange(len(starts)), np.diff([*starts, len(order)])), place)

    def table(values: Array) -> Array:
        cells = np.full(shape, np.nan)
        cells[at] = values[order]
        return cells

    gain, mine, theirs = table(week.gain), table(candidate), table(champion)
    weight = np.where((gain > 0)[:, :, None] & (gain == 0)[:, None, :], gain[:, :, None], 0.0)
    right = [score[:, :, None] > score[:, None, :] for score in (mine, theirs)]
    total = max(float(weight.sum()), np.finfo(float).tiny)
    won = float(weight[right[0] & ~right[1]].sum()) / total
    return won, float(weight[right[1] & ~right[0]].sum()) / total

"""One arm on the held-out week: how well it predicted clicks, and how well it would have ranked."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pandas import factorize
from pandas.api.types import infer_dtype

from slipway.artifact.ranker import Array, Ranker
from slipway.domain.errors import NotComputable
from slipway.stats.calibration import expected_calibration_error
from slipway.stats.ndcg import Ndcg, ndcg
from slipway.stats.paired import PairedDifference, paired_difference
from slipway.training import examination
from slipway.training.dataset import Rows

LOWEST = 1e-6
"""Predictions stay this far from 0 and 1: one wrong certainty must not decide a week."""

DEEPEST_GAIN = 0.1
"""A click at a place hardly looked at counts as at most 1 / this: bounded variance for some bias."""


CURVE_GROUPS = 12
"""Points of the calibration picture."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The held-out rows, coded once: who (``user`` intp[n]) and in which list (``request``)."""

    rows: Rows
    user: npt.NDArray[np.intp]
    request: npt.NDArray[np.intp]
    gain: Array
    length: int

    @classmethod
    def of(cls, rows: Rows, theta: Array, length: int) -> "HeldOut":
        """Code ``rows``; a click's gain is 1 / theta of its place (inverse propensity, clipped)."""
        looked = np.maximum(examination.at(theta, rows.position), DEEPEST_GAIN)
        return cls(rows, codes(rows.user), codes(rows.request), rows.clicked / looked, length)


@dataclass(frozen=True, eq=False)
class Scored:
    """An arm's answers on the week: ``predicted`` P(click at its place), ``loss``, lists' NDCG."""

    predicted: Array
    loss: Array
    ranking: Ndcg

    @property
    def log_loss(self) -> float:
        """Mean negative log-likelihood of a row (nats)."""
        return float(self.loss.mean())

    @property
    def ndcg(self) -> float:
        """Mean over the lists that had any click."""
        return float(self.ranking.values.mean())  # noqa: PD011 - an array, no frame


def codes(values: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Equal values get equal codes 0, 1, ... in sorted order.

    >>> codes(["b", "a", "b"]).tolist()
    [1, 0, 1]
    """
    array = np.asarray(values)
    if array.dtype == object and infer_dtype(array, skipna=False) == "string":
        return factorize(array, sort=True)[0]  # the same codes; only different words are sorted
    return np.unique(array.astype(str), return_inverse=True)[1].reshape(-1)


def score(ranker: Ranker, week: HeldOut, theta: Array, level: float = 1.0) -> Scored:
    """``ranker`` on ``week``; ``theta`` is used where it knows no examination of its own.

    ``level`` multiplies its probability (see :func:`level_of`). Raises NotComputable for answers
    that are not finite or a week without any click.
    """
    gamma, ranking = ranker.score(week.rows.features)
    if not (np.isfinite(gamma).all() and np.isfinite(ranking).all()):
        raise NotComputable(
            "scores on the held-out week",
            found="not finite",
            expected="a number for each row",
            next_step="look at the model's inputs; nothing was judged",
        )
    own = np.asarray(ranker.examination) if ranker.examination and level == 1.0 else theta
    predicted = np.clip(examination.at(own, week.rows.position) * gamma * level, LOWEST, 1 - LOWEST)
    clicked = week.rows.clicked > 0
    loss = -np.where(clicked, np.log(predicted), np.log1p(-predicted))
    return Scored(predicted, loss, ndcg(week.gain, ranking, week.request, k=week.length))


def level_of(ranker: Ranker, rows: Rows, theta: Array) -> float:
    """The factor that makes the clicks that ``ranker`` expects on ``rows`` the clicks there were.

    The hand-written rules speak of click rates in the lists of their day, not of clicks once looked
    at: they get their level from the training weeks, so that they are beaten on what they know.
    """
    gamma, _ = ranker.score(rows.features)
    return float(rows.clicked.sum() / (examination.at(theta, rows.position) * gamma).sum())


def compare_loss(candidate: Scored, other: Scored, week: HeldOut) -> PairedDifference:
    """Relative difference of log-loss on the same rows, rows of a user taken together."""
    return paired_difference(candidate.loss, other.loss, week.user)


def compare_ndcg(candidate: Scored, other: Scored, week: HeldOut) -> PairedDifference:
    """Relative difference of NDCG on the same lists, lists of a user taken together."""
    first = np.unique(week.request, return_index=True)[1]
    owner = week.user[first[candidate.ranking.groups]]
    return paired_difference(candidate.ranking.values, other.ranking.values, owner)


def calibration_error(arm: Scored, week: HeldOut) -> float:
    """Expected calibration error of P(click at its place), in probability."""
    return expected_calibration_error(arm.predicted, week.rows.clicked)


def calibration_curve(arm: Scored, week: HeldOut) -> tuple[tuple[float, float, int], ...]:
    """Mean prediction, share clicked and rows of :data:`CURVE_GROUPS` groups of equal size."""
    order = np.argsort(arm.predicted, kind="stable")
    return tuple(
        (float(arm.predicted[part].mean()), float(week.rows.clicked[part].mean()), len(part))
        for part in np.array_split(order, CURVE_GROUPS)
        if len(part)
    )

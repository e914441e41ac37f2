"""What chance alone changes, and what a candidate changes for users, in words of one unit each."""

from typing import NamedTuple


class Chance(NamedTuple):
    """What chance does to one measurement of the champion's recipe on this snapshot.

    ``seed``: another seed on the same training rows. ``data``: other training rows of the same
    weeks. ``total``: both. Of a number (log-loss and NDCG relative to themselves, calibration in
    probability) they are standard deviations; of a distance (churn, 1 - RBO, mix, shift) they are
    the mean distance of two models that differ by nothing else, and ``data`` is what ``total``
    leaves when ``seed`` is taken out in quadrature.
    """

    seed: float
    data: float
    total: float


class Turnover(NamedTuple):
    """Places of one class in the lists: the share of the champion's that is ``gone``, and the share
    of the candidate's that is ``new``; ``chance`` is what is gone between chance's models.

    ``places`` is how many of the champion's places the class had.
    """

    name: str
    gone: float
    new: float
    chance: float
    places: int


class Worth(NamedTuple):
    """What a churn-reducing recipe paid and won against its own plain fit on the same rows.

    ``log_loss`` is the relative difference of log-loss (positive: paid) with its error ``se``;
    ``churn`` and ``plain_churn`` are the churns against the champion.
    """

    log_loss: float
    se: float
    churn: float
    plain_churn: float

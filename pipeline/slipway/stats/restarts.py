"""E-processes of one question, begun one after the other: what was good before buys nothing later.

Of K planned starts the k-th process M_k is 1 until its start and grows by what comes after it alone. The
mean E = (M_1 + ... + M_K) / K is a supermartingale from 1 wherever each M_k is one, so P(sup E >= 1/a) <= a
over all starts together (Ville): the error budget is shared equally, at a price of ln K in the evidence
of one. A sum over starts is the e-detector of Shin, Ramdas and Rinaldo (arXiv 2203.03532, section 3);
here their number is fixed beforehand, which bounds the error over the whole watch and not its mean run
length alone. Starts may depend on anything but the outcomes after them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slipway.stats.eprocess import EProcess
from slipway.stats.mixtures import log_sum
from slipway.stats.split import Floats


class Restarts(NamedTuple):
    """``places``: before which block each process begins that has begun; ``planned``: how many will."""

    places: Sequence[int]
    planned: int


def restarted(parts: Floats, weights: Sequence[float], restarts: Restarts) -> Floats:
    """Logarithm of E after each block, float64[..., B].

    ``parts`` float64[J, ..., B] are the log-likelihood ratios of J alternatives since the first block,
    ``weights`` [J] theirs. Raises ValueError for more starts than planned, or without any.

    >>> gain, loss = [1.0] * 4, [-1.0] * 4
    >>> path = np.cumsum([loss + gain], axis=1)
    >>> restarted(path, [1.0], Restarts([0], 1))[-1], restarted(path, [1.0], Restarts([0, 4], 2))[-1].round(2)
    (np.float64(0.0), np.float64(3.33))
    """
    begun = len(restarts.places)
    if not 0 < begun <= restarts.planned:
        raise ValueError(f"{begun} starts of {restarts.planned}")
    total = np.full(parts.shape[1:], float(restarts.planned - begun))
    with np.errstate(divide="ignore"):
        total = np.log(total)
    for place in restarts.places:
        total = np.logaddexp(total, since(parts, weights, place))
    found: Floats = total - np.log(restarts.planned)
    return found


def since(parts: Floats, weights: Sequence[float], place: int) -> Floats:
    """Logarithm of the process that begins before block ``place``, float64[..., B]; 0 until then."""
    path = np.zeros(parts.shape[1:])
    before = parts[..., place - 1 : place] if place else 0.0
    path[..., place:] = log_sum(parts[..., place:] - before, weights)
    return path


def strongest(parts: Floats, weights: Sequence[float], restarts: Restarts) -> int:
    """The place of the start whose process of one comparison, ``parts`` float64[J, B], came highest."""
    peaks = [since(parts, weights, place).max(initial=0.0) for place in restarts.places]
    return restarts.places[int(np.argmax(peaks))]


def process(path: Floats) -> EProcess:
    """The process of one comparison with the log-evidence ``path`` float64[B]."""
    now = float(path[-1]) if path.size else 0.0
    return EProcess(now, max(0.0, float(path.max(initial=0.0))), path)

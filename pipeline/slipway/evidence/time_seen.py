"""For how long was a stage really seen? Time that passed is not time seen.

An hour of a stage counts where control and candidate were both asked in it, and the two together
nearly as often as usual. Usual is the hour in which the median request of the release came: a night
with a tenth of the day's traffic counts, the hours behind a proxy that let one in a hundred through
do not, and one robot's hour outweighs the others only where it holds half of all requests.
"""

import math

import numpy as np

from slipway.domain.blocks import Ints
from slipway.domain.measurement import LiveMeasurements, Traffic
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage

HOUR_S = 3600


def hourly(traffic: Traffic, *, shadow: bool = False) -> Ints:
    """int64[H, 3]: an hour's start (POSIX seconds), requests of control, and of the candidate.

    In the ``shadow`` the candidate's requests are those that it scored.
    """
    candidate = traffic.shadow_requests if shadow else traffic.requests[:, 1]
    start = traffic.start_s // HOUR_S * HOUR_S
    return summed(np.stack((start, traffic.requests[:, 0], candidate), axis=1))


def summed(hours: Ints) -> Ints:
    """The rows of :func:`hourly` with each hour once, in order."""
    starts, index = np.unique(hours[:, 0], return_inverse=True)
    out = np.zeros((len(starts), 3), np.int64)
    out[:, 0] = starts
    np.add.at(out[:, 1:], index, hours[:, 1:])
    return out


def usual(hours: Ints) -> int:
    """Requests of both arms in the hour in which the median request came; 0 without any."""
    totals = np.sort(hours[:, 1:].sum(axis=1))
    reached = totals.cumsum() * 2 >= totals.sum()
    return int(totals[reached.argmax()]) if len(totals) else 0


def seen(hours: Ints, since_s: float, until_s: float, share: float) -> float:
    """Hours of ``[since_s, until_s)`` in which both arms had at least ``share`` of the usual traffic."""
    both = (hours[:, 1:] > 0).all(axis=1) & (hours[:, 1:].sum(axis=1) >= share * usual(hours))
    starts = hours[both, 0].astype(np.float64)
    inside = np.minimum(starts + HOUR_S, until_s) - np.maximum(starts, since_s)
    return float(np.maximum(inside, 0.0).sum() / HOUR_S)


def hours_in_stage(m: LiveMeasurements, policy: Policy) -> float:
    """Hours of the look's stage in which control and candidate were both seen, as far as is known."""
    look = m.without_outcomes()
    new = hourly(look.traffic, shadow=m.stage is Stage.SHADOW)
    hours = summed(np.vstack((look.past.hours, new)))
    return seen(hours, m.stage_since.timestamp(), m.now.timestamp(), policy.seen_share)


def words(m: LiveMeasurements, policy: Policy, least: float) -> str:
    """What was seen of the hours asked for, and why it is less than what passed."""
    found = hours_in_stage(m, policy)
    said = f"{math.floor(10 * found) / 10:.1f} of {least:g} hours seen in {m.stage}"
    if found >= least or m.hours_in_stage < least:
        return said
    return (
        f"{said}, of {m.hours_in_stage:.1f} that passed: an hour counts once it is in the log and "
        f"both arms had {policy.seen_share:.0%} of the usual traffic"
    )

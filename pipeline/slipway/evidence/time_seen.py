"""For how long was a stage really seen? Time that passed is not time seen.

An hour of a stage counts where control and candidate were both asked in it, and the two together
nearly as often as usual. With a hundredth of few visitors an arm has hours without any by chance: they
count as well, unless so many requests passed it by that chance does not explain it. Usual is the hour in which the median request of the release came: a night
with a tenth of the day's traffic counts, the hours behind a proxy that let one in a hundred through
do not, and one robot's hour outweighs the others only where it holds half of all requests.
"""

import math

import numpy as np

from slipway.domain.blocks import Bools, Ints
from slipway.domain.measurement import LiveMeasurements, Traffic
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.stats.split import Floats

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


def by_chance(requests: Ints, total: Ints, fraction: float, alpha: float) -> Bools:
    """bool[H]: whether an arm came, or stayed away no longer than chance explains.

    ``requests`` int64[H] are the arm's own of ``total`` int64[H], of which it should get the
    ``fraction``. Hours without it that follow each other are judged as one: that n requests all pass
    it by has the probability (1 - fraction) ** n, which must be at least ``alpha``.
    """
    away = requests == 0
    stretch = np.cumsum(~away)
    passed_by = np.bincount(stretch[away], weights=total[away], minlength=len(total) + 1)
    if fraction >= 1:
        explained = passed_by == 0
    else:
        explained = passed_by * np.log1p(-fraction) >= np.log(alpha)
    found: Bools = ~away | explained[stretch]
    return found


def seen(
    hours: Ints, times: tuple[float, float], fractions: tuple[float, float], policy: Policy
) -> float:
    """Hours of the stage in which both arms were there, with the policy's share of the usual traffic.

    ``times`` are its beginning and its end (POSIX seconds), ``fractions`` the shares of the pair's
    requests that control and candidate should get in it.
    """
    since_s, until_s = times
    starts = counted(hours, times, fractions, policy)
    inside = np.minimum(starts + HOUR_S, until_s) - np.maximum(starts, since_s)
    return float(inside.sum() / HOUR_S)


def counted(
    hours: Ints, times: tuple[float, float], fractions: tuple[float, float], policy: Policy
) -> Floats:
    """The starts of the hours that :func:`seen` counts, POSIX seconds, in order."""
    since_s, until_s = times
    own = hours[(hours[:, 0] + HOUR_S > since_s) & (hours[:, 0] < until_s)]
    total = own[:, 1:].sum(axis=1)
    there = total >= policy.seen_share * usual(hours)
    for arm, fraction in enumerate(fractions, 1):
        there &= by_chance(own[:, arm], total, fraction, policy.absence_alpha)
    starts: Floats = own[there & (total > 0), 0].astype(np.float64)
    return starts


def hours_in_stage(m: LiveMeasurements, policy: Policy) -> float:
    """Hours of the look's stage in which control and candidate were both seen, as far as is known."""
    look = m.without_outcomes()
    new = hourly(look.traffic, shadow=m.stage is Stage.SHADOW)
    hours = summed(np.vstack((look.past.hours, new)))
    times = m.stage_since.timestamp(), m.now.timestamp()
    if m.stage is Stage.SHADOW:  # the candidate scores what the control answers
        return seen(hours, times, (1.0, 1.0), policy)
    share = policy.rule(m.stage).share
    return seen(hours, times, (1 - share, share), policy)


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

"""Two rankings of one request made into one list, and what a click on it says of both.

**Draft.** Team draft (Radlinski, Kurup and Joachims 2008): in each round a fair coin says who picks first,
and each ranking picks its first item that is not in the list yet. **Credit** is not the team's: counting
clicks of teams is blind to some differences and rewards an item that both rankings hold alike (Hofmann
et al. 2011; Radlinski and Craswell 2013). A click on item i is weighted by what it says of each ranking's
own list, as in debiased interleaving at Amazon Search (Bi et al. 2022): with theta_k the probability that
place k is looked at, and p_i = sum_k P(i stands at k) theta_k over all coins,

    value of a ranking that has i at r_i:   theta_(r_i) / p_i   for a click on i, 0 outside of its list.

Where a click needs a look at its place and a liking of its item, the mean of these values over coins is
the clicks that each ranking's own list would get of the items that can be drafted (inverse propensities,
exact): those far down in one ranking alone never are. An item that both have at the same place says
nothing of their difference. Under other ways of clicking the weights are a rule that treats both rankings
alike, so that two equal ones tie.

**Evidence.** Lost clicks, control's value less candidate's, are summed over each user and judged as paired
losses are (:mod:`slipway.stats.paired_loss`): no single user decides, whatever it clicks.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from slipway.stats.paired_loss import PairedLosses, moments
from slipway.stats.split import Floats

MOST_DRAFTS = 4096
"""So many sets of items may be open at once; lists that need more are not interleaved."""


class Draft(NamedTuple):
    """A list from the top: its ``items`` and, of each, whether the candidate picked it."""

    items: tuple[int, ...]
    by_candidate: tuple[bool, ...]


class Credits(NamedTuple):
    """Of each item of a list: P(it stands there) and what a click on it counts for each ranking."""

    propensity: Floats
    control: Floats
    candidate: Floats


def draft(
    control: Sequence[int], candidate: Sequence[int], length: int, coins: Sequence[bool]
) -> Draft:
    """A list of at most ``length`` items of two rankings of the same items, best first.

    ``coins``, one for each two places, say whether the candidate picks first. Raises ValueError for
    rankings of other items, or too few coins.

    >>> draft([1, 2, 3], [2, 3, 1], 2, [True])
    Draft(items=(2, 1), by_candidate=(True, False))
    """
    places = _places(control, candidate, length)
    if len(coins) < (places + 1) // 2:
        raise ValueError(f"{len(coins)} coins for {places} places")
    items: list[int] = []
    teams: list[bool] = []
    for place in range(places):
        by_candidate = bool(coins[place // 2]) != bool(place % 2)
        items.append(_pick(candidate if by_candidate else control, items))
        teams.append(by_candidate)
    return Draft(tuple(items), tuple(teams))


def propensities(
    control: Sequence[int], candidate: Sequence[int], length: int
) -> dict[int, Floats]:
    """P(it stands at each place) float64[places] over fair coins, of every item that may be shown.

    Exact: sets of items that are picked by now are followed with their probabilities. Raises ValueError
    for rankings of other items, and for more than :data:`MOST_DRAFTS` sets.
    """
    places = _places(control, candidate, length)
    found: dict[int, Floats] = {}
    states: dict[frozenset[int], float] = {frozenset(): 1.0}
    for place in range(0, places, 2):
        after: dict[frozenset[int], float] = {}
        for taken, probability in states.items():
            for pair in _round(control, candidate, taken, last=place + 1 == places):
                for offset, item in enumerate(pair):
                    row = found.setdefault(item, np.zeros(places))
                    row[place + offset] += probability / 2
                both = taken | set(pair)
                after[both] = after.get(both, 0.0) + probability / 2
        if len(after) > MOST_DRAFTS:
            raise ValueError(f"more than {MOST_DRAFTS} sets of items may be drafted")
        states = after
    return found


def credits_of(
    control: Sequence[int], candidate: Sequence[int], shown: Sequence[int], curve: Sequence[float]
) -> Credits:
    """What each item of the drafted list ``shown`` counts; ``curve`` is P(a place is looked at), from the top.

    A list that is longer than the curve goes on at its last value. Raises ValueError as
    :func:`propensities`, and for a curve that is empty or not above 0.
    """
    looked = np.asarray(curve, dtype=np.float64)
    if not len(looked) or not (looked > 0).all() or not np.isfinite(looked).all():
        raise ValueError(f"examination {list(curve)}, must be above 0 at each place")
    length = len(shown)
    looked = np.pad(looked[:length], (0, max(0, length - len(looked))), mode="edge")
    at = propensities(control, candidate, length)
    stands = np.array([at[item][place] for place, item in enumerate(shown)])
    examined = np.array([at[item] @ looked for item in shown])
    values = []
    for ranking in (control, candidate):
        own = {item: looked[place] for place, item in enumerate(ranking[:length])}
        values.append(np.array([own.get(item, 0.0) for item in shown]) / examined)
    return Credits(stands, *values)


def lost_clicks(control: ArrayLike, candidate: ArrayLike, user: ArrayLike) -> PairedLosses:
    """Lists' values [n] for both rankings as paired losses: what the candidate loses of the control's clicks.

    ``user`` [n] names whose they are. A shock that all users of a day share moves the clicks of both
    rankings on the same lists, so days are no clusters of their own. Raises ValueError for shapes that
    differ, or a value that is negative or not finite.

    >>> lost_clicks([1.0, 2.0], [0.5, 2.0], ["a", "b"]).effect
    0.1666...
    """
    a, b = np.asarray(control, dtype=np.float64), np.asarray(candidate, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"values of shapes {a.shape} and {b.shape}, must be equal [n]")
    if not np.isfinite(a + b).all() or (a < 0).any() or (b < 0).any():
        raise ValueError("values must be finite and not negative")
    of_users = moments(a - b, a, user)
    return PairedLosses(len(a), float((a - b).sum()), float(a.sum()), of_users, of_users)


def _places(control: Sequence[int], candidate: Sequence[int], length: int) -> int:
    if len(set(control)) != len(control) or set(control) != set(candidate):
        raise ValueError("the rankings are not of the same items, each once")
    return min(length, len(control))


def _pick(ranking: Sequence[int], taken: Sequence[int] | frozenset[int]) -> int:
    return next(item for item in ranking if item not in taken)


def _round(
    control: Sequence[int], candidate: Sequence[int], taken: frozenset[int], *, last: bool
) -> Iterator[tuple[int, ...]]:
    """What is picked in a round under both coins; in the last place of an odd list one item alone."""
    for first, second in ((control, candidate), (candidate, control)):
        top = _pick(first, taken)
        yield (top,) if last else (top, _pick(second, taken | {top}))

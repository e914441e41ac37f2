"""Latency is compared in turns, so that a busy machine slows both."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from slipway.evaluation import latency


class Slow:
    """A ranker that takes ``cost`` ticks of the shared clock."""

    examination = ()

    def __init__(self, clock, cost):
        self.clock, self.cost, self.order = clock, cost, []

    def score(self, features):
        """Pass the time, then answer."""
        self.clock[0] += self.cost * self.clock[1]
        self.clock[2].append(self)
        return features[:, 0], features[:, 0]


def timed(candidate_cost, other_cost, mood=1.0):
    clock = [0.0, mood, []]
    a, b = Slow(clock, candidate_cost), Slow(clock, other_cost)
    found = latency.paired_ratio(a, b, np.zeros((90, 2)), 30, lambda: clock[0])
    return found, [ranker is a for ranker in clock[2]]


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.5, 20))
def test_the_ratio_is_that_of_the_costs(candidate, other, mood):
    """However slow the machine, the ratio is the models' own."""
    found, _ = timed(candidate, other, mood)
    assert np.allclose(found, candidate / other)


def test_each_goes_first_in_every_other_pair():
    """Whoever goes first meets a cold cache; both do equally often."""
    _, order = timed(1, 1)
    firsts = order[2 * latency.WARM_UP :: 2]
    assert sum(firsts) == len(firsts) / 2


def test_bounds_hold_the_truth():
    """On noisy pairs of equal models 95 % bounds miss the ratio 1 in about 5 % of the cases."""
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(100):
        found = latency.ratio_of(rng.lognormal(0, 0.3, (latency.PAIRS, 2)))
        missed += not found.lower <= 1 <= found.upper
    assert missed <= 12


def test_one_hiccup_does_not_matter():
    """A single pair a thousand times slower leaves the ratio alone."""
    seconds = np.ones((300, 2))
    seconds[7, 0] = 1000
    assert latency.ratio_of(seconds) == (1.0, 1.0, 1.0)

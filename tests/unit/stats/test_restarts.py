"""E-processes begun one after the other: against a plain product, as properties, and by their error rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.policy import Policy
from slipway.stats.eprocess import harm, likelihoods, split
from slipway.stats.restarts import Restarts, process, restarted, since, strongest

POLICY = Policy()
MIX = {"effects": POLICY.harm_effects, "weights": POLICY.harm_weights}


CONTROL, CANDIDATE, RATE = 500, 9_000, 0.05


def blocks(rng, effect, n=120):
    """A small control beside most of the users."""
    x0 = rng.binomial(CONTROL, RATE, n)
    x1 = rng.binomial(CANDIDATE, RATE * (1 + effect), n)
    return split(np.full(n, CONTROL), x0, np.full(n, CANDIDATE), x1)


def parts_of(data):
    return likelihoods(data, null_ratio=1.0, ratios=[1 - effect for effect in MIX["effects"]])


def test_each_process_is_that_of_its_own_blocks():
    """The mean over starts is that of processes which were only ever shown what came after them."""
    data, places = blocks(np.random.default_rng(1), -0.05), [0, 30, 77]
    alone = []
    for place in places:
        tail = split(*(part[place:] for part in data))
        path = np.exp(harm(tail, **MIX).log_path)
        alone.append(np.concatenate((np.ones(place), path)))
    expected = np.log((sum(alone) + 2) / 5)  # two of five have not begun: they stand at 1
    found = restarted(parts_of(data), MIX["weights"], Restarts(places, 5))
    assert np.allclose(found, expected)


def test_one_start_is_the_plain_process():
    """Without restarts nothing is new."""
    data = blocks(np.random.default_rng(2), -0.03)
    plain = harm(data, **MIX)
    found = process(restarted(parts_of(data), MIX["weights"], Restarts([0], 1)))
    assert found.log_e == pytest.approx(plain.log_e)
    assert found.log_peak == pytest.approx(plain.log_peak)


def test_a_good_time_before_buys_nothing():
    """Fifty good blocks hide a loss from a process that saw them, and not from one begun after them."""
    rng = np.random.default_rng(3)
    good, bad = blocks(rng, 0.3, 50), blocks(rng, -0.2, 70)
    data = split(*(np.concatenate(both) for both in zip(good, bad, strict=True)))
    parts, weights = parts_of(data), MIX["weights"]
    assert since(parts, weights, 0)[-1] < 0 < since(parts, weights, 50)[-1]
    places = [0, 25, 50, 75]
    assert restarted(parts, weights, Restarts(places, 4))[-1] > np.log(20)
    assert strongest(parts, weights, Restarts(places, 4)) == 50


@given(
    st.integers(0, 10_000), st.lists(st.integers(0, 60), min_size=1, max_size=5), st.integers(0, 3)
)
def test_evidence_is_between_its_worst_and_its_best_start(seed, places, more):
    """A mean of processes, those to come at 1: never above the largest, nor below the smallest."""
    data = blocks(np.random.default_rng(seed), -0.05, 60)
    parts, weights = parts_of(data), MIX["weights"]
    planned = len(places) + more
    found = restarted(parts, weights, Restarts(sorted(places), planned))
    each = np.stack([since(parts, weights, place) for place in places])
    assert (found <= np.maximum(each.max(axis=0), 0) + 1e-9).all()
    assert (found >= np.minimum(each.min(axis=0), 0) - 1e-9).all()
    assert found[0] == pytest.approx(np.log(np.mean([*np.exp(each[:, 0]), *[1.0] * more])))


def test_no_data_and_no_start():
    """Nothing seen is no evidence; starts that were not planned are an error."""
    none = np.zeros((4, 0))
    assert process(restarted(none, MIX["weights"], Restarts([0], 3))) == (
        0.0,
        0.0,
        pytest.approx([]),
    )
    for places, planned in (([], 2), ([0, 1, 2], 2)):
        with pytest.raises(ValueError, match="starts"):
            restarted(np.zeros((4, 3)), MIX["weights"], Restarts(places, planned))


def test_all_starts_together_err_as_seldom_as_one():
    """Of 600 champions that lose nothing at most alpha is ever stopped, with a start every tenth block."""
    rng = np.random.default_rng(4)
    restarts, alarms = Restarts(list(range(0, 120, 10)), 12), 0
    for _ in range(600):
        path = restarted(parts_of(blocks(rng, 0.0)), MIX["weights"], restarts)
        alarms += path.max() >= np.log(1 / POLICY.alpha)
    assert alarms / 600 <= POLICY.alpha

"""Sums that hold all evidence: against the blocks they came from, split anywhere, many at once."""

import numpy as np
import pytest
from slipway.domain.policy import Policy
from slipway.stats.eprocess import (
    Split,
    harm,
    log_path,
    mixture,
    non_inferiority,
    relative_effect,
    split,
    superiority,
)
from slipway.stats.ratio_sums import FARTHEST, log_likelihood, nothing, ratio_sums, shares, trials

POLICY = Policy()
MIX = {"effects": POLICY.harm_effects, "weights": POLICY.harm_weights}


def week(rng, releases=(), blocks=2016, mean=3000):
    """A week of five-minute blocks whose shares and rates wander; ``releases`` are leading axes."""
    shape = (*releases, blocks)
    share = np.clip(rng.beta(2, 8, shape), 1e-3, 1)
    n1, n0 = (rng.poisson(mean * part, shape) for part in (share, 1 - share))
    rate = 0.05 * np.exp(0.5 * np.sin(np.arange(blocks) / 46))
    return split(n0, rng.binomial(n0, rate), n1, rng.binomial(n1, rate * 0.97))


def head(data, cut):
    return Split(*(part[..., :cut] for part in data))


def tail(data, cut):
    return Split(*(part[..., cut:] for part in data))


def test_sums_give_the_likelihood_of_any_ratio():
    """From the sums of a week, every ratio's log-likelihood is that of its blocks, to rounding."""
    data = week(np.random.default_rng(1))
    n0, x0, n1, x1 = data
    share = n1 / np.maximum(n0 + n1, 1)
    ratios = np.append(np.exp(np.linspace(-1, 1, 23) * np.log(FARTHEST)), [0.98, 1.0])
    direct = [(x1 * np.log(r) - (x0 + x1) * np.log(share * r + 1 - share)).sum() for r in ratios]
    assert log_likelihood(ratio_sums(data), ratios) == pytest.approx(np.array(direct), abs=1e-8)
    assert trials(ratio_sums(data)) == n1.sum()
    fewer = ratios[ratios <= 1]
    share, drawn = shares(data, fewer=True)
    direct = [(x1 * np.log(r) - drawn * np.log(share * r + 1 - share)).sum() for r in fewer]
    found = log_likelihood(ratio_sums(data), fewer, fewer=True)
    assert found == pytest.approx(np.array(direct), abs=1e-8)


@pytest.mark.parametrize("cut", [0, 1, 700, 2016])
@pytest.mark.parametrize(
    "judge",
    [
        lambda d, **k: harm(d, **MIX, **k),
        lambda d, **k: superiority(d, **MIX, **k),
        lambda d, **k: non_inferiority(d, margin=0.02, **k),
    ],
)
def test_evidence_goes_on_where_it_stopped(cut, judge):
    """Blocks folded into sums, then new blocks: the same evidence as all blocks at once."""
    data = week(np.random.default_rng(2))
    whole = judge(data, design_effect=1.7)
    first, then = judge(head(data, cut), design_effect=1.7), tail(data, cut)
    later = judge(then, design_effect=1.7, before=ratio_sums(head(data, cut)))
    assert later.log_e == pytest.approx(whole.log_e, abs=1e-8)
    assert max(first.log_peak, later.log_peak) == pytest.approx(whole.log_peak, abs=1e-8)
    assert later.log_path == pytest.approx(whole.log_path[cut:], abs=1e-8)


def test_sums_of_disjoint_times_add():
    """However a week is cut into pieces, the pieces' sums add up to the week's."""
    data = week(np.random.default_rng(3))
    pieces = sum(
        (ratio_sums(Split(*(p[a : a + 12] for p in data))) for a in range(0, 2016, 12)), nothing()
    )
    assert pieces == pytest.approx(ratio_sums(data), rel=1e-12)


def test_bounds_need_only_the_sums():
    """The confidence sequence from blocks and from their sums is the same."""
    data = week(np.random.default_rng(4))
    nobody = tail(data, 2016)
    there = relative_effect(data, **MIX, alpha=0.05, design_effect=1.3)
    kept = relative_effect(nobody, **MIX, alpha=0.05, design_effect=1.3, before=ratio_sums(data))
    assert kept == pytest.approx(there, abs=1e-9)


def test_many_releases_at_once_are_each_as_alone():
    """Leading axes are releases: each path is the one it has alone, each with its own design_effect."""
    data = week(np.random.default_rng(5), releases=(3, 2), blocks=50)
    divisor = np.array([[1.0, 2.0], [1.5, 1.0], [7.0, 3.0]])
    known = {"null_ratio": 1.0, "ratios": [0.9, 0.8], "weights": [0.5, 0.5]}
    cut = head(data, 20)
    paths = log_path(tail(data, 20), design_effect=divisor, before=ratio_sums(cut), **known)
    for place in np.ndindex(3, 2):
        alone = mixture(Split(*(p[place] for p in data)), design_effect=divisor[place], **known)
        assert paths[place] == pytest.approx(alone.log_path[20:], abs=1e-9)


@pytest.mark.parametrize("ratio", [FARTHEST * 1.01, 0.0, -1.0, np.nan])
def test_a_ratio_beyond_reach_is_refused(ratio):
    """Outside the nodes nothing is known, and nothing is said."""
    with pytest.raises(ValueError, match="within"), np.errstate(all="ignore"):
        log_likelihood(nothing(), [ratio])


@pytest.mark.parametrize("bad", [0.5, -1, np.nan, np.inf])
@pytest.mark.parametrize("place", range(4))
def test_broken_counts_are_refused_wherever_they_stand(bad, place):
    """A count that is negative, not whole or not finite is an error in every place."""
    counts = [np.array([100.0, 100.0]), np.array([5.0, 5.0])] * 2
    counts[place] = counts[place] + np.array([0.0, bad if bad != -1 else -200])
    with pytest.raises(ValueError, match="counts"):
        split(*counts)

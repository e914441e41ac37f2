"""Mixtures of e-values: one formula in the normal limit, plain sums, and error under dependence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.eprocess import harm, split
from slipway.stats.mixtures import NI_WEIGHTS, information_for, log_evidence, weighted_log_e

NUMBERS = st.floats(-20, 20)


@given(score=NUMBERS, info=st.floats(0.01, 50), null=st.floats(-2, 2), other=st.floats(-2, 2))
def test_the_evidence_is_the_mixture_of_likelihood_ratios(score, info, null, other):
    """Against a plain sum of ratios of two normal densities of the score."""

    def log_density(theta):
        return -((score - theta * info) ** 2) / (2 * info)

    ratios = [math.exp(log_density(a) - log_density(null)) for a in (other, null)]
    expected = math.log(sum(w * r for w, r in zip(NI_WEIGHTS, ratios, strict=True)))
    found = log_evidence(score, info, null=null, alternatives=[other, null], weights=NI_WEIGHTS)
    assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_many_releases_are_judged_as_each_of_them():
    """Played beside others, a release has the evidence it has alone."""
    rng = np.random.default_rng(1)
    score, info = rng.normal(size=(2, 50))
    info, lost = info**2, np.log1p(-rng.uniform(0.01, 0.2, 50))
    both = log_evidence(
        score, info, null=lost, alternatives=np.stack((0 * lost, -lost)), weights=NI_WEIGHTS
    )
    for k in range(50):
        alone = log_evidence(
            score[k], info[k], null=lost[k], alternatives=[0.0, -lost[k]], weights=NI_WEIGHTS
        )
        assert float(alone) == pytest.approx(float(both[k]), rel=1e-12)


def test_information_for_an_e_value_gives_it_on_average():
    """At that information a candidate as good as the control has the wanted log-evidence in the mean."""
    distance = 0.02
    info = information_for(20.0, distance)
    score = 0.0  # the mean score without an effect
    parts = (0.0 - -distance) * (score + distance * info) - distance**2 * info / 2
    assert math.log(NI_WEIGHTS[0]) + parts == pytest.approx(math.log(20.0))


def test_equals_the_plain_weighted_sum():
    """Working with logarithms changes nothing."""
    e = np.array([3.0, 0.2, 17.0])
    assert np.exp(weighted_log_e(np.log(e), [0.4, 0.4, 0.2])) == pytest.approx(e @ [0.4, 0.4, 0.2])


def test_identical_members_keep_the_error_rate():
    """Nine members that see the same data, full dependence, return at most 5 % at no effect."""
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(1000):
        n = np.full(60, 500)
        x = rng.binomial(n, 0.1), rng.binomial(n, 0.1)
        log_e = harm(split(n, x[0], n, x[1]), effects=(0.05, 0.2), weights=(0.5, 0.5)).log_path
        alarms += max(weighted_log_e([v] * 9, [1 / 9] * 9) for v in log_e[::5]) >= np.log(20)
    assert alarms / 1000 <= 0.05


@pytest.mark.parametrize(
    ("log_e", "weights"), [([np.nan], [1.0]), ([0.0], [1.5]), ([0.0], [0.0]), ([0.0, 1.0], [0.5])]
)
def test_impossible_families_are_refused(log_e, weights):
    """NaN, weights above 1 in sum, or not positive, are errors."""
    with pytest.raises(ValueError, match=r"weights"):
        weighted_log_e(log_e, weights)


def test_infinite_proof_stays_infinite():
    """A member that is certain makes the family certain; an empty family knows nothing."""
    assert weighted_log_e([np.inf, 0.0], [0.5, 0.5]) == np.inf
    assert weighted_log_e([], []) == 0

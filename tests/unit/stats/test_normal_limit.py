"""The rule in its normal limit: one formula, for one number and for many."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.normal_limit import NI_WEIGHTS, information_for, log_evidence

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

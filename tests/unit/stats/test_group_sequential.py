"""The e-processes beside group-sequential bounds, which are held to published tables first."""

import numpy as np
import pytest
from group_sequential import crossing, lan_demets_obrien_fleming
from slipway.domain.policy import Policy
from slipway.stats import means
from slipway.stats.means import MeanEvidence

POLICY = Policy()
MIX = {"effects": POLICY.harm_effects, "weights": POLICY.harm_weights}


def test_the_reference_is_the_published_one():
    """Five looks at 5 % give the bounds of Lan and DeMets' table."""
    found = lan_demets_obrien_fleming(5)
    assert found == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=0.01)


@pytest.mark.parametrize(
    ("looks", "error"), [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193)]
)
def test_peeking_at_a_fixed_bound_errs_as_published(looks, error):
    """Armitage, McPherson and Rowe's table: 1.96 at every look errs far above 5 %."""
    assert sum(crossing([1.96] * looks)) == pytest.approx(error, abs=0.002)


def test_harm_is_found_no_later_than_by_few_looks():
    """At -5 % the e-process, looked at all the time, needs less than five group-sequential looks."""
    rng, effect, steps, total = np.random.default_rng(9), -0.05, 100, 20_000.0
    bounds, information = lan_demets_obrien_fleming(5, 0.1), np.linspace(200.0, total, steps)
    looks, used = np.arange(1, 6) * steps // 5 - 1, {"e-process": [], "five looks": []}
    for _ in range(60):
        score = effect * information + rng.normal(0, np.sqrt(total / steps), steps).cumsum()
        e = [
            means.harm(MeanEvidence(s, i, 1.0), **MIX)
            for s, i in zip(score, information, strict=True)
        ]
        z = (score / np.sqrt(information))[looks]
        crossed = {
            "e-process": np.flatnonzero(np.array(e) >= np.log(1 / POLICY.alpha)),
            "five looks": looks[np.flatnonzero(-z >= bounds)],
        }
        for rule, where in crossed.items():
            used[rule].append(information[where[0]] if len(where) else total)
    assert np.mean(used["e-process"]) < 0.8 * np.mean(used["five looks"])

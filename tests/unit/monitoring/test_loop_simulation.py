"""Weeks of a world in which a model is retrained on its own clicks."""

import numpy as np
import pytest
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion
from slipway.gates import FEEDBACK_LOOP, judge
from slipway.monitoring.loop_simulation import Learner, simulate
from support.loop_worlds import fresh_scores, loop_world


def run(learner, seed=1, weeks=5):
    world, told = loop_world(seed, requests=100_000), []
    rng = np.random.default_rng(seed)
    found = simulate(
        world, learner, fresh_scores(seed), weeks, LoopPolicy(), rng, progress=told.append
    )
    return found, told


@pytest.mark.parametrize("learner", Learner)
def test_a_loop_is_seen_and_a_healthy_model_is_not_accused(learner):
    """Whoever learns from its own clicks alone fails, who corrects for places and explores does not."""
    found, told = run(learner)
    failed = judge(FEEDBACK_LOOP, found.measured, LoopPolicy()).conclusion is Conclusion.FAIL
    assert failed is (learner is not Learner.POSITION_BASED)
    assert told == [1, 2, 3, 4, 5]


def test_learning_from_chance_leads_to_a_better_place():
    """At the end the position-based model is near the best ranking, the count of clicks far from it."""
    fair, popular = (run(each)[0].value[-1] for each in (Learner.POSITION_BASED, Learner.POPULAR))
    assert fair > 0.95
    assert popular < 0.8


def test_the_same_numbers_lead_to_the_same_weeks():
    """A simulation is a function of its world and its random numbers."""
    assert run(Learner.OWN_CLICKS) == run(Learner.OWN_CLICKS)

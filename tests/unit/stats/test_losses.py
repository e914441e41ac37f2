"""Losses are those of scikit-learn, and lie lowest at the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from slipway.stats import losses

RNG = np.random.default_rng(0)
PROBABILITY, HAPPENED = RNG.uniform(0.01, 0.99, 500), (RNG.random(500) < 0.3).astype(float)
ANSWER, COUNT = RNG.gamma(2, 1, 500), RNG.poisson(2, 500).astype(float)
AMOUNT = np.where(RNG.random(500) < 0.6, 0.0, RNG.lognormal(0, 1, 500))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (losses.log_loss(PROBABILITY, HAPPENED), metrics.log_loss(HAPPENED, PROBABILITY)),
        (losses.poisson_deviance(ANSWER, COUNT), metrics.mean_poisson_deviance(COUNT, ANSWER)),
        (
            losses.tweedie_deviance(ANSWER, AMOUNT),
            metrics.mean_tweedie_deviance(AMOUNT, ANSWER, power=losses.TWEEDIE_POWER),
        ),
        (losses.squared_error(ANSWER, COUNT), metrics.mean_squared_error(COUNT, ANSWER)),
    ],
)
def test_the_mean_is_scikit_learns(found, expected):
    """Each loss, averaged, is what scikit-learn computes."""
    assert found.mean() == pytest.approx(expected, rel=1e-9)


def test_ranking_is_scikit_learns_and_ties_count_half():
    """The area under the curve agrees, with and without ties."""
    for answer in (PROBABILITY, np.round(PROBABILITY, 1)):
        assert losses.auc(answer, HAPPENED) == pytest.approx(
            metrics.roc_auc_score(HAPPENED, answer), abs=1e-12
        )


@given(st.floats(0.05, 20), st.floats(0.05, 20), st.sampled_from(["poisson", "tweedie", "squared"]))
def test_the_truth_is_never_beaten(truth, other, name):
    """No other single answer has a lower mean loss than the mean outcome."""
    loss = {
        "poisson": losses.poisson_deviance,
        "tweedie": losses.tweedie_deviance,
        "squared": losses.squared_error,
    }[name]
    outcome = truth * np.array([0.0, 0.5, 1.0, 2.5])
    best, lie = (loss(np.full(4, answer), outcome).mean() for answer in (truth, other))
    assert best <= lie + 1e-9


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_equal_models_do_not_differ(answers):
    """Against itself no answer shifts, and no decision flips."""
    assert losses.shift(answers, answers) == 0.0
    assert losses.flips(answers, answers, 0.5) == 0.0


def test_lift_and_nonsense():
    """The best tenth of a perfect order holds ten times its share; what is undefined is an error."""
    happened = np.r_[np.ones(10), np.zeros(90)]
    assert losses.lift(happened, happened) == pytest.approx(10)
    for broken in (
        lambda: losses.lift([1.0], [0.0]),
        lambda: losses.auc([1.0, 2.0], [1.0, 1.0]),
        lambda: losses.poisson_deviance([1.0], [-1.0]),
        lambda: losses.squared_error([np.nan], [1.0]),
    ):
        with pytest.raises(ValueError, match=r".+"):
            broken()

"""Quality before outcomes of real rows: right under moved inputs, silent where nothing can be said."""

import numpy as np
import pyarrow as pa
import pytest
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.estimate import (
    Estimate,
    ScoredRows,
    codes_of,
    density_ratio,
    estimate,
    features_of,
)
from slipway.stats.expected_quality import measures

POLICY = WatchPolicy(estimate_draws=30)


def rows(n, seed, shift=0.0):
    """Two inputs; the model reads the first alone and is wrong by the second."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (n, 2)) + np.array([0.0, shift])
    truth = 1 / (1 + np.exp(0.5 - x[:, 0] - 0.8 * x[:, 1]))
    return ScoredRows(x, 1 / (1 + np.exp(0.5 - x[:, 0])), (rng.random(n) < truth).astype(float))


def test_moved_inputs_move_the_estimate():
    """The second input rises: more outcomes come than the scores say, and the density ratio knows it."""
    past, now = rows(6000, 1), rows(3000, 2, shift=0.7)
    found, real = estimate(past, now, POLICY), measures(now.score, now.outcome, 0.5)
    rate = found.measures["positive_rate"]
    plain = past.outcome.mean()
    assert abs(rate.estimate - real["positive_rate"]) < 0.3 * abs(plain - real["positive_rate"])
    assert Estimate.from_dict(found.to_dict()) == found


def test_nothing_is_said_without_rows_like_them():
    """ScoredRows far from all of the past, too few of them, or a past of one kind: UNDECIDED, with numbers."""
    past = rows(3000, 3)
    far = estimate(past, rows(1000, 4, shift=9.0), POLICY)
    assert far.undecided.startswith("UNDECIDED")
    assert not far.measures
    assert "rows of now" in estimate(past, rows(10, 5), POLICY).undecided
    none = past._replace(outcome=np.zeros(3000))
    assert "0 of 3000" in estimate(none, rows(1000, 6), POLICY).undecided


def test_the_density_ratio_is_that_of_two_normal_distributions():
    """Of N(.5, 1) to N(0, 1) it is exp(.5 x - .125): known, and mean 1 over the past."""
    rng = np.random.default_rng(8)
    past, now = rng.normal(0, 1, (8000, 1)), rng.normal(0.5, 1, (8000, 1))
    old, _ = density_ratio(past, now)
    assert old.mean() == pytest.approx(1.0)
    middle = np.abs(past[:, 0]) < 1.5
    error = old[middle] / np.exp(0.5 * past[middle, 0] - 0.125) - 1
    assert abs(np.median(error)) < 0.1
    assert np.quantile(np.abs(error), 0.8) < 0.25


def test_categories_are_numbers_by_how_frequent_they_are():
    """Values that are not known share one number, missing ones are NaN."""
    past, now = pa.table({"c": ["a", "b", "a"]}), pa.table({"c": ["b", "new", None]})
    found = features_of(now, {"c": codes_of(past["c"])})[:, 0]
    assert found[:2].tolist() == [1.0, 2.0]
    assert np.isnan(found[2])

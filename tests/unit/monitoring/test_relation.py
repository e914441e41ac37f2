"""A changed relation is found within two weeks, changed inputs and promotions are none."""

import numpy as np
import pytest
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.relation import Place, added, changes, combined, reference, without_outcome
from slipway.stats.distribution_shift import Shift
from slipway.stats.residual_change import sums_of

from tests.relation_kit import CHANGED, World, judged


@pytest.mark.parametrize("changed", CHANGED)
def test_a_changed_relation_is_found_within_two_weeks(changed):
    """Outcomes that are rarer, flatter, turned with one input, or rarer in a fifth of the rows."""
    found = judged(World(weeks=16, rows=20_000), 3, changed=changed, at=14)
    assert not found.alarms[:, :14].any()
    assert found.alarms[:, 14:].any()


def test_changed_inputs_are_no_changed_relation():
    """All inputs move by half a sd, and the model was never quite right: no note."""
    assert not judged(World(weeks=30), 4, at=22, shifted=0.5).alarms.any()


def test_a_promotion_is_no_changed_relation():
    """Another version's residuals are held against its own from the canary on."""
    found = judged(World(weeks=30, promoted=22), 5)
    assert not found.alarms.any()
    assert found.known[:, 22:].all()


def test_quiet_years_stay_quiet():
    """Of 12 years of seasons and wobble at most 2 hold any note."""
    years = [judged(World(rows=1500, columns=4), seed).alarms.any() for seed in range(12)]
    assert sum(years) <= 2


def test_what_a_version_never_was_beside_says_nothing():
    """Without rows of the same version before, nothing is compared."""
    sums = sums_of([0.5] * 80, [0, 1] * 40, [0] * 80, 1)
    now, before = {Place("2", "score"): sums}, {Place("1", "score"): sums}
    assert not changes(now, before, "click", "score", WatchPolicy())
    assert changes(now, now, "click", "score", WatchPolicy())


def test_the_week_before_is_no_reference_where_older_ones_say_enough():
    """A change that began in it must be seen in this week, too; a version that was small before counts whole."""
    few, many = (sums_of([0.5] * n, [0, 1] * (n // 2), [0] * n, 1) for n in (80, 200))
    old, new, canary = Place("1", "score"), Place("2", "score"), Place("3", "score")
    found = reference({old: few, canary: few}, {old: few, new: few, canary: many})
    assert found[old][:, 0].sum() == found[new][:, 0].sum() == 80
    assert found[canary][:, 0].sum() == 280


def test_two_versions_say_what_both_know():
    """The surer one weighs more, and together they are surer than either."""
    both = combined([Shift(1.0, 0.1), Shift(0.0, 0.2)])
    assert both.value == pytest.approx(0.8)
    assert both.se < 0.1
    assert np.isnan(combined([]).value)


def test_outcomes_that_never_come_are_seen():
    """Rows without one single outcome are not delivered; a week without rows is another matter."""
    silent = {Place("1", "score"): sums_of([0.3] * 50, [0] * 50, [0] * 50, 1)}
    heard = {Place("1", "score"): sums_of([0.3] * 50, [1] + [0] * 49, [0] * 50, 1)}
    assert without_outcome(silent, "score")
    assert not without_outcome(heard, "score")
    assert not without_outcome(added([silent, heard]), "score")
    assert not without_outcome({}, "score")

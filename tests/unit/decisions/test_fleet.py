"""Many releases at once end as each of them would alone, look by look."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.decisions.crowd import Crowd
from benchmarks.decisions.fleet import Fleet
from benchmarks.decisions.scene import Scene
from slipway.domain.policy import Policy

SCENE = Scene(daily=4_000_000, blocks_per_day=8)
SCENES = {
    "harmful": replace(SCENE, effect=-0.05),
    "neutral": replace(SCENE, drift=0.3),
    "clustered": replace(SCENE, effect=-0.1, session=5, active=0.3, visits=4),
    "delayed": replace(SCENE, effect=-0.1, delay_hours=2.0, wait_hours=6.0),
    "out of ratio": replace(SCENE, lost=0.5, session=4),
    "slower": replace(SCENE, slow_ratio=1.6),
    "segments": replace(SCENE, effect=-0.2, segments=4),
    "uneasy": replace(SCENE, unease=0.2),
    "into a weekend": replace(SCENE, begins_on=4),
}
QUICK = tuple(replace(rule, min_hours=3.0) for rule in Policy().canary)
POLICY = Policy(timeout_days=1.5, canary=QUICK, both_weekday_types=False)


BOTH_KINDS = replace(POLICY, both_weekday_types=True)


def sail(scene, *, always=False, releases=12, seed=5):
    """Releases of one scene; where the day of the week counts, it decides too."""
    policy = BOTH_KINDS if scene.begins_on is not None else POLICY
    return Fleet(Crowd(scene, policy, seed=seed, releases=releases), policy, always=always).sail()


@pytest.mark.parametrize("name", SCENES)
def test_gates_asked_only_where_they_can_change_decide_as_at_every_look(name):
    """Skipping looks at which no conclusion can change changes no release, and saves looks."""
    every, some = sail(SCENES[name], always=True), sail(SCENES[name])
    for field in ("ending", "stage", "cause", "days", "exposures", "nats", "design_effect"):
        np.testing.assert_array_equal(getattr(every, field), getattr(some, field), err_msg=field)
    assert some.looks.sum() < every.looks.sum()


def test_releases_end_as_their_truth_deserves():
    """Harm is returned by the harm gate, a loss of users by the sample ratio, good is released."""
    harmful = sail(replace(SCENE, effect=-0.1))
    assert set(harmful.cause) == {"harm"}
    assert set(harmful.ending) == {"returned"}
    assert "sample_ratio" in set(sail(SCENES["out of ratio"]).cause)
    assert (sail(replace(SCENE, effect=0.05)).ending == "champion").mean() > 0.8
    assert (sail(replace(SCENE, daily=4_000)).ending == "timed_out").all()


def test_both_kinds_of_day_are_waited_for():
    """Begun on Fridays, a release is ended on a weekend; on Mondays, none within a day and a half."""
    assert "champion" in sail(SCENES["into a weekend"]).ending
    assert set(sail(replace(SCENE, begins_on=0)).ending) <= {"timed_out", "returned"}


def test_equal_seeds_give_equal_releases():
    """A cell is reproduced bit for bit, and another seed is another world."""
    one, two = sail(SCENES["harmful"]), sail(SCENES["harmful"])
    np.testing.assert_array_equal(one.exposures, two.exposures)
    assert (one.exposures != sail(SCENES["harmful"], seed=6).exposures).any()

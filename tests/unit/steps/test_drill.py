"""What is due follows from the policy and from the drills that are kept; a damaged one is as good as none."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.data import json_file
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.policy import Policy
from slipway.release import drills
from slipway.release.drills import Drill
from slipway.steps import context, drill

ASKED = Policy(drill_max_age_days=30)


@pytest.fixture
def kept(home):
    """A drill of ten days ago that passed."""
    at = context.now() - timedelta(days=10)
    found = Drill("feed", at, "ops", "3", "2", 8, 0.6, 30.0, 2, True, ())
    path = drills.path_of(home, found)
    path.parent.mkdir(parents=True)
    json_file.write(path, found.to_dict())
    return found, path


def test_a_policy_that_asks_is_held_against_the_last_drill(kept):
    """Old enough to be due only under a policy that asks for a younger one; others ask for none."""
    now = context.now()
    assert drill.last("feed") == kept[0]
    assert drill.due("feed", ASKED, now) == ""
    assert "10.0 days old" in drill.due("feed", replace(ASKED, drill_max_age_days=5), now)
    assert drill.due("feed", Policy(), now) == drill.due("posts", ClusterPolicy(), now) == ""


@pytest.mark.parametrize(
    "changed", [None, {"at": "2026-01-05T00:00:00"}, {"passed": "no"}, {"ways": 7}, {"at": 7}]
)
def test_a_damaged_drill_is_none(kept, changed):
    """What cannot be read, or be set beside other times, promotes nobody and is no error."""
    kept[1].write_text(json.dumps(kept[0].to_dict() | changed) if changed else "[" * 100_000)
    assert drill.last("feed") is None
    assert "none has passed yet" in drill.due("feed", ASKED, context.now())

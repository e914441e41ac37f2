"""Lists are interleaved only where there are lists, and where Slipway's router makes them."""

from dataclasses import replace

import pytest
from slipway.domain.errors import BadConfig
from slipway.domain.traffic import FlagFile
from slipway.lines import load
from slipway.release.explain import explain

FEED, BIKE = load("feed"), load("bike")


@pytest.mark.parametrize("share", [-0.1, 0.5, float("nan")])
def test_a_share_that_cannot_be_is_refused(share):
    """As every knob of a policy."""
    with pytest.raises(BadConfig, match="interleave_share"):
        replace(FEED.policy, interleave_share=share)


def test_single_items_and_lists_of_others_are_refused():
    """One clear line for a line of single answers, of lists of one, and one whose own servers answer."""
    on = replace(FEED.policy, interleave_share=0.02)
    assert replace(FEED, policy=on).policy.stages != FEED.policy.stages
    with pytest.raises(BadConfig, match="single items"):
        replace(FEED, policy=on, exposure=replace(FEED.exposure, length=1))
    with pytest.raises(BadConfig, match="single items"):
        replace(BIKE, policy=replace(BIKE.policy, interleave_share=0.02))
    with pytest.raises(BadConfig, match="its own servers make the lists"):
        replace(FEED, policy=on, traffic=(FlagFile("/flags.json"),))
    why = replace(on, no_interleaving_because="one shelf is one list")
    assert replace(FEED, policy=why, traffic=(FlagFile("/flags.json"),)).traffic


def test_the_policy_says_that_it_interleaves_or_why_not():
    """In the words that a team reads before anything is released."""
    assert "interleaved skipped: its share is 0." in explain(FEED)
    on = explain(replace(FEED, policy=replace(FEED.policy, interleave_share=0.02)))
    assert "2.0% of users see one list drafted of both models'" in on

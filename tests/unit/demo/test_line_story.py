"""The demo of any line: its times, its policy and its candidates follow from the declaration."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slipway import lines
from slipway.demo import line_policy, line_story, show
from slipway.demo.line_candidates import HARMFUL, plot
from slipway.domain.errors import BadConfig, UnknownReference
from slipway.domain.model import Adopt
from slipway.domain.schedule import Schedule

WITH_REQUESTS = [name for name in lines.names() if name != "feed"]


@pytest.mark.parametrize(
    ("cron", "zone", "until", "tick"),
    [
        ("0 6 * * 1", "UTC", "2025-03-03T05:59", "2025-02-24T06:00"),
        ("0 6 1 * *", "America/New_York", "2025-03-04T00:00", "2025-03-01T11:00"),
        ("0 6 1 * *", "America/New_York", "2025-07-04T00:00", "2025-07-01T10:00"),
        ("*/15 * * * *", "UTC", "2025-03-04T10:44", "2025-03-04T10:30"),
        ("30 4,16 * * 0-2", "Asia/Tokyo", "2025-03-06T00:00", "2025-03-04T07:30"),
        ("0 0 29 2 *", "UTC", "2025-03-04T00:00", "2024-02-29T00:00"),
        ("0 0 13 * 5", "UTC", "2025-03-12T00:00", "2025-03-07T00:00"),  # of two days one is enough
        ("0 0 * * 7", "UTC", "2025-03-04T00:00", "2025-03-02T00:00"),
    ],
)
def test_the_last_tick_of_a_schedule_is_found(cron, zone, until, tick):
    """In the line's zone, on either side of a change of clocks, as cron reads two days that are named."""
    at = Schedule(cron, zone).last(datetime.fromisoformat(until).replace(tzinfo=UTC))
    assert at == datetime.fromisoformat(tick).replace(tzinfo=UTC)


def test_a_day_that_never_comes_is_refused():
    """A cron of the 30th of February has no last time."""
    with pytest.raises(BadConfig, match="a day that comes"):
        Schedule("0 0 30 2 *").last(datetime(2025, 3, 4, tzinfo=UTC))


@pytest.mark.parametrize("name", WITH_REQUESTS)
def test_a_demo_s_policy_turns_margins_and_times_alone(tmp_path, name):
    """Error budgets and effects looked for are the line's own, no margin gets tighter, no hold-out smaller."""
    line = lines.load(name)
    path = tmp_path / "policy.toml"
    path.write_text(line_policy.toml(line))
    turned = list(show.differences(line.policy, lines.load(name, path).policy))
    names = {knob.split(".")[-1] for knob, *_ in turned}
    assert names <= {
        *line_policy.AT_LEAST, *line_policy.AT_MOST, *line_policy.PLAIN, "shadow_min_hours",
        "timeout_days", "min_hours", "harm_excluded", "rules_share",
    }  # fmt: skip
    for knob, own, demo, _ in turned:
        if knob in line_policy.AT_LEAST:
            assert demo > own
        if knob in line_policy.AT_MOST:
            assert demo < own
        if knob == "rules_share":
            assert demo > own


@pytest.mark.parametrize("name", WITH_REQUESTS)
def test_the_past_holds_what_is_trained_on(name):
    """It begins before the oldest row of the interval's training table, and ends after the interval."""
    line = lines.load(name)
    past = line_story.past_of(line, None)
    before = line.schedule.last(past.monday - timedelta(minutes=1))
    assert past.start <= before - line.maturity - line.schedule.train
    assert past.monday < past.end <= line_story.NOW + timedelta(hours=1)


def test_candidates_follow_from_what_decides():
    """A split is harmed live; where the outcome does not depend on the answer, a blind model fails offline."""
    feed, bike = lines.load("feed"), lines.load("bike")
    split, blind = plot(feed), plot(bike)
    assert split.live_effect < 0 == blind.live_effect
    assert blind.candidates[HARMFUL].gate == "offline_loss"
    for of, line in ((split, feed), (blind, bike)):
        for candidate in of.candidates.values():
            line.recipe_with(dict(candidate.recipe))  # no word of it is refused


def test_what_cannot_be_played_is_said_before_anything_is_deleted(tmp_path, monkeypatch):
    """An adopted model has nothing to be compared with, a line of topics no requests, and a folder stays."""
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    with pytest.raises(UnknownReference, match="another kind"):
        line_story.line_story(home, "posts", None)
    own = lines.load("bike")
    adopted = replace(own, recipe=Adopt("models:/x/1", own.recipe.inputs))
    monkeypatch.setattr(lines, "load", lambda *_: adopted)
    with pytest.raises(BadConfig, match="a factory"):
        line_story.line_story(home, "bike", None)
    monkeypatch.undo()
    with pytest.raises(BadConfig, match="a folder with the files"):
        line_story.line_story(home, "bike", tmp_path / "nothing")
    assert (home / "run").is_dir()

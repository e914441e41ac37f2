"""Small pieces of the demo: its clock never jumps, its policy is told, its folder is its own."""

import io
import time
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console
from slipway import lines
from slipway.demo import film_story, opening, pace, past, setting, show
from slipway.demo.setting import Setting
from slipway.domain.errors import BadConfig, BadInput, UnknownReference
from slipway.settings import EventClock

AT = datetime(2025, 2, 17, 7, tzinfo=UTC)


def test_a_new_pace_goes_on_where_the_old_one_was(tmp_path):
    """Changing the pace never moves the event clock back nor lets it jump ahead."""
    path = tmp_path / "clock.json"
    pace.start_clock(path, AT, speed=50.0)
    wall = time.time()
    before = EventClock.from_file(path).at(wall)
    pace.set_pace(path, wall_s_per_day=12.0)
    after = EventClock.from_file(path)
    assert after.speed == 7200
    assert timedelta(0) <= after.at(time.time()) - before
    assert abs(after.at(after.wall0) - before) < timedelta(seconds=50 * (after.wall0 - wall + 1))


def test_the_demo_policy_only_turns_the_knobs_it_names():
    """The demo tells every knob it turned, and error budgets and gates are not among them."""
    production = lines.load("feed").policy
    turned = {
        name
        for name, *_ in show.differences(production, lines.load("feed", film_story.POLICY).policy)
    }
    assert "margin" in turned
    assert "canary_1.harm_excluded" in turned
    assert not {"alpha", "beta", "harm_effects", "srm_alpha", "latency_ratio_max"} & turned
    console = Console(file=io.StringIO(), width=120)
    console.print(
        show.policy_table(production, lines.load("feed", film_story.POLICY).policy, 2_000.0)
    )
    for name in (*turned, "router's budget"):
        assert name in console.file.getvalue()


def test_the_demo_deletes_no_folder_of_somebody_else(tmp_path):
    """A folder that holds something else is refused and left as it is."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadConfig, match="nothing was deleted"):
        opening.empty(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    mine = tmp_path / "mine"
    (mine / "run").mkdir(parents=True)
    opening.empty(mine)
    assert not mine.exists()


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2025, 2, 17, 5, 59, tzinfo=UTC), datetime(2025, 2, 10, 6, tzinfo=UTC)),
        (datetime(2025, 2, 17, 6, 0, tzinfo=UTC), datetime(2025, 2, 17, 6, tzinfo=UTC)),
        (datetime(2025, 2, 23, 23, 0, tzinfo=UTC), datetime(2025, 2, 17, 6, tzinfo=UTC)),
    ],
)
def test_the_last_complete_week_ends_on_monday_at_six(now, end):
    """The simulated past ends where the line's last data interval ended."""
    assert opening.last_interval_end(now) == end


def test_the_setting_gives_the_same_world_in_every_process(tmp_path):
    """The shop's process builds the world that the past was written from."""
    setting.save(tmp_path, Setting(AT.isoformat(), users=50, films=60))
    one, two = (setting.load(tmp_path).world(10) for _ in range(2))
    assert one.titles == two.titles
    with pytest.raises(UnknownReference, match="slipway up"):
        setting.load(tmp_path / "empty")
    with pytest.raises(BadConfig, match="kind"):
        Setting(AT.isoformat(), kind="martian").world(10)


def test_the_past_is_written_once(tmp_path):
    """A second start finds the past there and does not write another one."""
    before = opening.Opening(
        Setting((AT - timedelta(days=2)).isoformat(), users=50, films=60),
        AT - timedelta(hours=1),
        AT,
        weeks=0,
    )
    line = lines.load("feed")
    told = []
    first = past.write_past(tmp_path, line, before, report=told.append)
    assert first.requests > 0
    assert told[-1] == 1.0
    assert past.write_past(tmp_path, line, before, report=told.append) == first


def test_a_world_without_films_for_a_list_is_refused(tmp_path):
    """Ratings of another time have too few films on offer, which is said before anything is started."""
    known = Setting(AT.isoformat(), users=50, films=60)
    world = known.world(10)
    past.check_offer(world, opening.Opening(known, AT, AT, weeks=0))
    long_before = AT - timedelta(weeks=5_000)
    with pytest.raises(BadInput, match=r"films on offer on 1929-04-22 == 0, must be at least 30"):
        past.check_offer(world, opening.Opening(known, long_before, long_before, weeks=0))


def test_scenarios_add_up(tmp_path):
    """Changing the traffic keeps the effects, and a second effect keeps the first."""
    setting.set_scenario(tmp_path, visits_per_day=5, live_effect={"3": -0.1})
    setting.set_scenario(tmp_path, live_effect={"4": 0.1})
    setting.set_scenario(tmp_path, visits_per_day=7)
    found = setting.read(setting.folder(tmp_path) / "scenario.json", {})
    assert found == {"visits_per_day": 7, "live_effect": {"3": -0.1, "4": 0.1}}


def test_a_second_demo_in_one_folder_is_refused_at_once(tmp_path):
    """Who starts a second demo where one runs hears so in one line; after it the folder is free."""
    home = tmp_path / "home"
    with opening.alone(home), pytest.raises(BadConfig, match="no other demo"), opening.alone(home):
        pass
    with opening.alone(home):
        pass


def test_a_folder_that_nobody_may_write_to_is_one_line(tmp_path):
    """A demo in a folder where files cannot be made ends before anything starts."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match="may write to"), opening.alone(tmp_path / "file" / "home"):
        pass

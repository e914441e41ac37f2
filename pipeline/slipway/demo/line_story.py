"""The demo of any line: its generated world, two candidates, and every stage before one's eyes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from slipway import lines
from slipway.demo import line_policy, opening, pace, past_writer, setting
from slipway.demo.acts import Demo
from slipway.demo.display import Step
from slipway.demo.event_time import LOOK_AGAIN
from slipway.demo.line_candidates import GOOD, HARMFUL, Plot, plot
from slipway.demo.opening import Opening
from slipway.demo.setting import DRAWN, RECORDED, Setting
from slipway.demo.story import Story
from slipway.domain.answer_shapes import Single
from slipway.domain.line import Line

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)
"""The demo begins after the last interval of the line that ended before this."""
LEAD = timedelta(hours=1)
COUNTED_BEFORE = timedelta(weeks=1)
"""How long before its training rows the past begins, where columns count it."""
PROVES, AGAIN = timedelta(days=21), timedelta(hours=12)
"""For how long a paired shadow is seen before its first look: its evidence grows with the days; and after it."""
PAIRED_PER_DAY, LATE_PER_DAY, SPLIT_PER_DAY = 450.0, 2_000.0, 3_000.0
"""Visits of an event day: a paired shadow decides on a fraction of what a split needs, and where outcomes come
late a stage lasts for weeks anyway.
"""
BUDGET_MS = 5_000.0
"""A model of a team's own takes milliseconds, and a machine may be busy: who errs must not depend on that."""
WALL_S_PER_DAY, LONG_WALL_S_PER_DAY = 8.0, 2.5

STEPS = (
    Step("writing the past and starting the servers", 40),
    Step("training the first candidate", 25),
    Step("the first release", 110),
    Step("training the harmful candidate", 25),
    Step("its release", 40),
)


def line_story(home: Path, name: str, data: Path | None) -> Story:
    """The story of the line ``name``, with its folder emptied and its world made.

    Raises SlipwayError where nothing can be played.
    """
    own = lines.load(name)
    past = past_of(own, data)
    plot(own)  # what cannot be played is said before anything is deleted
    if data:
        past_writer.check(name, data)
    opening.check_room(home)
    opening.empty(home)
    home.mkdir(parents=True, exist_ok=True)
    policy_file = home / "demo_policy.toml"
    policy_file.write_text(line_policy.toml(own, recorded=data is not None), encoding="utf-8")
    line = lines.load(name, policy_file)
    played = plot(line)
    paired = line.primary.exogenous
    late = line_policy.is_late(line)
    return Story(
        line=name,
        policy_file=policy_file,
        past=past,
        candidates=played.candidates,
        steps=STEPS,
        play=partial(play, played),
        title=f"Two candidates of {name} down the slipway",
        data=data,
        asked="answers" if isinstance(line.exposure, Single) else "lists",
        uses=(name,),
        budget_ms=BUDGET_MS,
        proves=PROVES + line.maturity if paired else timedelta(0),
        again=AGAIN if paired else max(LOOK_AGAIN, line.maturity / 8) if late else LOOK_AGAIN,
        settles=line.maturity if late else timedelta(0),
    )


def past_of(line: Line, data: Path | None) -> Opening:
    """From what is trained on for the interval before the demo to an hour after its end."""
    end = line.schedule.last(NOW)
    before = line.schedule.last(end - timedelta(minutes=1))
    counted = min(line.needs.counted_over, COUNTED_BEFORE)
    first = before - line.maturity - line.schedule.train - counted
    start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    world = Setting(
        start.isoformat(),
        kind=RECORDED if data else DRAWN,
        line=line.name,
        end=(end + LEAD).isoformat(),
        data=str(data.absolute()) if data else None,
    )
    return Opening(world, end, end + LEAD, begin=start)


def play(played: Plot, on: Demo) -> None:
    """One candidate becomes champion; a harmful one is stopped; what was logged is recomputed."""
    line, record = on.line, on.follower.record
    on.start(GOOD)
    on.wait(
        "training the first candidate", lambda: bool(record(GOOD).transitions or record(GOOD).ended)
    )
    _live(on)
    on.wait("the first release", lambda: record(GOOD).ended)
    if not on.candidates[GOOD].met(record(GOOD)):
        return
    on.start(HARMFUL)
    on.wait(
        "training the harmful candidate",
        lambda: bool(record(HARMFUL).version or record(HARMFUL).ended),
    )
    if played.live_effect and record(HARMFUL).version:
        effect = {str(record(HARMFUL).version): played.live_effect}
        setting.set_scenario(on.installation.home, live_effect=effect)
    on.wait("its release", lambda: record(HARMFUL).ended)
    recompute(line, on.clock.now, on.display.say)


def _live(on: Demo) -> None:
    """Traffic, and the pace of event time: faster where outcomes come late."""
    paired = on.line.primary.exogenous
    late = line_policy.is_late(on.line)
    pace.set_pace(on.clock.clock_file, LONG_WALL_S_PER_DAY if late or paired else WALL_S_PER_DAY)
    visits = PAIRED_PER_DAY if paired else LATE_PER_DAY if late else SPLIT_PER_DAY
    setting.set_scenario(on.installation.home, visits_per_day=visits)


def recompute(line: Line, now: datetime, say: Callable[[str], None]) -> None:
    """Say whether what was logged in the last two days is what the declaration gives."""
    from slipway.steps.consistency import compare  # needed once

    report, _ = compare(line.name, 2, now)
    wrong = ", ".join(column.column for column in report.columns if not column.holds)
    found = "all are the same" if report.holds else f"[red]not consistent: {wrong or 'no rows'}[/]"
    say(f"{report.rows:,} logged rows computed again from the declaration: {found}")

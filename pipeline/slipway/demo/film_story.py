"""The demo of the film shop: five candidates, five fates, and four past weeks made again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway import lines
from slipway.demo import demo_candidates, opening, setting
from slipway.demo.acts import STEPS, play
from slipway.demo.demo import LEAD, POLICY
from slipway.demo.opening import Opening
from slipway.demo.setting import Setting
from slipway.demo.story import Story
from slipway.domain.line import Line

INVENTED_MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
REAL_MONDAY = datetime(2013, 8, 5, 6, tzinfo=UTC)
INVENTED_PLENTY, REAL_PLENTY = "Comedy", "Action"
"""A swing needs enough films of its genre on offer."""


def film_story(home: Path, data: Path | None) -> Story:
    """The story, with its folder emptied; ``data`` is a folder of real ratings.

    Raises SlipwayError where there can be no past.
    """
    line = lines.load(setting.LINE, POLICY)
    monday = REAL_MONDAY if data else INVENTED_MONDAY
    play_in = Setting((monday - timedelta(weeks=6)).isoformat())
    if data:
        play_in = Setting(play_in.start, kind=setting.REAL, data=str(data.absolute()))
    world = play_in.world(line.list_length)
    past = Opening(play_in, monday, monday + LEAD)
    opening.check_offer(world, past)
    opening.check_room(home)
    opening.empty(home)

    def write(into: Path, of: Line) -> str:
        written = opening.write_past(into, of, past, world)
        return f"{past.weeks} past weeks: {written.requests:,} lists, {written.clicks:,} clicks"

    return Story(
        line=setting.LINE,
        policy_file=POLICY,
        past=past,
        candidates=demo_candidates.demo_candidates(line, REAL_PLENTY if data else INVENTED_PLENTY),
        steps=STEPS,
        play=play,
        write=write,
        title="Five candidates down the slipway",
    )

"""The demo of the film shop: five candidates, five fates, and four past weeks made again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from slipway import lines
from slipway.demo import demo_candidates, opening, past_writer, setting
from slipway.demo.acts import STEPS, play
from slipway.demo.opening import Opening
from slipway.demo.setting import Setting
from slipway.demo.story import Story

INVENTED_MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
REAL_MONDAY = datetime(2013, 8, 5, 6, tzinfo=UTC)
INVENTED_PLENTY, REAL_PLENTY = "Comedy", "Action"
"""A swing needs enough films of its genre on offer."""
BUDGET_MS = 2_000.0
"""On a busy machine an arm waits for a core: with 50 ms that was an error of the good candidate."""
POLICY = Path(__file__).with_name("demo_policy.toml")
LEAD = timedelta(hours=1)  # of the event clock over the last past week's end


def past_of(data: Path | None) -> Opening:
    """The six weeks before the demo: invented, or of a folder of real ratings."""
    monday = REAL_MONDAY if data else INVENTED_MONDAY
    play_in = Setting((monday - timedelta(weeks=6)).isoformat())
    if data:
        play_in = Setting(play_in.start, kind=setting.REAL, data=str(data.absolute()))
    return Opening(play_in, monday, monday + LEAD)


def film_story(home: Path, data: Path | None) -> Story:
    """The story, with its folder emptied; ``data`` is a folder of real ratings.

    Raises SlipwayError where there can be no past.
    """
    line = lines.load(setting.LINE, POLICY)
    if data:
        past_writer.check(setting.LINE, data)
    opening.check_room(home)
    opening.empty(home)
    return Story(
        line=setting.LINE,
        policy_file=POLICY,
        past=past_of(data),
        candidates=demo_candidates.demo_candidates(line, REAL_PLENTY if data else INVENTED_PLENTY),
        steps=STEPS,
        play=play,
        title="Five candidates down the slipway",
        data=data,
        budget_ms=BUDGET_MS,
    )

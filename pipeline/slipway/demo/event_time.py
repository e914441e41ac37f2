"""How far event time may run: as far as the shop and the reconciler have followed, and no further.

On a fast machine it runs at its full pace. On a slow one it stands and waits, so that visitors, looks
and stages keep their order and their distances: the story is the same, only later.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

from slipway.data.times import GRACE, HOUR, floor_hour
from slipway.demo import pace, setting
from slipway.domain.line import Line
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, Transition, fold
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.settings import EventClock
from slipway.stack.airflow_api import AirflowApi

SHOP_AHEAD = timedelta(hours=3)
"""Event time may run this far ahead of the oldest visit that is not answered."""

LOOK_AHEAD = timedelta(hours=6)
"""... and of the moment at which the reconciler was to look and has not finished."""

LOOK_AGAIN = timedelta(hours=4)
"""Between two looks at a stage that could have been left at the first of them."""

ASK_EVERY_S = 1.0
"""Wall seconds between two questions to Airflow."""

COMES_BY_ITSELF = 20
"""Questions during which a new offer's look is awaited: the offer itself wakes the reconciler."""


def next_look(
    candidate: Candidate,
    policy: Policy,
    last: datetime | None,
    *,
    proves: timedelta = timedelta(0),
    settles: timedelta = timedelta(0),
    again: timedelta = LOOK_AGAIN,
) -> datetime:
    """When the reconciler can first conclude something new about ``candidate`` (event time).

    ``last`` is when it looked last. Before a stage's own time is over no evidence moves it on;
    what came of a canary stage is known ``settles`` later, and a shadow that decides has seen enough after
    ``proves``.
    """
    least = {stage: policy.rule(stage).min_hours for stage in CANARY_STAGES}
    least |= {
        Stage.SHADOW: policy.shadow_min_hours,
        Stage.INTERLEAVED: policy.interleave_hours,
    }
    first = candidate.stage_since
    if asked := least.get(candidate.stage, 0.0):
        # an hour of traffic is seen once it is over and in the log
        hours = timedelta(hours=asked)
        enough = max(hours, proves) if candidate.stage is Stage.SHADOW else hours + settles
        first = floor_hour(first + enough) + HOUR + GRACE
    if last is None or last < first:
        return first
    return last + again


def _waited(candidate: Candidate, transitions: Sequence[Transition]) -> bool:
    """Whether another release has ended since ``candidate`` was offered."""
    since = takewhile(lambda t: t.candidate.version != candidate.version, reversed(transitions))
    return any(t.to_stage.is_final for t in since)


@dataclass
class EventTime:
    """Drives the clock of a demo and starts the looks of its reconciler.

    ``until`` is how far time may run while no release is on its way; ``last_look`` is when the
    reconciler last began to look, whoever asked for it. ``proves``, ``settles`` and ``again`` as in :func:`next_look`.
    """

    home: Path
    line: Line
    api: AirflowApi
    until: datetime
    last_look: datetime | None = None
    reviews: int = 0
    looks: int = 0
    looking: bool = False
    due: datetime | None = None
    proves: timedelta = timedelta(0)
    settles: timedelta = timedelta(0)
    again: timedelta = LOOK_AGAIN
    _asked: float = 0.0
    _offer: str = ""
    _awaited: int = 0

    @property
    def clock_file(self) -> Path:
        """Where every process reads the clock."""
        return self.home / "clock.json"

    @property
    def now(self) -> datetime:
        """The present event time."""
        return EventClock.from_file(self.clock_file).at(time.time())

    def tick(self, transitions: Sequence[Transition], reviews: int = 0) -> None:
        """Start a look that is due, and let time run on as far as it may.

        ``reviews`` is how many answers the reviewer has given: a new one is looked at at once.
        """
        candidate, now = fold(self.line.name, transitions).candidate, self.now
        if reviews != self.reviews:
            self.reviews, self.last_look = reviews, None
        waits = candidate and candidate.stage is Stage.APPROVAL and self.last_look is not None
        self.due = None
        if candidate is None:
            limit = self.until
        elif waits:
            limit = candidate.stage_since + LOOK_AHEAD
        else:
            self.due = next_look(
                candidate,
                self.line.policy,
                self.last_look,
                proves=self.proves,
                settles=self.settles,
                again=self.again,
            )
            self._look(now, self.due, candidate, waited=_waited(candidate, transitions))
            began = self.last_look if self.looking else None
            limit = (began or self.due) + LOOK_AHEAD
        pace.grant(self.clock_file, min(limit, self._shop() + SHOP_AHEAD))

    def _look(self, now: datetime, due: datetime, candidate: Candidate, *, waited: bool) -> None:
        """Start a look where one is due, none is under way and none comes by itself.

        The look that the offer of one who ``waited`` asked for was spent on who stood before it.
        """
        if not self.looking and now < due:
            return
        if time.monotonic() - self._asked < ASK_EVERY_S:
            return
        dag, self._asked = f"release_{self.line.name}", time.monotonic()
        was, self.looking = self.looking, self.api.active(dag)
        offered = candidate.stage is Stage.OFFERED
        if offered and candidate.version != self._offer:
            self._offer = candidate.version
            self._awaited = 0 if waited else COMES_BY_ITSELF
        if self.looking and not was:
            self.last_look, self._awaited = now, 0  # an offer asked for it
        elif offered and self._awaited and not self.looking:
            self._awaited -= 1
        elif not self.looking and now >= due:
            self.looks += 1
            self.api.trigger(dag, None, run_id=f"look_{self.looks:03d}_{now:%Y%m%dT%H%M%S}")
            self.last_look, self.looking = now, True

    def _shop(self) -> datetime:
        """The event time before which every visit was answered; now where nobody comes."""
        done = setting.read(setting.folder(self.home) / "shop.json", {}).get("done_until")
        return datetime.fromtimestamp(done, UTC) if done else self.now

"""What happens in the demo, in its order, and how it stands at each moment."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from slipway.demo import demo_candidates, pace, setting
from slipway.demo.display import CandidateRow, DemoDisplay, Step
from slipway.demo.event_time import EventTime
from slipway.demo.follow import Follower
from slipway.domain.line import Line
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Installation

WALL_S_PER_DAY = 7.0
"""Wall seconds of an event day once live traffic begins, where the machine can follow."""

VISITS_PER_DAY = 3_000.0
"""Visits of an event day while a release goes on, in the mean of the week."""

QUIET_VISITS_PER_DAY, QUIET_WALL_S_PER_DAY = 2_000.0, 4.0
"""The same while none does: as many as in the past weeks, and time runs faster."""

BACKFILLED_WEEKS = 4

STEPS = (
    Step("writing the past and starting the servers", 35),
    Step("training the first candidate", 25),
    Step("the first release", 75),
    Step("two candidates for the offline gates, and Monday", 30),
    Step("training the next week's candidate", 20),
    Step("its release", 45),
)


@dataclass
class Demo:
    """What the acts of the demo need."""

    installation: Installation
    line: Line
    monday: datetime
    api: AirflowApi
    follower: Follower
    clock: EventTime
    display: DemoDisplay
    candidates: Mapping[str, demo_candidates.DemoCandidate]
    asked: str = "lists"
    backfilled: set[str] = field(default_factory=set)
    backfill: int | None = None
    _asked: float = 0.0

    @property
    def dag(self) -> str:
        """The DAG of the weekly run."""
        return f"retrain_{self.line.name}"

    def start(self, *keys: str) -> None:
        """Start the weekly runs of candidates."""
        for key in keys:
            self.follower.start(self.candidates[key], self.clock.now)

    def wait(self, step: str, done: Callable[[], bool]) -> None:
        """Follow everything until ``done()``; raises Stalled where nothing moves any more."""
        self.display.plan.enter(step, time.monotonic())
        self.follower.until(step, done, lambda _: self.tick())

    def tick(self) -> None:
        """Let event time follow, and show how everything stands."""
        self.clock.tick(self.follower.transitions, self.follower.reviewed)
        self._look_at_backfill()
        tally = self.follower.visits()
        head = (
            f"event time {self.clock.now:%a %d %b %H:%M} · {tally.get('answered', 0):,} {self.asked}, "
            f"{tally.get('visits_per_s', 0):.0f}/s · looks {self.clock.looks}"
        )
        if self.backfill is not None:
            head += f" · past weeks made again {len(self.backfilled)} of {BACKFILLED_WEEKS}"
        self.display.show(head, [self._row(key) for key in self.candidates])

    def _row(self, key: str) -> CandidateRow:
        candidate, record = self.candidates[key], self.follower.record(key)
        if record.ended:
            mark = "✓" if candidate.met(record) else "✗"
            return CandidateRow(
                f"{mark} {candidate.title}", record.version or "", record.last_words
            )
        if record.stages:
            stage = record.stages[-1]
            return CandidateRow(
                candidate.title, record.version or "", stage.value, self._waits_for(stage)
            )
        busy = [name for name, state in (record.tasks or {}).items() if state == "running"]
        if record.tasks is None and not self.follower.started(key):
            return CandidateRow(candidate.title, stage="", waits_for="")
        return CandidateRow(
            candidate.title, stage="retraining", waits_for=", ".join(busy) or "a free core"
        )

    def _waits_for(self, stage: Stage) -> str:
        if self.clock.looking:
            return "the reconciler looks"
        if stage is Stage.APPROVAL:
            return f"a review of {self.installation.options.reviewers[0]} in MLflow"
        if self.clock.due and stage in (Stage.SHADOW, Stage.INTERLEAVED, *CANARY_STAGES):
            hours = (self.clock.due - self.clock.now) / timedelta(hours=1)
            return f"{max(0.0, hours):.0f} more event hours of evidence"
        return "a look of the reconciler"

    def _look_at_backfill(self) -> None:
        """Say which past weeks are registered again."""
        if self.backfill is None or len(self.backfilled) == BACKFILLED_WEEKS:
            return
        if time.monotonic() - self._asked < 5:  # noqa: PLR2004 - seconds
            return
        self._asked = time.monotonic()
        for run in self.api.runs(self.dag):
            if run["run_type"] != "backfill" or run["dag_run_id"] in self.backfilled:
                continue
            if run["state"] in ("success", "failed"):
                self.backfilled.add(run["dag_run_id"])
                self._say_backfilled(run)

    def _say_backfilled(self, run: dict[str, Any]) -> None:
        week = datetime.fromisoformat(run["data_interval_end"])
        if run["state"] == "failed":
            self.display.say(f"[red]the backfill of the week to {week:%d %b %Y} failed[/]")
            return
        version = self.follower.version_of(run["dag_run_id"])
        self.display.say(
            f"[bold]version {version}[/] (backfill) registered: the week to {week:%d %b %Y} made "
            "again; it can never get traffic"
        )


def play(on: Demo) -> None:
    """The acts. What does not depend on each other goes side by side."""
    first_release(on)
    if on.candidates["good"].met(on.follower.record("good")):
        offline_gates(on)  # judged against a champion
        harmful_release(on)


def first_release(on: Demo) -> None:
    """One candidate becomes champion; another is stopped before it is trained."""
    record = on.follower.record
    on.start("good", "position")
    on.wait(
        "training the first candidate",
        lambda: bool(record("good").transitions) or record("good").ended,
    )
    if record("good").ended:
        return  # its retraining failed: nothing can be released after it
    _live(on, VISITS_PER_DAY, WALL_S_PER_DAY)
    backfill(on)
    on.wait("the first release", _ended(on, "good", "position"))


def offline_gates(on: Demo) -> None:
    """Two candidates that must get no traffic, while the week comes to its end."""
    on.start("genre", "slow")
    _live(on, QUIET_VISITS_PER_DAY, QUIET_WALL_S_PER_DAY)
    on.clock.until = next_monday = on.monday + timedelta(weeks=1, minutes=90)
    on.wait(
        "two candidates for the offline gates, and Monday",
        lambda: _nearly_judged(on, "genre", "slow") and on.clock.now >= next_monday,
    )


def harmful_release(on: Demo) -> None:
    """The next week's candidate, better offline and worse live."""
    # registered before the other is judged it would supersede it: a whole retraining against one look
    on.start("worse")
    judged, record = _ended(on, "genre", "slow"), on.follower.record
    on.wait(
        "training the next week's candidate",
        lambda: judged() and bool(record("worse").version or record("worse").ended),
    )
    if record("worse").ended:
        return  # its retraining failed
    worse = str(record("worse").version)
    _live(on, VISITS_PER_DAY, WALL_S_PER_DAY, {worse: demo_candidates.WORSE_LIVE})
    ended = _ended(on, "worse")
    on.wait("its release", lambda: ended() and len(on.backfilled) == BACKFILLED_WEEKS)


def backfill(on: Demo) -> None:
    """Ask Airflow to make the weeks before the last one again, beside the release that goes on."""
    first = on.monday - timedelta(weeks=BACKFILLED_WEEKS + 1)
    last = on.monday - timedelta(weeks=2)
    end = last + timedelta(weeks=1)
    on.display.say(f"backfilling {BACKFILLED_WEEKS} past weeks: {first:%d %b %Y} to {end:%d %b %Y}")
    on.backfill = on.api.backfill(on.dag, first, last, at_once=1)


def _live(
    on: Demo,
    visits_per_day: float,
    wall_s_per_day: float,
    effect: Mapping[str, float] | None = None,
) -> None:
    """Traffic and pace from now on; ``effect`` is that of a version on its lists' clicks."""
    pace.set_pace(on.clock.clock_file, wall_s_per_day)
    setting.set_scenario(on.installation.home, visits_per_day=visits_per_day, live_effect=effect)


def _nearly_judged(on: Demo, *keys: str) -> bool:
    """Whether each of these candidates is registered or has ended, and at most one waits for its fate."""
    records = [on.follower.record(key) for key in keys]
    waiting = [record for record in records if not record.ended]
    return len(waiting) <= 1 and all(record.transitions for record in waiting)


def _ended(on: Demo, *keys: str) -> Callable[[], bool]:
    return lambda: all(on.follower.record(key).ended for key in keys)

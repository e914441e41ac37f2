"""When the watch asks for a retrain, and what a week of waiting costs. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from slipway.domain.in_words import counted
from slipway.domain.watch_policy import WatchPolicy

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


class Ask(NamedTuple):
    """A retrain that was asked for: when (ISO, UTC), and for what reasons, each named by an id that stays.

    ``look`` is the scheduler's name of the run that asked.
    """

    at: str
    reasons: tuple[str, ...]
    words: tuple[str, ...]
    look: str = ""


class Answer(NamedTuple):
    """The ask that is made now, None where there is none; ``why`` says so in both cases."""

    ask: Ask | None
    why: str


def ask(
    reasons: Sequence[tuple[str, str]],
    past: Sequence[Ask],
    newest: datetime | None,
    now: datetime,
    policy: WatchPolicy,
) -> Answer:
    """Whether a retrain is asked for ``reasons`` (id, words) that stand.

    Each reason asks once. Nothing is asked within the cool-down after the last ask or after ``newest``, the
    end of the newest interval that a model was trained for, nor beyond the budget of 28 days.
    """
    known = {reason for each in past for reason in each.reasons}
    new = [(name, words) for name, words in reasons if name not in known]
    if not new:
        return Answer(None, "nothing new asks for a retrain")
    asked = [datetime.fromisoformat(each.at) for each in past]
    quiet = max([*asked, *([newest] if newest else [])], default=None)
    cool = timedelta(days=policy.retrain_cool_days)
    said = "; ".join(words for _, words in new)
    if quiet is not None and now - quiet < cool:
        left = (cool - (now - quiet)) / DAY
        return Answer(None, f"{said}: it cools down for {left:.1f} more days")
    if sum(now - at < 4 * WEEK for at in asked) >= policy.retrain_budget:
        return Answer(None, f"{said}: the budget of {policy.retrain_budget} in 28 days is used")
    own = Ask(now.isoformat(), tuple(name for name, _ in new), tuple(words for _, words in new))
    return Answer(own, f"a retrain is asked: {said}")


class Fresher(NamedTuple):
    """A model of one week beside the champion on the same rows: the champion's age, its loss less the model's.

    ``loss`` is relative to the champion's and positive where the champion is worse.
    """

    week: str
    age_weeks: int
    loss: float
    se: float


class Stale(NamedTuple):
    """What a champion of an age loses to a fresh model, over ``weeks`` weeks."""

    age_weeks: int
    loss: float
    se: float
    weeks: int

    @property
    def words(self) -> str:
        """What is said of it, with its 90 % interval."""
        of, seen = counted(self.age_weeks, "week"), counted(self.weeks, "week")
        half = 1.645 * self.se
        return (
            f"a champion of {of} lost {self.loss:+.2%} (+- {half:.2%}) to a fresh model in {seen}"
        )


def staleness(found: Sequence[Fresher]) -> tuple[Stale, ...]:
    """The curve by age, weighted by what each week knows; its error holds for weeks that differ, too.

    >>> staleness([Fresher("a", 1, 0.01, 0.01), Fresher("b", 1, 0.03, 0.01)])[0].loss
    0.02
    """
    curve = []
    for age in sorted({each.age_weeks for each in found}):
        own = [each for each in found if each.age_weeks == age]
        loss, se = (np.array([getattr(each, name) for each in own]) for name in ("loss", "se"))
        weight = 1 / np.maximum(se, 1e-12) ** 2
        mean = float((weight * loss).sum() / weight.sum())
        spread = float((weight * (loss - mean) ** 2).sum()) / max(1, len(own) - 1)
        error = float(np.sqrt(max(1.0, spread) / weight.sum()))  # weeks differ by more than chance
        curve.append(Stale(age, round(mean, 12), error, len(own)))
    return tuple(curve)

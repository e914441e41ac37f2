"""What a release promised of the primary outcome, and whether the days after it kept it. Pure.

The promise is the effect on the primary outcome beside the champion before, as the last canary stage measured
it: the ledger's row that asked for the approval holds its log ratio and variance (``margin_creep``). It is
judged by the same effect since the promotion, beside the hold-back of that champion:

* **kept** when the interval of the watch, which holds at all looks at once, is above the promise's lower bound; at
  the end of the watch when its estimate is;
* **broken** when that interval is below the lower bound, or the champion was returned by the watch;
* **not yet known** else, and **never known** when the hold-back ends so.

A promise of a release is too high by what releases select for, about .1 % each (:mod:`slipway.gates.margin_creep`).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, Self

from scipy.special import ndtri

from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Evidence
from slipway.evidence.champion_chain import GATE, link_of
from slipway.stats.eprocess import Effect


class Word(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "not yet known"
    UNKNOWN = "never known"


class Day(NamedTuple):
    """What was known on a day: the effect since the promotion, None without both arms."""

    day: str
    effect: Effect | None
    word: Word


@dataclass(frozen=True, slots=True)
class Promise:
    """A release's promise and the days since; ``promised`` is None where ``why`` says so."""

    version: str
    since: str
    promised: Effect | None
    why: str = ""
    days: tuple[Day, ...] = ()

    @property
    def word(self) -> Word:
        """What became of it by now."""
        if self.promised is None:
            return Word.UNKNOWN
        return self.days[-1].word if self.days else Word.OPEN

    @property
    def sentence(self) -> str:
        """What is said of it."""
        if self.promised is None:
            return f"version {self.version} promised nothing: {self.why}"
        last = self.days[-1].effect if self.days else None
        seen = (
            f"; {_words(last)} by {self.days[-1].day}"
            if last
            else "; not seen beside a hold-back yet"
        )
        return f"version {self.version} promised {_words(self.promised)}: {self.word}{seen}"

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what ``dataclasses.asdict`` wrote, also after a trip through JSON."""
        days = tuple(Day(day, _effect(found), Word(word)) for day, found, word in raw["days"])
        return cls(raw["version"], raw["since"], _effect(raw["promised"]), raw["why"], days)


def _words(effect: Effect) -> str:
    return f"{effect.estimate:+.1%}, {effect.lower:+.1%} to {effect.upper:+.1%}"


def _effect(raw: Sequence[float] | None) -> Effect | None:
    return Effect(*raw) if raw else None


@dataclass(frozen=True, slots=True)
class PromiseHistory:
    """The promises of a line, the oldest first."""

    promises: tuple[Promise, ...]

    @property
    def sentence(self) -> str:
        """All that are judged in one line, as the next approval shows them.

        >>> PromiseHistory(()).sentence
        'earlier promises: none yet'
        """
        if not self.promises:
            return "earlier promises: none yet"
        count = Counter(promise.word for promise in self.promises)
        others = [f"{count[word]} {word}" for word in Word if word is not Word.KEPT and count[word]]
        rest = f" ({', '.join(others)})" if others else ""
        return f"earlier promises: {count[Word.KEPT]} of {len(self.promises)} kept{rest}"


def promise_of(transitions: Sequence[Transition], promotion: Transition, level: float) -> Promise:
    """What the promoted version promised at ``level``; raises BadInput for a verdict without its numbers."""
    version, since = promotion.candidate.version, f"{promotion.at:%Y-%m-%d}"
    asked = [
        verdict
        for t in transitions
        if t.epoch <= promotion.epoch
        and t.candidate.version == version
        and t.to_stage is Stage.APPROVAL
        for verdict in t.verdicts
        if verdict.gate == GATE
    ]
    if not asked:
        why = "it was released without a comparison with a champion before it"
        return Promise(version, since, None, why)
    link, variance = link_of(asked[-1])
    half = float(ndtri((1 + level) / 2)) * math.sqrt(variance)
    bounds = (math.expm1(part) for part in (link, link - half, link + half))
    return Promise(version, since, Effect(*bounds))


def judged(promise: Promise, effect: Effect | None, *, over: bool, returned: bool = False) -> Word:
    """What became of a promise by what was seen; ``over``: nothing more will be seen."""
    if promise.promised is None:
        return Word.UNKNOWN
    least = promise.promised.lower
    if returned or (effect and effect.upper < least):
        return Word.BROKEN
    if effect and (effect.lower >= least or (over and effect.estimate >= least)):
        return Word.KEPT
    return Word.UNKNOWN if over else Word.OPEN


def seen_on(
    promise: Promise, day: str, effect: Effect | None, *, over: bool, returned: bool = False
) -> Promise:
    """The promise with what a day showed; a day seen again is replaced, and what is broken stays broken."""
    word = judged(promise, effect, over=over, returned=returned)
    before = tuple(each for each in promise.days if each.day < day)
    if before and before[-1].word is Word.BROKEN:
        word = Word.BROKEN
    return replace(promise, days=(*before, Day(day, effect, word)))


def effect_of(evidence: Sequence[Evidence]) -> Effect | None:
    """The effect that a comparison has; None while it is undefined."""
    for item in evidence:
        if item.lower is not None and item.upper is not None:
            return Effect(item.estimate, item.lower, item.upper)
    return None

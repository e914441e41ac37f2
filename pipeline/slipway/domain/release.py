"""The state of a line's release and the transitions it is folded from."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from slipway.domain.newer_words import known_fields, known_stage, known_verdicts, known_word
from slipway.domain.stage import BAD_ENDINGS, Stage
from slipway.domain.verdict import Verdict


class Origin(StrEnum):
    """How a training run was started."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    REQUESTED = "requested"  # the watch asked for it
    BACKFILL = "backfill"


class Arm(StrEnum):
    """Who answers a user."""

    CHAMPION = "champion"
    CANDIDATE = "candidate"
    RULES = "rules"
    EXPLORE = "explore"
    PREVIOUS = "previous"  # the hold-back: the champion before, until the new one's watch is over
    INTERLEAVED = "interleaved"  # one list of champion and candidate together


@dataclass(frozen=True, slots=True)
class Candidate:
    """A registered version on its way: what the ledger knows of it.

    ``interval_end`` is the end of the data interval it was trained for (UTC). ``learned`` is the
    digest of what was learned, whatever code and rows it came from; ``run`` is the scheduler's id
    of the run that trained it. Both are empty where an older Slipway wrote.
    """

    version: str
    fingerprint: str
    author: str
    origin: Origin
    interval_end: datetime
    stage: Stage
    stage_since: datetime
    live_since: datetime | None = None
    evidence_digest: str | None = None
    learned: str = ""
    run: str = ""

    @property
    def identities(self) -> tuple[str, ...]:
        """All that a decision about it holds for: the version, and the model however it is named."""
        named = (("version", self.version), ("model", self.fingerprint), ("learned", self.learned))
        return tuple(f"{kind} {value}" for kind, value in named if value)


class Ending(NamedTuple):
    """How a version's release ended without a promotion that stands."""

    version: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the append-only ledger; unique on (line, epoch).

    ``share`` is the candidate's fraction of users after the transition. ``champion`` is the
    champion's version after it (``None``: the rules serve as champion). ``candidate`` is the one
    this transition speaks of, with its stage after it. ``previous_share`` is the fraction of users
    whom the champion before answers after it, as hold-back of the watch.
    """

    line: str
    epoch: int
    at: datetime
    actor: str
    from_stage: Stage | None
    to_stage: Stage
    share: float
    reason: str
    candidate: Candidate
    champion: str | None
    verdicts: tuple[Verdict, ...] = ()
    evidence_digest: str | None = None
    look: str | None = None  # digest of the inputs of the decision, for replay
    previous_share: float = 0.0

    @property
    def reopens(self) -> bool:
        """Whether a person offers again here what had ended."""
        return self.to_stage is Stage.OFFERED and self.from_stage is not None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        raw = asdict(self)
        raw["at"] = self.at.isoformat()
        raw["candidate"] = candidate_to_dict(self.candidate)
        raw["verdicts"] = [verdict.to_dict() for verdict in self.verdicts]
        if not self.previous_share:  # then a Slipway that knows no hold-back reads it as its own
            del raw["previous_share"]
        return raw

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, a newer Slipway's as far as it is understood."""
        return cls.understood(raw)[0]

    @classmethod
    def understood(cls, raw: Mapping[str, Any]) -> tuple[Self, tuple[str, ...]]:
        """The transition, and the words in it that only a newer Slipway knows.

        A word that is not known never hides a row: nothing that harms may stay for want of it.
        """
        newer: list[str] = []
        known = known_fields(cls, raw, newer)
        share, before = float(raw["share"]), raw["from_stage"]
        previous_share = float(raw.get("previous_share", 0.0))
        to_stage = known_stage(raw["to_stage"], share, before, newer)
        known |= {
            "at": datetime.fromisoformat(raw["at"]),
            "from_stage": known_word(Stage, before, None, newer) if before else None,
            "to_stage": to_stage,
            "candidate": _candidate(raw["candidate"], to_stage, newer),
            "verdicts": known_verdicts(raw["verdicts"], newer),
            "previous_share": previous_share,
        }
        return cls(**known), tuple(dict.fromkeys(newer))


@dataclass(frozen=True, slots=True)
class LineState:
    """What a line serves now: the fold of its transitions.

    ``candidate`` is on the slipway; ``waiting`` was offered meanwhile and waits for it to end.
    ``champions`` are those that still stand, the newest last; a returned one has left them.
    ``endings`` are decisions that went against a candidate, by each of its identities.
    ``previous_share`` is the fraction of users whom the previous champion answers beside the champion.
    """

    line: str
    epoch: int = 0
    champion: str | None = None
    champion_since: datetime | None = None
    champions: tuple[Candidate, ...] = ()
    candidate: Candidate | None = None
    waiting: Candidate | None = None
    newest_interval_end: datetime | None = None
    endings: Mapping[str, Ending] = field(default_factory=lambda: MappingProxyType({}))
    previous_share: float = 0.0

    @property
    def previous_champion(self) -> str | None:
        """Who leads when the champion is returned; ``None``: the rules."""
        standing = [c.version for c in self.champions if c.version != self.champion]
        return standing[-1] if standing else None

    def ending_of(self, candidate: Candidate) -> Ending | None:
        """The decision that went against ``candidate`` or against the same model before."""
        found = (self.endings.get(identity) for identity in candidate.identities)
        return next(filter(None, found), None)


def fold(line: str, transitions: Iterable[Transition]) -> LineState:
    """Replay a line's transitions, in epoch order, into its present state."""
    state = LineState(line)
    for transition in transitions:
        state = _after(state, transition)
    return state


def _after(state: LineState, t: Transition) -> LineState:
    """The state after one more transition; without a previous champion nobody is held back for it."""
    after = _moved(state, t)
    return replace(after, previous_share=t.previous_share if after.previous_champion else 0.0)


def _moved(state: LineState, t: Transition) -> LineState:
    state = _with_decision(replace(state, epoch=t.epoch), t)
    candidate = t.candidate
    if t.to_stage is Stage.OFFERED:
        newest = max(filter(None, (state.newest_interval_end, candidate.interval_end)))
        if state.candidate:
            return replace(state, newest_interval_end=newest, waiting=candidate)
        return replace(state, newest_interval_end=newest, candidate=candidate)
    if t.champion != state.champion:
        state = replace(
            state,
            champion=t.champion,
            champion_since=t.at if t.champion else None,
        )
    if state.waiting and state.waiting.version == candidate.version:
        return replace(state, waiting=None) if t.to_stage.is_final else state
    if state.candidate and state.candidate.version != candidate.version:
        return state  # a champion was returned while another candidate is on its way
    if t.to_stage.is_final:
        return replace(state, candidate=state.waiting, waiting=None)
    return replace(state, candidate=candidate)


def _with_decision(state: LineState, t: Transition) -> LineState:
    """The state that knows what ``t`` decided about a model, for all time or until it is reopened."""
    same = set(t.candidate.identities)
    others = tuple(c for c in state.champions if same.isdisjoint(c.identities))
    if t.to_stage is Stage.CHAMPION:
        return replace(state, champions=(*others, t.candidate))
    if t.to_stage in BAD_ENDINGS:
        ended = dict.fromkeys(t.candidate.identities, Ending(t.candidate.version, t.to_stage))
        return replace(state, champions=others, endings={**state.endings, **ended})
    if t.reopens:
        left = {of: ending for of, ending in state.endings.items() if of not in same}
        return replace(state, endings=left)
    return state


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """A JSON-ready form of a candidate."""
    raw = asdict(candidate)
    for name in ("interval_end", "stage_since", "live_since"):
        raw[name] = raw[name].isoformat() if raw[name] else None
    return raw


def _candidate(raw: Mapping[str, Any], otherwise: Stage, newer: list[str]) -> Candidate:
    """The candidate; one in a stage that is not known is in ``otherwise``."""
    times = {
        name: datetime.fromisoformat(raw[name]) if raw[name] else None
        for name in ("interval_end", "stage_since", "live_since")
    }
    words = {
        "origin": known_word(Origin, raw["origin"], Origin.MANUAL, newer),
        "stage": known_word(Stage, raw["stage"], otherwise, newer),
    }
    return Candidate(**{**known_fields(Candidate, raw, newer), **times, **words})

"""What a row of the ledger says: from its body, or where that cannot be read from its columns. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.release.ledger.rows import LedgerRow

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says, and what of it could not be understood.

    ``newer`` are words of a newer writer; ``damage`` says why the body could not be read, so that
    the columns speak for it.
    """

    row: LedgerRow
    transition: Transition
    newer: tuple[str, ...] = ()
    damage: str = ""


@dataclass(slots=True)
class Reader:
    """Reads the rows of one line in the order of their epochs; none of them hides the others."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    champion: str | None = None
    previous_share: float = 0.0

    def read(self, row: LedgerRow) -> Reading:
        """What the next row says."""
        try:
            transition, newer = _whole(row)
            found = Reading(row, transition, newer)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            found = Reading(row, self._columns(row), damage=f"{type(error).__name__}: {error}")
        self.champion = found.transition.champion
        self.previous_share = found.transition.previous_share
        self.candidates[found.transition.candidate.version] = found.transition.candidate
        return found

    def _columns(self, row: LedgerRow) -> Transition:
        """The columns alone; where they do not say who is champion after it, the rules are."""
        at, to_stage = _time(row.at), _stage(row.to_stage) or Stage.RETURNED
        champion = self.champion
        if to_stage is Stage.CHAMPION:
            champion = row.version
        elif row.version == champion and to_stage.is_final:
            champion = None
        unknown = Candidate(str(row.version), "", "unknown", Origin.MANUAL, at, to_stage, at)
        known = self.candidates.get(row.version, unknown)
        from_stage = _stage(row.from_stage)
        # a step of a champion, or of who is held back, may end the hold-back: then nobody is said to be held
        other = Stage.CHAMPION in (from_stage, to_stage) or champion != self.champion
        return Transition(
            line=row.line,
            epoch=row.epoch,
            at=at,
            actor=str(row.actor),
            from_stage=from_stage,
            to_stage=to_stage,
            share=row.share if isinstance(row.share, float) else 0.0,
            reason=str(row.reason),
            candidate=replace(known, stage=to_stage, stage_since=at),
            champion=champion,
            evidence_digest=row.evidence_digest,
            previous_share=0.0 if other else self.previous_share,
        )


def read_all(rows: Iterable[LedgerRow]) -> list[Reading]:
    """What the rows of one line say."""
    reader = Reader()
    return [reader.read(row) for row in rows]


def _whole(row: LedgerRow) -> tuple[Transition, tuple[str, ...]]:
    transition, newer = Transition.understood(json.loads(row.body))
    who = transition.candidate
    for at in (transition.at, who.interval_end, who.stage_since, who.live_since):
        if at is not None and at.utcoffset() is None:
            raise ValueError(f"a time without its offset, {at}")
    return transition, newer


def _time(word: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(word))
    except ValueError:
        return _NEVER
    return found if found.utcoffset() is not None else found.replace(tzinfo=UTC)


def _stage(word: object) -> Stage | None:
    return next((stage for stage in Stage if stage == word), None)

"""Rows that a ledger lost, as far as the registry knows them: how each version ended, and who leads. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from slipway.domain.release import Candidate, Origin, Transition, fold
from slipway.domain.stage import Stage

REBUILT = "repair"
"""The actor of a row that was made of what the registry shows."""


@dataclass(frozen=True, slots=True)
class ShownRelease:
    """What the registry shows of a line: who leads as of ``epoch``, and each version's own tags.

    ``previous_share`` is the fraction of users of the hold-back beside the champion.
    """

    line: str
    epoch: int
    champion: str | None = None
    previous_champion: str | None = None
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    previous_share: float = 0.0


def lost_rows(
    past: Sequence[Transition], shown: ShownRelease, now: datetime
) -> tuple[Transition, ...]:
    """Transitions that bring a ledger which ends with ``past`` up to what the registry shows.

    Their epochs begin after the registry's. A candidate whose steps are lost cannot be judged on
    them: it is returned, and may be offered again by a run of its own.
    """
    found: list[Transition] = []
    for version, to_stage, reason in _ends(past, shown):
        champion = version if to_stage is Stage.CHAMPION else shown.champion
        known = fold(shown.line, [*past, *found])
        candidate = _candidate(version, shown.versions.get(version, {}), past, now)
        stages = [t.to_stage for t in past if t.candidate.version == version]
        found.append(
            Transition(
                line=shown.line,
                epoch=max(shown.epoch, known.epoch) + 1,
                at=now,
                actor=REBUILT,
                from_stage=stages[-1] if stages else None,
                to_stage=to_stage,
                share=0.0,
                reason=reason,
                candidate=replace(candidate, stage=to_stage, stage_since=now),
                champion=champion,
                # a hold-back stands beside the champion that is shown, and beside no other one
                previous_share=shown.previous_share if champion == shown.champion else 0.0,
            )
        )
    return tuple(found)


def _ends(past: Sequence[Transition], shown: ShownRelease) -> Iterator[tuple[str, Stage, str]]:
    """(version, stage, reason) of what is missing: first who led, then how all others ended."""
    state = fold(shown.line, past)
    leading = [v for v in (shown.previous_champion, shown.champion) if v]
    if (state.previous_champion, state.champion) != (shown.previous_champion, shown.champion):
        for version in leading:
            yield version, Stage.CHAMPION, "the registry shows it as champion, the ledger lost how"
    last = {t.candidate.version: t.to_stage for t in past}
    for version in sorted(shown.versions, key=lambda v: (len(v), v)):
        stage = _stage(shown.versions[version].get("stage", ""))
        known = last.pop(version, None)
        if version in leading or stage is None:
            continue
        if stage.is_final and stage is not Stage.CHAMPION:
            if known is not stage:
                said = shown.versions[version].get("reason", "")
                yield (
                    version,
                    stage,
                    f"the registry shows it as {stage}, the ledger lost how: {said}",
                )
        elif not (known and known.is_final and known is not Stage.CHAMPION):
            yield version, Stage.RETURNED, "its steps were lost with the ledger: offer it again"
    for version, known in last.items():
        if version not in leading and not known.is_final:
            yield version, Stage.RETURNED, "its steps were lost with the ledger: offer it again"


def _candidate(
    version: str, tags: Mapping[str, str], past: Sequence[Transition], now: datetime
) -> Candidate:
    """The version as the ledger knew it; else as the registry's tags have it."""
    for step in reversed(past):
        if step.candidate.version == version:
            return step.candidate
    end = _time(tags.get("interval_end", ""))
    newest = max((t.candidate.interval_end for t in past), default=now)
    return Candidate(
        version=version,
        fingerprint=tags.get("fingerprint", ""),
        author=tags.get("author", "unknown"),
        origin=next((o for o in Origin if o == tags.get("origin")), Origin.MANUAL),
        interval_end=end or newest,
        stage=Stage.OFFERED,
        stage_since=now,
        evidence_digest=tags.get("evidence_digest"),
    )


def _stage(word: str) -> Stage | None:
    return next((stage for stage in Stage if stage == word), None)


def _time(word: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None

"""Decisions made into lines of the ledger: who, when, from, to, share, why. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from slipway.domain.clusters import ClusterPolicy
from slipway.domain.errors import NotEligible
from slipway.domain.policies import ReleasePolicy
from slipway.domain.release import Candidate, LineState, Origin, Transition
from slipway.domain.stage import Stage, label
from slipway.domain.verdict import Verdict, evidence_digest
from slipway.release.machine import Decision, Hold, Return
from slipway.release.watch import champion_share, hold_back, returned_from


def transition(
    state: LineState,
    decision: Decision,
    *,
    policy: ReleasePolicy,
    now: datetime,
    actor: str,
    verdicts: Sequence[Verdict] = (),
    look: str | None = None,
    unfit: str = "",
) -> Transition | None:
    """The next line of the ledger for the candidate's ``decision``; None to hold.

    On entering APPROVAL the digest of fingerprint and verdicts is frozen into the candidate: it is
    what a review is bound to, and what the promotion carries on. ``look`` is the digest of the
    decision's inputs. At a promotion the champion before keeps its hold-back, unless it is ``unfit``.
    """
    before = state.candidate
    if isinstance(decision, Hold) or before is None:
        return None
    to_stage = decision.to_stage
    digest = evidence_digest(before.fingerprint, verdicts) if verdicts else None
    candidate = replace(
        before,
        stage=to_stage,
        stage_since=now,
        live_since=now if to_stage is Stage.CANARY_1 else before.live_since,
        evidence_digest=digest if to_stage is Stage.APPROVAL else before.evidence_digest,
    )
    promoted = to_stage is Stage.CHAMPION
    previous, words = state.previous_share, ""
    if promoted:
        previous, words = hold_back(state, before.version, policy, unfit)
    return Transition(
        line=state.line,
        epoch=state.epoch + 1,
        at=now,
        actor=actor,
        from_stage=before.stage,
        to_stage=to_stage,
        share=_share(to_stage, policy, previous),
        reason=decision.reason + words,
        candidate=candidate,
        champion=candidate.version if promoted else state.champion,
        verdicts=tuple(verdicts),
        evidence_digest=candidate.evidence_digest if promoted else digest,
        look=look,
        previous_share=previous,
    )


def offer(
    state: LineState,
    candidate: Candidate,
    *,
    now: datetime,
    actor: str,
    verdicts: Sequence[Verdict],
) -> tuple[Transition, ...]:
    """The lines that put a registered candidate into the queue, in order; none if it is there already.

    A candidate that waits behind another one is superseded first. Raises NotEligible for a
    backfill, for an interval older than the newest one offered, and for a model that was rejected,
    returned or timed out before, as whatever version.
    """
    if _is_known(state, candidate):
        return ()
    _check_eligible(state, candidate)
    _check_undecided(state, candidate)
    reason = f"registered for the interval that ended {candidate.interval_end:%Y-%m-%d}"
    return _offered(state, candidate, now=now, actor=actor, reason=reason, verdicts=verdicts)


def reopen(
    state: LineState,
    candidate: Candidate,
    reason: str,
    *,
    now: datetime,
    actor: str,
    verdicts: Sequence[Verdict],
) -> tuple[Transition, ...]:
    """The lines by which the person ``actor`` offers again what was rejected, returned or timed out.

    ``candidate`` is as its release ended, ``verdicts`` are those it was first offered with: it goes
    the whole way again. Raises NotEligible where nothing went against it, and as :func:`offer`.
    """
    if _is_known(state, candidate) or state.ending_of(candidate) is None:
        raise NotEligible(
            f"{state.line}.{candidate.version}",
            found=candidate.stage.value,
            expected="rejected, returned or timed out",
            next_step="there is no decision to be reopened; see `slipway history`",
        )
    _check_eligible(state, candidate)
    again = replace(candidate, live_since=None, evidence_digest=None)
    return _offered(
        state, again, now=now, actor=actor, reason=reason, verdicts=verdicts, ended=candidate.stage
    )


def _offered(
    state: LineState,
    candidate: Candidate,
    *,
    now: datetime,
    actor: str,
    reason: str,
    verdicts: Sequence[Verdict],
    ended: Stage | None = None,
) -> tuple[Transition, ...]:
    offered = Transition(
        line=state.line,
        epoch=state.epoch + 1,
        at=now,
        actor=actor,
        from_stage=ended,
        to_stage=Stage.OFFERED,
        share=0.0,
        reason=reason,
        candidate=replace(candidate, stage=Stage.OFFERED, stage_since=now),
        champion=state.champion,
        verdicts=tuple(verdicts),
        evidence_digest=evidence_digest(candidate.fingerprint, verdicts),
        previous_share=state.previous_share,
    )
    if state.waiting is None:
        return (offered,)
    superseded = replace(
        offered,
        from_stage=state.waiting.stage,
        to_stage=Stage.SUPERSEDED,
        reason=f"version {candidate.version} was offered before this one left the queue",
        candidate=replace(state.waiting, stage=Stage.SUPERSEDED, stage_since=now),
        verdicts=(),
        evidence_digest=None,
    )
    return superseded, replace(offered, epoch=state.epoch + 2)


def return_champion(
    state: LineState,
    champion: Candidate,
    decision: Return,
    *,
    now: datetime,
    actor: str,
    verdicts: Sequence[Verdict] = (),
    look: str | None = None,
) -> Transition:
    """The line that takes the champion off; the last one before it that still stands leads again.

    Its hold-back ends with it. Where none stands, the rules lead: who was returned never comes back
    this way.

    Raises NotEligible unless ``champion`` is the current one.
    """
    if champion.version != state.champion:
        raise NotEligible(
            f"{state.line}.champion",
            found=champion.version,
            expected=f"the current champion {state.champion}",
            next_step="look again: the champion changed meanwhile",
        )
    previous = state.previous_champion
    return replace(
        returned_from(state, champion, previous, decision, now=now, actor=actor),
        verdicts=tuple(verdicts),
        evidence_digest=evidence_digest(champion.fingerprint, verdicts) if verdicts else None,
        look=look,
    )


def _share(stage: Stage, policy: ReleasePolicy, previous: float = 0.0) -> float:
    if isinstance(policy, ClusterPolicy):
        return 1.0 if stage is Stage.CHAMPION else 0.0
    if stage is Stage.INTERLEAVED:
        return policy.interleave_share
    if stage.is_live:
        return policy.rule(stage).share
    if stage is Stage.CHAMPION:
        return champion_share(policy, previous)
    return 0.0


def _is_known(state: LineState, candidate: Candidate) -> bool:
    """Whether the version is on the way, waits or leads: offering it again changes nothing."""
    known = {who.version for who in (state.candidate, state.waiting) if who}
    return candidate.version in known | {state.champion}


def _check_undecided(state: LineState, candidate: Candidate) -> None:
    ending = state.ending_of(candidate)
    if ending is not None:
        raise NotEligible(
            f"{state.line}.{candidate.version}",
            found=f"the model of version {ending.version}, which was {label(ending.stage)}",
            expected="a model that no decision went against",
            next_step=f"train another one; a reviewer can `slipway reopen {state.line}"
            f" {ending.version}` with a reason",
        )


def _check_eligible(state: LineState, candidate: Candidate) -> None:
    if candidate.origin is Origin.BACKFILL:
        raise NotEligible(
            f"{state.line}.{candidate.version}.origin",
            found=candidate.origin.value,
            expected="scheduled or manual",
            next_step="a backfill reproduces the past; start a run of the present to release",
        )
    newest = state.newest_interval_end
    if newest is not None and candidate.interval_end < newest:
        raise NotEligible(
            f"{state.line}.{candidate.version}.interval_end",
            found=candidate.interval_end.isoformat(),
            expected=f">= {newest.isoformat()}, the newest offered",
            next_step="retrain on the newest week",
        )

"""The release machine: state + verdicts + policy + approval -> decision and its reason. Pure.

| stage | FAIL | PASS | undecided |
|---|---|---|---|
| offered | rejected | shadow | rejected |
| shadow | rejected | 1 % (interleaved, where the policy has it) | hold, timed out after ``timeout_days`` |
| interleaved | returned | 1 % | hold, timed out |
| 1, 5, 25 % | returned | next share | hold, timed out |
| 50 % | returned | approval, evidence frozen | hold, timed out |
| approval | returned | champion with a valid approval, else hold | hold, timed out |

After the promotion :mod:`slipway.release.watch` decides. Clusters answer no requests: their stages lead from the shadow straight to the approval.

A reviewer's "reject" returns. A missing verdict holds: no data never promotes. Two ends are outcomes
of their own: SUPERSEDED, where a newer one was offered before this one left the queue, whatever its
panel says; TIMED_OUT, where it is still undecided after ``timeout_days``. A backfill ends in every stage,
and so does a model that a decision went against under another version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slipway.domain.approval import Approval
from slipway.domain.errors import BadInput
from slipway.domain.people import NOBODY, FourEyes, People, four_eyes
from slipway.domain.policies import ReleasePolicy
from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import MEETS_USERS, Stage, label, next_stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.release.panel import weigh


@dataclass(frozen=True, slots=True)
class Advance:
    """One step further down the slipway."""

    to_stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Return:
    """The end of this release without promotion; ``to_stage`` says which."""

    to_stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay; the next look may know more."""

    reason: str


Decision = Advance | Return | Hold


def decide(
    state: LineState,
    verdicts: Sequence[Verdict],
    policy: ReleasePolicy,
    now: datetime,
    approval: Approval | None = None,
    no_review: str = "",
    *,
    people: People = NOBODY,
    drill_due: str = "",
) -> Decision:
    """What happens next to the line's candidate; at most one step.

    ``verdicts`` are those of :func:`slipway.gates.gates_for` the candidate's stage. ``approval``
    must have passed :func:`slipway.release.approval.verify`; it is bound to the candidate and held
    to be other ``people``'s than the author's here once more. ``no_review`` says why a review could
    not be read; it stands in the reason. ``drill_due`` says why no promotion may follow before a rollback
    drill; "" where none is asked for. Raises BadInput where the clock went back behind the
    candidate's last step, unless what is decided only takes traffic away: harm does not wait for a
    clock.
    """
    candidate = state.candidate
    if candidate is None:
        return Hold("no candidate is on its way")
    decision = _decide(state, candidate, verdicts, policy, approval, no_review, people)
    if drill_due and isinstance(decision, Advance) and decision.to_stage is Stage.CHAMPION:
        decision = Hold(f"{decision.reason}, but {drill_due}")
    if isinstance(decision, Return) and candidate.stage is not Stage.OFFERED:
        return decision
    _check_clock(candidate, now)
    if isinstance(decision, Hold) and now >= ends_at(candidate, policy):
        return Return(
            Stage.TIMED_OUT,
            f"still undecided after {policy.timeout_days:g} days in {candidate.stage}: "
            f"{decision.reason}",
        )
    return decision


def _decide(
    state: LineState,
    candidate: Candidate,
    verdicts: Sequence[Verdict],
    policy: ReleasePolicy,
    approval: Approval | None,
    no_review: str,
    people: People,
) -> Decision:
    """The decision as far as it needs no clock."""
    barred = _barred(state, candidate)
    if barred is not None:
        return Return(ending(candidate.stage), barred)
    conclusion, reason = weigh(
        candidate.stage, verdicts, has_champion=state.champion is not None, policy=policy
    )
    if candidate.stage is Stage.OFFERED:
        return _dock(state, candidate, conclusion, reason)
    if conclusion is Conclusion.FAIL:
        return Return(ending(candidate.stage), reason)
    if candidate.stage is Stage.APPROVAL:
        return _review(candidate, conclusion, reason, approval, no_review, people, policy.reviewers)
    if conclusion is Conclusion.PASS:
        return Advance(next_stage(candidate.stage, policy.stages), reason)
    return Hold(reason)


def ending(stage: Stage) -> Stage:
    """How a failed release ends: rejected before any exposure, else returned."""
    return Stage.RETURNED if stage in MEETS_USERS or stage is Stage.CHAMPION else Stage.REJECTED


def stop(state: LineState, reason: str) -> Return:
    """A person takes the candidate off the slipway; raises BadInput where there is none."""
    if state.candidate is None:
        raise BadInput(
            f"{state.line}.candidate",
            found=None,
            expected="a candidate on its way",
            next_step="to take the champion off, return the champion",
        )
    return Return(ending(state.candidate.stage), reason)


def _barred(state: LineState, candidate: Candidate) -> str | None:
    """Why the candidate may not go on whatever is measured; None where it may."""
    if candidate.origin is Origin.BACKFILL:  # whatever let it in
        return "a backfill never touches live traffic"
    ended = state.ending_of(candidate)
    if ended is not None:  # this copy of it was offered before the decision
        return f"the same model as version {ended.version}, which was {label(ended.stage)}"
    return None


def _check_clock(candidate: Candidate, now: datetime) -> None:
    if now.utcoffset() is None:
        raise BadInput(
            "now",
            found=now.isoformat(),
            expected="in UTC, with its offset",
            next_step="give the clock a time zone; nothing was decided",
        )
    if now < candidate.stage_since:
        raise BadInput(
            "now",
            found=now.isoformat(),
            expected=f"not before {candidate.stage_since.isoformat()}, the last step",
            next_step="set the clock right; nothing was decided",
        )


def _dock(state: LineState, candidate: Candidate, conclusion: Conclusion, reason: str) -> Decision:
    newest = state.newest_interval_end
    if newest is not None and candidate.interval_end < newest:
        return Return(Stage.SUPERSEDED, f"a candidate of the newer interval {newest} was offered")
    if conclusion is Conclusion.PASS:
        return Advance(Stage.SHADOW, reason)
    word = "undecided: " if conclusion is Conclusion.UNDECIDED else ""
    return Return(Stage.REJECTED, f"{word}{reason}")


def _review(
    candidate: Candidate,
    conclusion: Conclusion,
    reason: str,
    approval: Approval | None,
    no_review: str,
    people: People,
    at_least: int,
) -> Decision:
    if approval is None:
        read = f", whose review could not be read: {no_review}" if no_review else ""
        return Hold(f"waits for the reviewer{read}")
    eyes = four_eyes(candidate.author, approval.reviewers, people, at_least)
    bound = (
        approval.version == candidate.version
        and approval.model_fingerprint == candidate.fingerprint
        and approval.evidence_digest == candidate.evidence_digest
        and eyes is not FourEyes.AUTHOR
    )
    if not bound:
        return Hold("the approval is not for this candidate and this evidence by another person")
    said = f"{approval.reviewer}: {approval.reason}"
    if approval.second_reviewer:
        said += f"; {approval.second_reviewer}: {approval.second_reason}"
    if approval.decision == "reject":
        return Return(Stage.RETURNED, f"rejected by {said}")
    if approval.decision == "endorse" or eyes is FourEyes.SECOND:
        why = "as the policy asks for two" if at_least > 1 else "as nobody knows who the author is"
        return Hold(f"waits for a second reviewer, {why}; {said}")
    if conclusion is not Conclusion.PASS:
        return Hold(f"approved by {said}, but {reason}")
    return Advance(Stage.CHAMPION, f"approved by {said}")


def _clock_start(candidate: Candidate) -> datetime:
    """A review has its own time; all canary stages share one, from the first exposure on."""
    if candidate.stage is Stage.APPROVAL or candidate.live_since is None:
        return candidate.stage_since
    return candidate.live_since


def ends_at(candidate: Candidate, policy: ReleasePolicy) -> datetime:
    """When a candidate's release ends if it is still undecided by then."""
    return _clock_start(candidate) + timedelta(days=policy.timeout_days)

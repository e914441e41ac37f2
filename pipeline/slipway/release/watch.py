"""After the promotion: who is held back for the watch, and how the watch ends. Pure.

At a promotion the champion before keeps a small share of users, the hold-back, until the watch is over.
There is at most one: a newer promotion ends the older one, and so does every return of a champion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from slipway.domain.clusters import ClusterPolicy
from slipway.domain.policies import ReleasePolicy
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, LineState, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.release.machine import Decision, Hold, Return
from slipway.release.panel import weigh


@dataclass(frozen=True, slots=True)
class EndHoldBack:
    """The watch is over: its users go to the champion."""

    reason: str


WatchDecision = Decision | EndHoldBack


def decide_watch(
    state: LineState,
    champion: Candidate,
    verdicts: Sequence[Verdict],
    policy: Policy,
    now: datetime,
    *,
    seen_days: float | None = None,
) -> WatchDecision:
    """Whether a freshly promoted ``champion`` is returned, or its watch is over; it never promotes.

    ``champion`` is the candidate of the transition that promoted it, ``seen_days`` is for how long it
    and its control were both seen since; without it time that passed counts. Harm returns as long as a
    hold-back stands. A champion that came back because its successor failed is not watched: its time to
    be watched ended when the successor was promoted.
    """
    if champion.version != state.champion:
        return Hold(f"version {champion.version} is not the champion")
    if champion.stage is not Stage.CHAMPION or champion.stage_since != state.champion_since:
        return Hold("the champion was restored, not promoted: nothing to watch")
    over = _over(policy, now - champion.stage_since, seen_days)
    if over and not state.previous_share:
        return Hold(over)
    conclusion, reason = weigh(Stage.CHAMPION, verdicts, has_champion=True, policy=policy)
    if conclusion is Conclusion.FAIL:
        return Return(Stage.RETURNED, reason)
    ended = over or (state.previous_share and policy.no_hold_back)
    return EndHoldBack(ended) if ended else Hold(reason)


def _over(policy: Policy, passed: timedelta, seen_days: float | None) -> str:
    """Why the watch is over; nothing while it goes on.

    What is not seen does not count, but no longer than a release may stay undecided.
    """
    day = timedelta(days=1)
    seen = passed / day if seen_days is None else seen_days
    if seen > policy.watch_days:
        return f"the watch of {policy.watch_days:g} days is over"
    if passed / day > policy.watch_days + policy.timeout_days:
        return (
            f"the watch is over: {seen:.1f} of its {policy.watch_days:g} days were seen in "
            f"{passed / day:.0f}, and it ends {policy.timeout_days:g} days late at most"
        )
    return ""


def hold_back(
    state: LineState, version: str, policy: ReleasePolicy, unfit: str = ""
) -> tuple[float, str]:
    """The share that the champion of ``state`` keeps when ``version`` is promoted, and what is said of it.

    ``unfit`` is why the champion may not be served any more; nothing where it may.
    """
    if isinstance(policy, ClusterPolicy):
        return 0.0, ""
    older = ""
    if state.previous_share:
        older = f"; the hold-back of version {state.previous_champion} ends"
    if state.champion is None:
        why = "the rules were champion, and keep their hold-out"
    else:
        why = policy.no_hold_back or unfit
    if why:
        return 0.0, f"{older}; no hold-back: {why}"
    kept = (
        f"version {state.champion} keeps {policy.previous_share:.1%} of users while version {version} is "
        f"watched for {policy.watch_days:g} days"
    )
    return policy.previous_share, f"{older}; {kept}"


def end_hold_back(
    state: LineState,
    champion: Candidate,
    end: EndHoldBack,
    *,
    policy: Policy,
    now: datetime,
    actor: str,
) -> Transition:
    """The line that ends the hold-back beside ``champion``: its users go to the champion."""
    return Transition(
        line=state.line,
        epoch=state.epoch + 1,
        at=now,
        actor=actor,
        from_stage=Stage.CHAMPION,
        to_stage=Stage.CHAMPION,
        share=champion_share(policy),
        reason=f"{end.reason}; the hold-back of version {state.previous_champion} ends",
        candidate=champion,
        champion=champion.version,
    )


def return_hold_back(
    state: LineState, previous: Candidate, back: Return, *, now: datetime, actor: str
) -> Transition:
    """The line that takes the held back champion off for good: the champion has its users."""
    return returned_from(state, previous, state.champion, back, now=now, actor=actor)


def returned_from(
    state: LineState,
    version: Candidate,
    champion: str | None,
    back: Return,
    *,
    now: datetime,
    actor: str,
) -> Transition:
    """The line that takes a ``version`` off that was promoted; ``champion`` leads from then on."""
    return Transition(
        line=state.line,
        epoch=state.epoch + 1,
        at=now,
        actor=actor,
        from_stage=Stage.CHAMPION,
        to_stage=Stage.RETURNED,
        share=0.0,
        reason=back.reason,
        candidate=replace(version, stage=Stage.RETURNED, stage_since=now),
        champion=champion,
    )


def champion_share(policy: Policy, previous: float = 0.0) -> float:
    """The fraction of users that a champion has beside the hold-outs and a hold-back of ``previous``."""
    return 1.0 - policy.rules_share - policy.explore_share - previous

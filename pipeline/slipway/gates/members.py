"""What the live gates share: the comparisons behind them, their budgets, and words for people."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from slipway.domain.comparison_id import (
    OVER_RULES,
    PRIMARY,
    WEEKENDS,
    WORKING_DAYS,
    Compared,
    ComparisonId,
    segment,
)
from slipway.domain.measurement import Counts, LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.stats import deff, ratio_sums
from slipway.stats.eprocess import EProcess, Split, relative_effect, split
from slipway.stats.split import Floats

CONTROL, CANDIDATE, RULES = 0, 1, 2
KINDS_OF_DAY = {WORKING_DAYS: False, WEEKENDS: True}
"""Comparisons, and whether their blocks are those of weekends."""

NOTHING = Counts()
LARGEST_LOG_E = 690.0  # exp of it is still a finite number to report


class Comparison(NamedTuple):
    """The candidate beside another arm: new blocks, and the sums of those before."""

    data: Split
    before: Floats

    @property
    def exposed(self) -> int:
        """Candidate trials in blocks where the other arm had some too."""
        return int(self.data.candidate_trials.sum() + ratio_sums.trials(self.before))

    @property
    def sums(self) -> Floats:
        """All of it as one vector of sums."""
        found: Floats = self.before + ratio_sums.ratio_sums(self.data)
        return found


class Member(NamedTuple):
    """One measurement of the family: its evidence of harm and its weight."""

    id: ComparisonId
    process: EProcess
    weight: float

    @property
    def label(self) -> str:
        """What people read."""
        return self.id.label


def clicks(counts: Counts, *, against: int = CONTROL) -> Split:
    """Trials and successes of the candidate beside those of another arm."""
    n, x = counts.trials, counts.successes
    return split(n[:, against], x[:, against], n[:, CANDIDATE], x[:, CANDIDATE])


def known(m: LiveMeasurements, of: ComparisonId) -> Floats:
    """The sums of a comparison's earlier blocks; those of none where it is new."""
    return m.past.sums.get(of, ratio_sums.nothing())


def compared(m: LiveMeasurements, of: ComparisonId = PRIMARY) -> Comparison:
    """Clicks beside the control's, on one kind of day or in one segment, or beside the rules'.

    Only blocks whose outcomes have all arrived count.
    """
    counts = _counts(m, of)
    if of in KINDS_OF_DAY:
        counts = counts.among(counts.on_weekends() == KINDS_OF_DAY[of])
    against = RULES if of == OVER_RULES else CONTROL
    return Comparison(clicks(m.mature(counts), against=against), known(m, of))


def _counts(m: LiveMeasurements, of: ComparisonId) -> Counts:
    return m.segments.get(of.of, NOTHING) if of.what is Compared.SEGMENT else m.clicks


def stacked(m: LiveMeasurements, ids: Sequence[ComparisonId]) -> Comparison:
    """Several comparisons with the control at once: blocks [S, B], and earlier sums [S, W].

    Shorter ones end in empty blocks, which say nothing.
    """
    parts = [m.mature(_counts(m, of)) for of in ids]
    blocks = max(1, *(len(part.start_s) for part in parts))
    counts = np.zeros((4, len(ids), blocks))
    for place, part in enumerate(parts):
        columns = (*part.trials.T[:2], *part.successes.T[:2])
        counts[:, place, : len(part.start_s)] = columns
    data = split(counts[0], counts[2], counts[1], counts[3])
    return Comparison(data, np.stack([known(m, of) for of in ids]))


def segments(m: LiveMeasurements) -> tuple[ComparisonId, ...]:
    """All segments seen now or before, sorted."""
    before = (of for of in m.past.sums if of.what is Compared.SEGMENT)
    return tuple(sorted({*map(segment, m.segments), *before}))


def user_sums(m: LiveMeasurements) -> Floats:
    """Sums over control users (:func:`slipway.stats.deff.user_sums`), the newest that are known."""
    if len(m.user_trials):
        return deff.user_sums(m.user_trials, m.user_successes)
    return np.asarray(m.past.users)


def clustering(m: LiveMeasurements) -> float:
    """Kappa from the control's users; raises ValueError where none are known."""
    return max(1.0, deff.of_sums(user_sums(m)))


def waiting(gate: str, m: LiveMeasurements, found: Comparison) -> Verdict | None:
    """UNDECIDED while nothing can be compared; None as soon as it can.

    One user's clicks have no spread over users: whatever they say may be that user's alone.
    """
    if not found.exposed:
        return undecided(gate, "no exposure of the candidate beside the control yet")
    if user_sums(m)[0] == 1:
        return undecided(gate, "a single control user: how clicks cluster is not known yet")
    return None


def guardrail_weight(policy: Policy) -> float:
    """The share of the error budget of one guardrail."""
    return policy.guardrail_weight / (len(policy.latency_quantiles) + 1 + len(policy.means))


def alarm(member: Member, policy: Policy) -> tuple[bool, Evidence]:
    """Whether a member alone, at its peak, uses up the budget of the release: weight x E >= 1/alpha."""
    limit = 1 / (policy.alpha * member.weight)
    return member.process.log_peak >= math.log(limit), e_value(
        member.label, member.process.log_peak, limit
    )


def e_value(name: str, log_e: float, threshold: float) -> Evidence:
    """An e-value as evidence; one too large to write is cut."""
    return Evidence(name, math.exp(min(log_e, LARGEST_LOG_E)), "e-value", threshold=threshold)


def effect(
    of: ComparisonId, found: Comparison, policy: Policy, divisor: float
) -> tuple[Evidence, ...]:
    """The relative effect with anytime bounds; nothing while it is undefined."""
    if not ratio_sums.mantel_haenszel(found.sums)[1] > 0:
        return ()
    effect = relative_effect(
        found.data,
        effects=policy.harm_effects,
        weights=policy.harm_weights,
        alpha=policy.alpha,
        kappa=divisor,
        before=found.before,
    )
    return (Evidence(of.label, effect.estimate, "relative effect", effect.lower, effect.upper),)


def seen(evidence: Iterable[Evidence]) -> str:
    """The first effect among ``evidence`` in words, or nothing.

    >>> seen([Evidence("clicks", -0.1, "relative effect", -0.12, -0.08)])
    ' (clicks -10.0 %, -12.0 to -8.0 %)'
    """
    for item in evidence:
        if item.unit == "relative effect" and item.lower is not None and item.upper is not None:
            estimate, lower, upper = (
                f"{100 * part:+.1f}" for part in (item.estimate, item.lower, item.upper)
            )
            return f" ({item.name} {estimate} %, {lower} to {upper} %)"
    return ""


def undecided(gate: str, reason: str, *evidence: Evidence) -> Verdict:
    """A verdict that holds."""
    return Verdict(gate, Conclusion.UNDECIDED, reason, evidence)


def counted(total: np.int64 | int) -> str:
    """A count for people, thousands apart.

    >>> counted(12345)
    '12 345'
    """
    return f"{int(total):,}".replace(",", " ")

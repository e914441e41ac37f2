"""How today's champion stands to the one of a year ago: the chain of released comparisons. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from slipway.domain.errors import BadInput
from slipway.domain.policy import Policy
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict

GATE = "margin_creep"
"""Whose verdict holds the link of a release."""

LINK, LINK_VARIANCE = "champion_log_ratio", "champion_log_ratio_variance"
LABELS = {LINK: "log ratio to the champion", LINK_VARIANCE: "its variance"}
"""For people; before there were ids, ledgers had them alone."""


def reference_of(
    transitions: Sequence[Transition], policy: Policy, now: datetime
) -> tuple[float, float]:
    """Log click ratio of the champion to the one of ``creep_days`` ago, and its variance.

    Every full release that still stands adds the comparison it was released on; a champion that was
    returned takes its own away again. A release on which the gate was not asked, as a first one that
    has nobody to be compared with, adds nothing.
    """
    champions: list[tuple[str, datetime, Verdict | None]] = []
    asked: dict[str, Verdict | None] = {}
    for t in transitions:
        version = t.candidate.version
        if t.to_stage is Stage.APPROVAL:
            asked[version] = next((v for v in t.verdicts if v.gate == GATE), None)
        elif t.to_stage is Stage.CHAMPION:
            if not champions or champions[-1][0] != version:  # the end of a watch is no release
                champions.append((version, t.at, asked.get(version)))
        elif t.from_stage is Stage.CHAMPION and t.champion not in {c for c, *_ in champions[-1:]}:
            # a hold-back that is taken off led no more: the champion's link stands on its own
            champions = [champion for champion in champions if champion[0] != version]
    since = now - timedelta(days=policy.creep_days)
    recent = [
        link_of(verdict) if verdict else (0.0, 0.0) for _, at, verdict in champions if at >= since
    ]
    return sum(drift for drift, _ in recent), sum(variance for _, variance in recent)


def link_of(verdict: Verdict) -> tuple[float, float]:
    """What a released champion's own verdict said of it and its predecessor: ratio and variance.

    Raises BadInput where it said neither: a chain with a link left out would hide a loss.
    """
    old = {label: of for of, label in LABELS.items()}
    said = {item.id or old.get(item.name, ""): item.estimate for item in verdict.evidence}
    if not LABELS.keys() <= said.keys():
        raise BadInput(
            f"verdict {GATE} of a released champion",
            found=", ".join(item.name for item in verdict.evidence) or "no evidence",
            expected=f"the evidence {' and '.join(LABELS)}",
            next_step="restore the ledger that Slipway wrote: without it no loss over releases is seen",
        )
    return said[LINK], said[LINK_VARIANCE]

"""How today's champion stands to the one of a year ago: the chain of released comparisons. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from slipway.domain.policy import Policy
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.gates import margin_creep


def reference_of(
    transitions: Sequence[Transition], policy: Policy, now: datetime
) -> tuple[float, float]:
    """Log click ratio of the champion to the one of ``creep_days`` ago, and its variance.

    Every full release that still stands adds the comparison it was released on; a champion that was
    returned takes its own away again. A first release has nobody to be compared with: 0.
    """
    reigns: list[tuple[str, datetime, tuple[float, float]]] = []
    links: dict[str, tuple[float, float]] = {}
    for t in transitions:
        version = t.candidate.version
        if t.to_stage is Stage.APPROVAL:
            said = [v for v in t.verdicts if v.gate == margin_creep.NAME]
            links[version] = margin_creep.link_of(said[0]) if said else (0.0, 0.0)
        elif t.to_stage is Stage.CHAMPION:
            reigns.append((version, t.at, links.get(version, (0.0, 0.0))))
        elif t.from_stage is Stage.CHAMPION:
            reigns = [reign for reign in reigns if reign[0] != version]
    since = now - timedelta(days=policy.creep_days)
    recent = [link for _, at, link in reigns if at >= since]
    return sum(drift for drift, _ in recent), sum(variance for _, variance in recent)

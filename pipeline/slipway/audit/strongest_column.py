"""LeakKind.PROXY: a note on the one column that tells far more than any other, whatever speaks for it."""

from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.proxies import WRITTEN_WHEN, Proxies
from slipway.domain.leak import LeakKind


def judge(proxies: Proxies) -> list[Finding]:
    """At most one NOTE: the strongest value, where no other column alone comes near it."""
    knobs = proxies.knobs
    values = [k for k, view in proxies.views.items() if not view.about and k not in proxies.exempt]
    ranked = sorted(values, key=lambda k: -proxies.strengths[k].within)
    ranked = [k for k in ranked if k not in proxies.accused]
    if not ranked:
        return []
    first, *others = (proxies.strengths[k] for k in ranked[:2])
    gap = first.within - max((second.within for second in others), default=0.0)
    if first.sure < knobs.lone_asked or gap < knobs.lone_gap:
        return []
    power, target = first.alone.within, proxies.design.targets[first.target]
    return [
        Finding(
            ranked[0],
            LeakKind.PROXY,
            Grade.NOTE,
            0.5 + squash(first.within) / 2,
            f"it predicts whether {target.name} with AUC {power.auc:.3f} ± {2 * power.se:.3f} among rows of like time;"
            " no other column alone comes near: an honest cause, or written with the outcome",
            WRITTEN_WHEN,
            {"auc": power.auc, "se": power.se, "gap": gap},
        )
    ]

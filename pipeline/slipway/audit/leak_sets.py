"""LeakKind.PROXY: columns that clear one another, each written with the outcome, as a set."""

from itertools import combinations

import numpy as np

from slipway.audit.conditional_dependence import tie_of
from slipway.audit.conditional_model import ConditionalModel
from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.power import beyond, scored
from slipway.audit.proxies import WRITTEN_WHEN, Proxies
from slipway.audit.thresholds import LEAK_SETS_FEW_WORDS, LEAK_SETS_MOST, LEAK_SETS_TIED
from slipway.domain.leak import LeakKind
from slipway.stats.separation import distance


def judge(proxies: Proxies, reference: ConditionalModel) -> list[Finding]:
    """SUSPECT for strong columns that share nothing but the outcome and leave all others far behind.

    Honest strong measurements of one thing go together among rows of one outcome, too, or others come near them.
    """
    found: list[Finding] = []
    for k in range(len(reference.design.targets)):
        members = _members(proxies, k)
        if 2 <= len(members) <= LEAK_SETS_MOST and _strangers(members, k, reference):  # noqa: PLR2004 - a set
            found += _ahead(members, k, proxies, reference)
    return found


def _members(proxies: Proxies, target: int) -> list[str]:
    """Strong values that are not accused: numbers, or words of two values."""
    knobs = proxies.knobs
    found = [
        key
        for key, own in proxies.strengths.items()
        if own.target == target
        and own.within >= knobs.lone
        and not proxies.views[key].about
        and proxies.views[key].column not in proxies.accused | proxies.exempt | proxies.gradual
        and (
            proxies.views[key].coded.ordered or proxies.views[key].coded.size <= LEAK_SETS_FEW_WORDS
        )
    ]
    sure = any(proxies.strengths[key].sure >= knobs.lone for key in found)
    return found if sure else []


def _strangers(members: list[str], target: int, reference: ConditionalModel) -> bool:
    """Whether no two of them go together among rows of one outcome."""
    yes = reference.design.targets[target].yes
    rates = {}
    for key in members:
        coded = reference.columns[key]
        n = np.bincount(coded.code, minlength=coded.size)
        rates[key] = (np.bincount(coded.code, yes, coded.size) / np.maximum(n, 1))[coded.code]
    ties = (tie_of(reference.columns[a], rates[b], yes).left for a, b in combinations(members, 2))
    return all(abs(left) <= LEAK_SETS_TIED for left in ties)


def _ahead(
    members: list[str], k: int, proxies: Proxies, reference: ConditionalModel
) -> list[Finding]:
    knobs, target = proxies.knobs, reference.design.targets[k]
    others = [key for key in proxies.vouching(members, reference, np.inf) if key not in members]
    predicted = reference.predict(others, k)
    together = scored(predicted, reference.design, target)
    easy = distance(together.auc) >= knobs.near_perfect
    found = []
    for key in members:
        own = proxies.strengths[key]
        ahead = beyond(own.alone.within, together, target, knobs.z_power)
        far = ahead.whole >= knobs.excess and ahead.sure >= knobs.excess_sure
        if not far and (
            easy or not tie_of(reference.columns[key], predicted, target.yes).follows(knobs)
        ):
            return []
        power, others_said = own.alone.within, " and ".join(m for m in members if m != key)
        found.append(
            Finding(
                key,
                LeakKind.PROXY,
                Grade.LEAK if own.sure >= knobs.near_perfect else Grade.SUSPECT,
                squash(own.sure),
                f"it and {others_said} each predict whether {target.name} (it with AUC {power.auc:.3f} ±"
                f" {2 * power.se:.3f}) and share nothing but the outcome; all other columns together reach {together.auc:.3f}",
                WRITTEN_WHEN,
                {"auc": power.auc, "se": power.se, "others": together.auc, "beyond": ahead.whole},
            )
        )
    proxies.accused.update(members)
    return found

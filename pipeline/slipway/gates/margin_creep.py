"""Do many small losses, each within the margin, add up to a large one?

Every candidate may lose up to the margin to its predecessor and be released. So the chain of log
ratios, each champion's to the one before it, is held against the champion of a year ago:

    total = sum_i ln r_i,  variance = sum_i kappa_i / information_i,

with the candidate's own comparison as its last link. The gate wants the evidence against "total <=
ln(1 - creep_margin)", normal mixture as for a mean, at ``advance_e``. A chain of released estimates
is too high by what releases select for, about .1 % each; that is why it asks for evidence and not
for an estimate above the limit. Simulated years of 52 candidates, mean effect -.5 %, standard
deviation .75 %, 2 M impressions a day: -8.8 % without this gate, -1.4 % with it, -2.1 % with the
old champion kept as an arm; neutral candidates are still released in 50 of 52 weeks.
"""

import math

from slipway.domain.errors import NotComputable
from slipway.domain.in_words import counted
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence import comparisons
from slipway.evidence.champion_chain import LABELS, LINK, LINK_VARIANCE
from slipway.gates import verdict_parts
from slipway.stats import means, ratio_sums
from slipway.stats.mixtures import NI_WEIGHTS

NAME = "margin_creep"


def judge(m: LiveMeasurements, policy: Policy) -> Verdict:
    """PASS when losing ``creep_margin`` over all releases of the chain is excluded, else UNDECIDED.

    Raises NotComputable where the ledger does not say how a released champion stood to the one before.
    """
    if m.reference is None:
        raise NotComputable(
            f"{NAME} of {m.line}",
            found="a released champion without its comparison in the ledger",
            expected="a link for every release",
            next_step="restore the ledger that Slipway wrote; until then harm alone is acted on",
        )
    clicks = comparisons.compared(m)
    if wait := verdict_parts.waiting(NAME, m, clicks):
        return wait
    over, under = ratio_sums.mantel_haenszel(clicks.sums)
    if not over > 0 or not under > 0:
        return verdict_parts.undecided(NAME, "no clicks of the candidate beside the control's yet")
    link = math.log(over / under)
    variance = comparisons.design_effect(m) / ratio_sums.information(clicks.sums, over / under)
    total, total_variance = link + m.reference[0], variance + m.reference[1]
    found = means.MeanEvidence(total / total_variance, 1 / total_variance, 1.0)
    lost = -math.log1p(-policy.creep_margin)
    log_e = means.log_e(found, null=-lost, alternatives=[0.0, lost], weights=NI_WEIGHTS)
    proven = log_e >= math.log(policy.advance_e)
    shown = verdict_parts.e_value("creeping loss excluded", log_e, policy.advance_e)
    reason = (
        f"{100 * math.expm1(total):+.1f} % to the champion of {counted(policy.creep_days, 'day')} ago: a loss "
        f"of {policy.creep_margin:.0%} is {'' if proven else 'not yet '}excluded, evidence "
        f"{shown.estimate:.3g}, needs {policy.advance_e:g}"
    )
    return Verdict(
        NAME,
        Conclusion.PASS if proven else Conclusion.UNDECIDED,
        reason,
        (
            shown,
            Evidence(LABELS[LINK], link, "log ratio", id=LINK),
            Evidence(LABELS[LINK_VARIANCE], variance, "squared log ratio", id=LINK_VARIANCE),
        ),
    )

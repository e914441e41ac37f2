"""Is the candidate's gain larger than what chance alone gives?

The floor is the largest gain that chance explains: the error of the held-out rows, and the spread that
other seeds and other training rows give to both models. A candidate fitted by the champion's recipe
claims nothing but to be fresher, and then no gain is asked of it; that it is not worse is the question
of :mod:`slipway.gates.log_loss`. Another recipe is a claim to be better: its gain inside the floor is
UNDECIDED.
"""

import math

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed
from slipway.stats.noise import EstimatedSd, floor_of

NAME = "gain"


def floor(m: OfflineMeasurements, alpha: float) -> float:
    """The largest relative gain of log-loss that chance explains in all but ``alpha`` of weeks."""
    difference = needed(m, NAME, lambda x: x.log_loss_diff_champion)
    chance = needed(m, NAME, lambda x: x.chance.get("log_loss"))
    degrees = max(1, (2 * m.refits) // 3 - 1)
    both = EstimatedSd(math.sqrt(2) * chance.total, degrees)  # both models were drawn by chance
    return floor_of([EstimatedSd(difference.se, math.inf), both], alpha)


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS for a gain beyond the floor, or where none is claimed; else UNDECIDED."""
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows")
    gain = -needed(m, NAME, lambda x: x.log_loss_diff_champion).mean
    least = floor(m, policy.quality_alpha)
    evidence = (
        Evidence("gain of log-loss", gain, "relative difference", threshold=least),
        *(
            Evidence(f"chance, {name}", value, "relative spread of log-loss")
            for name, value in (
                ("other seeds", m.chance["log_loss"].seed),
                ("other training rows", m.chance["log_loss"].data),
            )
        ),
    )
    found = f"log-loss changed by {-100 * gain:+.2f} %, the noise floor is {100 * least:.2f} %"
    if gain > least:
        conclusion, end = Conclusion.PASS, "a gain that chance does not explain"
    elif m.recipe_changed and policy.prove_gain:
        conclusion, end = Conclusion.UNDECIDED, "another recipe must show a gain beyond chance"
    else:
        inside = "beyond the floor" if gain < -least else "inside the floor"
        conclusion, end = Conclusion.PASS, f"{inside}, and no gain is claimed"
    return Verdict(NAME, conclusion, f"{found}: {end}", evidence)

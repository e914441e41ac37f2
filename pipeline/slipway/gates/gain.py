"""Is the candidate's gain larger than what chance alone gives?

The floor is the largest gain that chance explains: the error of the held-out rows, and the spread that
other seeds and other training rows give to both models. A candidate fitted by the champion's recipe
claims nothing but to be fresher, and then no gain is asked of it; that it is not worse is the question
of :mod:`slipway.gates.log_loss`. Another recipe is a claim to be better: its gain inside the floor is
UNDECIDED.
"""

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.gates.offline import needed
from slipway.gates.offline_verdicts import gain_floor, gain_verdict

NAME = "gain"


def floor(m: OfflineMeasurements, alpha: float) -> float:
    """The largest relative gain of log-loss that chance explains in all but ``alpha`` of weeks."""
    difference = needed(m.log_loss_diff_champion, NAME)
    return gain_floor(difference, needed(m.chance.get("log_loss"), NAME), m.refits, alpha)


def judge(m: OfflineMeasurements, policy: Policy) -> Verdict:
    """PASS for a gain beyond the floor, or where none is claimed; else UNDECIDED."""
    if not m.rows:
        return Verdict(NAME, Conclusion.UNDECIDED, "no held-out rows")
    gain = -needed(m.log_loss_diff_champion, NAME).mean
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
    claimed = m.recipe_changed and policy.prove_gain
    return gain_verdict(NAME, "log-loss", gain, least, evidence, claimed=claimed)

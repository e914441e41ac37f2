"""What the offline gates share: the difference to another arm, honest about seeds."""

from typing import TypeVar

from slipway.domain.errors import NotComputable
from slipway.domain.measurement import Difference
from slipway.domain.verdict import Evidence
from slipway.stats.paired import one_sided, with_seeds

T = TypeVar("T")


def needed(found: T | None, name: str) -> T:
    """A measurement against the champion; raises NotComputable where it is missing."""
    if found is None:
        raise NotComputable(
            f"offline.{name}",
            found=None,
            expected="a measurement against the champion",
            next_step="measure it, or leave the gate out of the panel of a first release",
        )
    return found


def bounded(
    name: str,
    difference: Difference,
    spreads: tuple[float, ...],
    alpha: float,
    *,
    threshold: float,
) -> Evidence:
    """A relative difference with one-sided bounds at ``alpha``, seeds' spread included."""
    bounds = one_sided(difference.mean, with_seeds(difference.se, *spreads), alpha)
    return Evidence(
        name, difference.mean, "relative difference", bounds.lower, bounds.upper, threshold
    )


def range_of(evidence: Evidence) -> str:
    """Estimate and bounds in words.

    >>> range_of(Evidence("log-loss", -0.01, "relative difference", -0.02, 0.0))
    '-1.00 % (-2.00 to +0.00 %)'
    """
    lower = evidence.estimate if evidence.lower is None else evidence.lower
    upper = evidence.estimate if evidence.upper is None else evidence.upper
    return f"{100 * evidence.estimate:+.2f} % ({100 * lower:+.2f} to {100 * upper:+.2f} %)"


def upper_of(evidence: Evidence) -> float:
    """The upper bound, or the estimate where there is none."""
    return evidence.estimate if evidence.upper is None else evidence.upper


def lower_of(evidence: Evidence) -> float:
    """The lower bound, or the estimate where there is none."""
    return evidence.estimate if evidence.lower is None else evidence.lower

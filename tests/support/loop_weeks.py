"""Weeks of a loop as a gate is fed with them."""

from slipway.domain.loop import LoopMeasurements, LoopWeek
from slipway.stats.concentration import Concentration
from slipway.stats.shadow_gap import Gap

MODEL = Concentration(0.6, 0.3, 0.9, 2.0, 4.0)
FLOOR = Concentration(0.01, 0.01, 0.01, 0.02, 0.02)


def week(at, gap=0.0, se=0.002, rise=0.0):
    """The ``at``-th week, with a Gini ``rise`` higher than the usual."""
    arms = {
        "champion": MODEL._replace(gini=MODEL.gini + rise),
        "rules": MODEL,
        "explore": MODEL._replace(gini=0.2),
    }
    return LoopWeek(f"2026-03-{at + 1:02d}", "1", Gap(gap, se), arms, FLOOR)


def healthy_loop(weeks=8, **change):
    """Weeks in which nothing is wrong, unless ``change`` says so."""
    return LoopMeasurements("feed", tuple(week(at, **change) for at in range(weeks)))

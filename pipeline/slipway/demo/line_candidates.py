"""The two candidates of any line's demo: one that becomes champion, and a harmful one that is stopped."""

from dataclasses import dataclass

from slipway.demo.demo_candidates import (
    DemoCandidate,
    became_champion,
    rejected_by,
    returned_for_harm,
)
from slipway.domain.errors import BadConfig
from slipway.domain.line import Line
from slipway.domain.model import Adopt

GOOD, HARMFUL = "good", "harmful"
WORSE_LIVE = -0.3
"""Relative effect of the harmful version on what comes of its answers."""
OTHER_SEEDS = 100


@dataclass(frozen=True, slots=True)
class Plot:
    """The candidates, and what is done to the world once the harmful one goes live."""

    candidates: dict[str, DemoCandidate]
    live_effect: float = 0.0


def plot(line: Line) -> Plot:
    """What is played of a line; raises BadConfig where there are no two models to compare."""
    recipe = line.recipe
    if isinstance(recipe, Adopt):
        raise BadConfig(
            f"{line.name}.recipe",
            found="a model from elsewhere",
            expected="one that is fitted here, so that there are two to compare",
            next_step="declare a recipe with a factory to see its demo",
        )
    if line.primary.exogenous:
        bad = DemoCandidate(
            HARMFUL,
            f"knows {recipe.inputs[0]} alone",
            {"name": "one input", "inputs": [recipe.inputs[0]]},
            "rejected before any traffic, by its loss on the held-out requests",
            lambda record: rejected_by(record, "offline_loss"),
            gate="offline_loss",
        )
    else:
        bad = DemoCandidate(
            HARMFUL,
            f"as good offline, {-WORSE_LIVE:.0%} worse live",
            {"name": "other seeds", "seeds": [seed + OTHER_SEEDS for seed in recipe.seeds]},
            "returned from a canary stage by harm",
            returned_for_harm,
            gate="harm",
        )
    best = DemoCandidate(
        GOOD, "a good one", {}, "champion, approved by a reviewer", became_champion
    )
    worse = 0.0 if line.primary.exogenous else WORSE_LIVE
    return Plot({GOOD: best, HARMFUL: bad}, live_effect=worse)

"""The two candidates of any line's demo: one that becomes champion, and a harmful one that is stopped."""

from dataclasses import dataclass
from typing import Any

from slipway.demo.demo_candidates import (
    DemoCandidate,
    Record,
    became_champion,
    failed,
    rejected_by,
    returned_for_harm,
)
from slipway.domain.errors import BadConfig
from slipway.domain.line import Line
from slipway.domain.model import Adopt
from slipway.domain.stage import Stage
from slipway.gates import PAIRED_SHADOW

GOOD, HARMFUL = "good", "harmful"
WORSE_LIVE = -0.3
"""Relative effect of the harmful version on what comes of its answers."""
OTHER_SEEDS = 100


@dataclass(frozen=True, slots=True)
class Plot:
    """The candidates, and what is done to the world once the harmful one goes live."""

    candidates: dict[str, DemoCandidate]
    turns: bool = False
    live_effect: float = 0.0


def plot(line: Line, fragile: str | None) -> Plot:
    """What is played; ``fragile`` is the column of the world whose meaning can turn round."""
    recipe = line.recipe
    if isinstance(recipe, Adopt):
        raise BadConfig(
            f"{line.name}.recipe",
            found="a model from elsewhere",
            expected="one that is fitted here, so that there are two to compare",
            next_step="declare a recipe with a factory to see its demo",
        )
    good: dict[str, Any] = {}
    if fragile is not None:
        good = {"name": f"without {fragile}", "inputs": [n for n in recipe.inputs if n != fragile]}
        bad = DemoCandidate(
            HARMFUL, f"leans on {fragile}, which turns round",
            {"name": f"with {fragile}", "inputs": list(recipe.inputs)},
            "rejected in the shadow, by the losses of both on the same requests",
            _stopped_in_shadow, gate=PAIRED_SHADOW,
        )  # fmt: skip
    elif line.primary.exogenous:
        bad = DemoCandidate(
            HARMFUL, f"knows {recipe.inputs[0]} alone",
            {"name": "one input", "inputs": [recipe.inputs[0]]},
            "rejected before any traffic, by its loss on the held-out requests",
            lambda record: rejected_by(record, "offline_loss"), gate="offline_loss",
        )  # fmt: skip
    else:
        bad = DemoCandidate(
            HARMFUL, f"as good offline, {-WORSE_LIVE:.0%} worse live",
            {"name": "other seeds", "seeds": [seed + OTHER_SEEDS for seed in recipe.seeds]},
            "returned from a canary stage by harm", returned_for_harm, gate="harm",
        )  # fmt: skip
    best = DemoCandidate(
        GOOD, "a good one", good, "champion, approved by a reviewer", became_champion
    )
    worse = 0.0 if line.primary.exogenous else WORSE_LIVE
    return Plot({GOOD: best, HARMFUL: bad}, turns=fragile is not None, live_effect=worse)


def _stopped_in_shadow(record: Record) -> bool:
    last = record.transitions[-1] if record.transitions else None
    return (
        last is not None
        and last.to_stage is Stage.REJECTED
        and last.from_stage is Stage.SHADOW
        and PAIRED_SHADOW in {v.gate for v in failed(last.verdicts)}
    )

"""How one candidate of Slipway's own trees is fitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.domain import fit_knobs, former_names
from slipway.domain.config import FORMERLY, check_knobs, check_recipe_words, knob
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig

MOST_BOOST = 50
"""Logits that a category may be raised or lowered by: beyond it no score is left."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one candidate is fitted; every field may be overridden by a run's ``conf["recipe"]``.

    ``inputs`` are names of the line's columns. ``category_boost`` adds to the ranking score (logit) of
    a category and leaves the predicted probability alone. ``max_rows`` caps the training rows (whole
    requests are sampled by hash). ``seeds`` are at least three: the first one is released, the
    others measure the noise floor.

    For lists that change less from week to week: ``ensemble`` models of as many seeds answer with
    their mean log-odds; ``anchor`` is the share of a label that is the champion's answer instead of
    the click; ``blend`` is the most that the champion's log-odds may weigh in the released ones (less
    as tastes drift, 0 when they break), of at most ``tree_sets`` fits in all. ``warm_start`` is
    refused: see :mod:`slipway.training.fit`.
    """

    name: str
    inputs: tuple[str, ...]
    max_iter: int = knob(120, unit="trees", about="of one fit", at_least=1, at_most=10_000)
    learning_rate: float = knob(
        0.1, unit="shrinkage", about="of each tree's answer", above=0, at_most=1
    )
    max_leaf_nodes: int = knob(31, unit="leaves", about="of a tree", at_least=2, at_most=65_536)
    min_samples_leaf: int = knob(
        40, unit="rows", about="of a leaf", at_least=1, at_most=1_000_000_000
    )
    l2: float = knob(1.0, unit="weight", about="of the penalty", at_least=0, at_most=1e9)
    max_features: float = knob(
        0.8, unit="fraction of inputs", about="that a split may choose from", above=0, at_most=1
    )
    max_rows: int = fit_knobs.max_rows()
    seeds: tuple[int, ...] = fit_knobs.seeds()
    category_boost: Mapping[str, float] | None = field(
        default=None, metadata={FORMERLY: former_names.CATEGORY_BOOST}
    )
    ensemble: int = knob(1, unit="models", about="whose mean log-odds answer", at_least=1)
    anchor: float = knob(
        0.0, unit="share of a label", about="that is the champion's answer", at_least=0, below=1
    )
    blend: float = knob(
        0.0, unit="share of the log-odds", about="the champion's at most", at_least=0, below=1
    )
    tree_sets: int = knob(3, unit="fits", about="in all, with the champion's", at_least=1)
    warm_start: bool = False

    def __post_init__(self) -> None:
        settle_types(self, "recipe")
        check_recipe_words(self.name, self.inputs)
        check_knobs(self, "recipe")
        for name, boost in (self.category_boost or {}).items():
            if not abs(boost) <= MOST_BOOST:
                raise BadConfig(
                    f"recipe.category_boost.{name}",
                    found=boost,
                    expected=f"finite offsets from -{MOST_BOOST} to {MOST_BOOST} (logit)",
                    next_step="correct the value; nothing was started",
                )

    @property
    def uses_champion(self) -> bool:
        """Whether the champion takes part in what is fitted."""
        return self.anchor > 0 or self.blend > 0

    @property
    def headline(self) -> dict[str, Any]:
        """What the registry lists of it."""
        return {"max_iter": self.max_iter}

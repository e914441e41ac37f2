"""How a line of clusters is fitted, and what one week's clusters must show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from slipway.domain.card import NO_CARD, Card
from slipway.domain.columns import Column
from slipway.domain.config import (
    check_has_inputs,
    check_knobs,
    check_recipe_words,
    knob,
    reviewers_knob,
    typed_replace,
)
from slipway.domain.declaration import column_named
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig
from slipway.domain.retention import Needs, Retention, check_retention
from slipway.domain.schedule import Schedule
from slipway.domain.stage import Stage

MANY = 1_000_000_000
"""The most posts that a recipe may ask for."""


@dataclass(frozen=True, slots=True)
class ClusterRecipe:
    """How posts become clusters, and when a cluster is new; a run's ``conf["recipe"]`` overrides.

    ``min_clusters`` to ``max_clusters`` is where the first week looks for a stable number; later
    weeks go on from it by births, splits, merges and retirements.
    """

    name: str
    inputs: tuple[str, ...] = ("text",)
    seed: int = knob(
        11, unit="seed", about="every random draw follows from it", at_least=0, below=2**32
    )
    dimensions: int = knob(
        100, unit="components", about="of the SVD of TF-IDF", at_least=2, at_most=10_000
    )
    min_posts_of_word: int = knob(
        3, unit="posts", about="rarer words are not read", at_least=1, at_most=MANY
    )
    max_share_of_word: float = knob(
        0.3, unit="fraction of posts", about="commoner words are not read", above=0, at_most=1
    )
    min_clusters: int = knob(
        6, unit="clusters", about="fewest in the first week", at_least=2, at_most=10_000
    )
    max_clusters: int = knob(
        30, unit="clusters", about="most in the first week", at_least=2, at_most=10_000
    )
    stability_loss: float = knob(
        0.05, unit="adjusted Rand index", about="given up for more clusters", at_least=0, below=1
    )
    posts_of_cluster: int = knob(
        50, unit="posts", about="for each cluster of the first week", at_least=2, at_most=MANY
    )
    restarts: int = knob(
        60, unit="fits", about="of the reference inertia", at_least=1, at_most=100_000
    )
    inertia_loss: float = knob(
        0.0075,
        unit="relative",
        about="worse than the best restart, for ids kept",
        at_least=0,
        at_most=1,
    )
    ids_lost: float = knob(
        0.02,
        unit="fraction of posts",
        about="above it other ways to keep ids are looked for",
        at_least=0,
        at_most=1,
    )
    min_posts: int = knob(
        8, unit="posts", about="a cluster has at least these", at_least=2, at_most=MANY
    )
    horizons_weeks: tuple[int, ...] = knob(
        (1, 2, 4),
        unit="weeks",
        about="how recent the posts of a new topic are",
        at_least=1,
        at_most=520,
    )
    recency_odds: float = knob(
        10.0,
        unit="odds ratio",
        about="recent posts in a new topic against others",
        above=1,
        at_most=1e9,
    )
    birth_alpha: float = knob(
        1e-3,
        unit="probability",
        about="of a false birth in a week, over all tries",
        above=0,
        below=1,
    )
    same_group: float = knob(
        0.5, unit="Jaccard index", about="a group that is a living cluster", above=0, at_most=1
    )
    same_topic: float = knob(
        0.5,
        unit="0 as strangers, 1 as its own",
        about="nearness to their cluster of posts that are no new topic",
        above=0,
        below=1,
    )
    min_known_words: float = knob(
        0.5,
        unit="fraction",
        about="of this week's posts with words, and of words known before",
        at_least=0,
        below=1,
    )
    same_meaning: float = knob(
        0.5, unit="cosine", about="of a cluster's words to those it was named for", above=0, below=1
    )

    def __post_init__(self) -> None:
        settle_types(self, "recipe")
        check_recipe_words(self.name, self.inputs)
        check_has_inputs(self.inputs, "recipe")
        check_knobs(self, "recipe")
        if self.max_clusters < self.min_clusters:
            raise BadConfig(
                "recipe.max_clusters",
                found=self.max_clusters,
                expected=f">= min_clusters == {self.min_clusters}",
                next_step="widen the range the first week looks in",
            )


@dataclass(frozen=True, slots=True)
class ClusterPolicy:
    """What one week's clusters must show before a reviewer sees them, and users do."""

    kept_min: float = knob(
        0.95, unit="fraction of posts", about="that keep their cluster's id", above=0, below=1
    )
    alpha: float = knob(
        0.05,
        unit="probability",
        about="one-sided error of a share's bounds",
        at_least=1e-9,
        below=0.5,
    )
    inertia_max: float = knob(
        0.02, unit="relative", about="worse than the best of fresh fits", above=0
    )
    moved_clusters_max: float = knob(
        0.34,
        unit="fraction of clusters",
        about="born, split, merged or retired in one week",
        above=0,
        at_most=1,
    )
    largest_max: float = knob(
        0.5, unit="fraction of posts", about="in the largest cluster", above=0, at_most=1
    )
    shadow_min_posts: int = knob(
        30, unit="posts", about="that came after the cut and were sorted unseen", at_least=1
    )
    shadow_week_share: float = knob(
        0.5,
        unit="fraction of a usual week's posts",
        about="that suffices where it is fewer posts",
        above=0,
        at_most=1,
    )
    agreement_min: float = knob(
        0.6,
        unit="fraction of posts",
        about="sorted by champion and candidate alike",
        above=0,
        below=1,
    )
    reviewers: int = reviewers_knob()
    timeout_days: float = knob(
        28.0, unit="days", about="undecided for longer ends the release", above=0, at_most=365
    )

    def __post_init__(self) -> None:
        settle_types(self, "policy")
        check_knobs(self, "policy")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Clusters answer no requests: after the shadow there is nothing to share out."""
        return (Stage.OFFERED, Stage.SHADOW, Stage.APPROVAL, Stage.CHAMPION)


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """Everything Slipway must know of a line of clusters before it is retrained.

    The data interval's ``window_weeks`` last weeks are clustered; ``cron`` is the weekly time (UTC).
    """

    kind: ClassVar[str] = "topics"
    has_traffic: ClassVar[bool] = False

    name: str
    about: str
    cron: str
    columns: tuple[Column, ...]
    recipe: ClusterRecipe
    policy: ClusterPolicy
    window_weeks: int
    retention: Retention = field(default_factory=Retention)
    card: Card = NO_CARD

    def __post_init__(self) -> None:
        settle_types(self, self.name)
        Schedule(self.cron, train=timedelta(weeks=self.window_weeks))
        for name in self.recipe.inputs:
            self.column(name)
        check_retention(self.name, self.retention, self.needs)

    @property
    def needs(self) -> Needs:
        """What it reads of its past."""
        held = timedelta(days=self.policy.timeout_days)
        return Needs(trained_on=timedelta(weeks=self.window_weeks), release=held)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The declared columns: nothing else is known of a post."""
        return self.columns

    def column(self, name: str) -> Column:
        """The declared column called ``name``; raises BadConfig where none is declared."""
        return column_named(self.columns, name, self.name)

    def recipe_with(self, overrides: Mapping[str, Any]) -> ClusterRecipe:
        """The line's recipe with a run's overrides; an unknown word or wrong type is refused."""
        return typed_replace(self.recipe, overrides, where=f"{self.name}.recipe")

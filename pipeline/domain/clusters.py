"""How a line of clusters is fitted, and what one week's clusters are."""

from dataclasses import dataclass
from datetime import date

from pipeline.domain.config import check_knobs, knob
from pipeline.domain.errors import BadConfig


@dataclass(frozen=True, slots=True)
class ClusterRecipe:
    """How posts become clusters, and when a cluster is new; a run's ``conf["recipe"]`` overrides.

    ``min_clusters`` to ``max_clusters`` is where the first week looks for a stable number; later
    weeks go on from it by births, splits, merges and retirements.
    """

    name: str
    seed: int = knob(11, unit="seed", about="every random draw follows from it", at_least=0)
    dimensions: int = knob(100, unit="components", about="of the SVD of TF-IDF", at_least=2)
    min_posts_of_word: int = knob(3, unit="posts", about="rarer words are not read", at_least=1)
    max_share_of_word: float = knob(
        0.3, unit="fraction of posts", about="commoner words are not read", above=0, at_most=1
    )
    min_clusters: int = knob(6, unit="clusters", about="fewest in the first week", at_least=2)
    max_clusters: int = knob(30, unit="clusters", about="most in the first week", at_least=2)
    stability_loss: float = knob(
        0.05, unit="adjusted Rand index", about="given up for more clusters", at_least=0, below=1
    )
    restarts: int = knob(15, unit="fits", about="of the reference inertia", at_least=1)
    inertia_loss: float = knob(
        0.008, unit="relative", about="worse than the best restart, for ids kept", at_least=0
    )
    min_posts: int = knob(8, unit="posts", about="a cluster has at least these", at_least=2)
    horizons_weeks: tuple[int, ...] = knob(
        (1, 2, 4), unit="weeks", about="how recent the posts of a new topic are", at_least=1
    )
    recency_odds: float = knob(
        10.0, unit="odds ratio", about="recent posts in a new topic against others", above=1
    )
    birth_alpha: float = knob(
        1e-3, unit="probability", about="of a false birth in a week, over all tries", above=0
    )
    same_group: float = knob(
        0.5, unit="Jaccard index", about="a group that is a living cluster", above=0, at_most=1
    )
    min_known_words: float = knob(
        0.5, unit="fraction", about="of this week's words known from before", at_least=0, below=1
    )
    same_meaning: float = knob(
        0.5, unit="cosine", about="of a cluster's words to those it was named for", above=0, below=1
    )

    def __post_init__(self) -> None:
        check_knobs(self, "recipe")
        if self.max_clusters < self.min_clusters:
            raise BadConfig(
                "recipe.max_clusters",
                found=self.max_clusters,
                expected=f">= min_clusters == {self.min_clusters}",
                next_step="widen the range the first week looks in",
            )


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster with its public id, which is never given to another one.

    ``terms`` are its words by weight, heaviest first; ``named_for`` those it got its name from.
    ``born`` is the cut of the week it first appeared in, ``parent`` the cluster it was split from.
    """

    id: int
    name: str
    born: date
    posts: int
    terms: tuple[tuple[str, float], ...]
    named_for: tuple[tuple[str, float], ...]
    parent: int | None = None

"""One cluster of a week, as users and later weeks know it."""

from dataclasses import dataclass
from datetime import date


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

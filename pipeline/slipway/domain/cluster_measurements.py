"""What the gates of a line of clusters judge: one week's clusters, and posts sorted unseen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from slipway.domain.accumulated_evidence import finite
from slipway.domain.blocks import check, whole


@dataclass(frozen=True, slots=True)
class ClusterMeasurements:
    """What the gates judge of one week's clusters.

    ``follows`` is the champion's version whose ids were carried (None: a first week). ``common``
    posts were there in both weeks, ``kept`` of them have the same id, ``rematched`` of the clusters
    there in both weeks are each other's partners in a one-to-one matching made without ids.
    ``inertia`` is relative to the best of fresh fits. The lists are ids of clusters.
    """

    interval_end: datetime
    follows: str | None
    posts: int
    sizes: Mapping[str, int]
    common: int
    kept: int
    living_twice: int
    rematched: int
    born: tuple[int, ...]
    split_off: tuple[int, ...]
    merged: tuple[int, ...]
    retired: tuple[int, ...]
    inertia: float
    known_words: float
    flows: tuple[tuple[int, int, int], ...] = ()  # before, after, posts

    def __post_init__(self) -> None:
        """Raise NotComputable for counts that are not whole and >= 0, or a number not finite."""
        whole("clusters.sizes", [self.posts, *self.sizes.values()], (None,))
        whole("clusters.living_twice", [self.living_twice, self.rematched], (2,))
        for name in ("born", "split_off", "merged", "retired"):
            whole(f"clusters.{name}", getattr(self, name), (None,))
        whole("clusters.flows", self.flows, (None, 3))
        _check_part("clusters.kept", self.kept, self.common)
        finite("clusters.inertia", (self.inertia, self.known_words))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {"interval_end": self.interval_end.isoformat()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        lists = {name: tuple(raw[name]) for name in ("born", "split_off", "merged", "retired")}
        flows = tuple((before, after, posts) for before, after, posts in raw["flows"])
        end = datetime.fromisoformat(raw["interval_end"])
        return cls(**{**raw, **lists, "flows": flows, "interval_end": end})


@dataclass(frozen=True, slots=True)
class SortedUnseen:
    """The shadow of a line of clusters: posts that came after the cut, sorted by both.

    ``alike`` of the ``posts`` went to the same id, or to one the other does not have; ``None``
    where there is no champion. The candidate carries on the ids of version ``follows``.
    ``usual_week`` are the posts of an average week before the cut.
    """

    line: str
    version: str
    follows: str | None
    champion: str | None
    posts: int
    alike: int | None
    usual_week: float

    def __post_init__(self) -> None:
        """Raise NotComputable as :class:`ClusterMeasurements` does."""
        _check_part("unseen.alike", self.alike or 0, self.posts)
        (week,) = finite("unseen.usual_week", (self.usual_week,))
        check(bool(week >= 0), "unseen.usual_week", week, ">= 0 posts")

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        return cls(**raw)


def _check_part(where: str, part: int, of: int) -> None:
    found, every = whole(where, (part, of), (2,))
    check(bool(found <= every), where, int(found), f"at most {every}")

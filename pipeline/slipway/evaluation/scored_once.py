"""A ranker whose answers are kept while one evaluation asks for them again and again."""

from dataclasses import dataclass, field

from slipway.artifact.ranker import Array, Ranker


@dataclass(frozen=True, eq=False)
class ScoredOnce:
    """A ranker that scores each table once, however many comparisons ask for it.

    A table is known by being the same object; it and its scores live as long as this does.
    """

    ranker: Ranker
    _known: dict[int, tuple[Array, tuple[Array, Array]]] = field(default_factory=dict)

    @property
    def examination(self) -> tuple[float, ...]:
        """See :class:`Ranker`."""
        return self.ranker.examination

    def score(self, features: Array) -> tuple[Array, Array]:
        """See :class:`Ranker`."""
        if id(features) not in self._known:
            self._known[id(features)] = features, self.ranker.score(features)
        return self._known[id(features)][1]

"""Where would a post go that came after the cut? The week's words, components and centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from slipway.training.clusters.partition import Floats, Ints, means, square_distances
from slipway.training.clusters.space import Space
from slipway.training.clusters.words import words


@dataclass(frozen=True, slots=True)
class Sorter:
    """Puts a text where this week's clusters would have put it.

    ``words`` str[W] with their inverse document frequencies ``idf`` float64[W], ``components``
    float64[d, W] of the SVD, and the ``centres`` float64[k, d] of the clusters ``ids`` int64[k].
    """

    words: npt.NDArray[np.str_]
    idf: Floats
    components: Floats
    centres: Floats
    ids: Ints

    def sort(self, texts: Sequence[str]) -> Ints:
        """The nearest cluster's id for each text, int64[n]; words not in ``words`` are not read."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import normalize

        reader = TfidfVectorizer(
            sublinear_tf=True, analyzer=words, vocabulary=list(map(str, self.words))
        )
        reader.idf_ = self.idf
        with threadpool_limits(limits=1):
            points = normalize(reader.transform(texts) @ self.components.T)
            return np.asarray(self.ids[square_distances(points, self.centres).argmin(axis=1)])

    def arrays(self) -> dict[str, Any]:
        """What is stored, by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def sorter(space: Space, labels: Ints) -> Sorter:
    """The sorter of a week's clusters ``labels`` int64[n]."""
    ids = np.unique(labels)
    centres = means(space.vectors, labels, ids)
    return Sorter(space.words, space.idf, space.components, centres, ids)

"""Texts as points: TF-IDF, its first singular vectors, unit length (latent semantic analysis)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.domain.clusters import ClusterRecipe
from slipway.domain.errors import BadInput
from slipway.training.clusters.words import words

Floats = npt.NDArray[np.float64]


class Space(NamedTuple):
    """The posts of one window.

    ``vectors`` float64[n, d] are the points that are clustered; ``weights`` is the TF-IDF matrix
    [n, W] (compressed rows) and ``words`` its W columns with their inverse document frequencies
    ``idf`` float64[W]; ``components`` float64[d, W] are the singular vectors.
    """

    vectors: Floats
    weights: Any
    words: npt.NDArray[np.str_]
    idf: Floats
    components: Floats


def embed(texts: Sequence[str], recipe: ClusterRecipe) -> Space:
    """The space of ``texts``; call it with one thread, or the last bits differ from run to run.

    Posts of unknown words lie at the origin. Raises BadInput where the texts share no words.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    reader = TfidfVectorizer(
        sublinear_tf=True,
        min_df=min(recipe.min_posts_of_word, len(texts)),
        max_df=max(recipe.max_share_of_word, recipe.min_posts_of_word / len(texts)),
        analyzer=words,
    )
    try:
        weights = reader.fit_transform(texts)
    except ValueError as error:
        raise BadInput(
            "words of the posts",
            found=str(error).split("\n", maxsplit=1)[0],
            expected=f"words that {recipe.min_posts_of_word} posts or more share",
            next_step="look at the texts; last week's clusters stay",
        ) from None
    width = min(recipe.dimensions, min(weights.shape) - 1)
    if width < 1:
        raise BadInput(
            "words of the posts",
            found=reader.get_feature_names_out().tolist(),
            expected="two different words or more",
            next_step="look at the texts; last week's clusters stay",
        )
    svd = TruncatedSVD(width, random_state=recipe.seed)
    points = normalize(svd.fit_transform(weights))
    known = np.asarray(reader.get_feature_names_out(), dtype=np.str_)
    return Space(points, weights, known, np.asarray(reader.idf_), np.asarray(svd.components_))


def known_words(space: Space, new: npt.NDArray[np.bool_]) -> float:
    """Share of the words of the ``new`` posts bool[n] that older posts of the window use, too.

    1 where there are no new or no older posts.
    """
    if new.all() or not new.any():
        return 1.0
    used = space.weights[~new].getnnz(axis=0) > 0
    said = space.weights[new].indices
    return float(used[said].mean()) if len(said) else 1.0


def heaviest(space: Space, members: npt.NDArray[np.bool_], top: int) -> list[tuple[str, float]]:
    """The ``top`` words by how much heavier they are in ``members`` bool[n] than in all posts."""
    inside = np.asarray(space.weights[members].mean(axis=0)).ravel()
    excess = inside - np.asarray(space.weights.mean(axis=0)).ravel()
    order = np.lexsort((space.words, -excess))[:top]
    return [(str(space.words[i]), float(excess[i])) for i in order if excess[i] > 0]

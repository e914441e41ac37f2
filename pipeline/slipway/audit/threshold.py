"""Was a yes-or-no label computed: is it a limit on a sum of columns?"""

import numpy as np
from numpy.typing import NDArray

from slipway.audit.thresholds import THRESHOLD_CLOSE, THRESHOLD_NEAREST, THRESHOLD_RIGHT
from slipway.stats.exact_sum import standard

Floats = NDArray[np.float64]


def threshold_of(x: Floats, yes: NDArray[np.bool_], *, most: int) -> list[int]:
    """The fewest columns of ``x`` [n, d] of which a weighted sum above a limit is ``yes`` [n].

    A nearly unpenalised logistic regression finds the direction. Classes that merely lie far apart
    do not count: the rows nearest to the limit must be right as well, and lie close to it, as they
    do only where the limit cuts through the rows. [] if there is no such sum of two or more, or if
    one column alone says as much.
    """
    z = standard(x)
    if not 0 < yes.sum() < len(yes):
        return []
    weight = _direction(z, yes)
    if weight is None:
        return []
    order = np.argsort(-np.abs(weight))
    if any(_splits(z[:, k], yes) for k in order[:most]):
        return []
    for count in range(2, min(most, z.shape[1]) + 1):
        part = order[:count]
        if _cuts(z[:, part], yes):
            return sorted(int(k) for k in part)
    return []


def _splits(x: Floats, yes: NDArray[np.bool_]) -> bool:
    """Whether a limit on one column is as often right as one on a sum has to be."""
    order = np.argsort(x, kind="stable")
    below, last = np.cumsum(yes[order]), np.append(np.diff(x[order]) > 0, True)
    right = 2 * below - np.arange(1, len(x) + 1) + (~yes).sum()
    best = max(right[last].max(), len(x) - right[last].min())
    return bool(best >= (1 - THRESHOLD_NEAREST * (1 - THRESHOLD_RIGHT)) * len(x))


def _direction(z: Floats, yes: NDArray[np.bool_]) -> Floats | None:
    if not _cuts(z, yes):
        return None
    weight: Floats = _fit(z, yes)[0]
    return weight


def _fit(z: Floats, yes: NDArray[np.bool_]) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e5, max_iter=400).fit(z, yes)
    return model.coef_[0], float(model.intercept_[0])


def _cuts(z: Floats, yes: NDArray[np.bool_]) -> bool:
    weight, offset = _fit(z, yes)
    score = z @ weight + offset
    near = _nearest(score)
    right = (score > 0) == yes
    close = _close(score, near)
    return bool(
        right[near].mean() >= THRESHOLD_RIGHT
        and close
        and right.mean() >= 1 - THRESHOLD_NEAREST * (1 - THRESHOLD_RIGHT)
    )


def _nearest(score: Floats) -> NDArray[np.intp]:
    """The rows nearest to a limit of 0."""
    return np.argsort(np.abs(score))[: max(20, int(THRESHOLD_NEAREST * len(score)))]


def _close(score: Floats, near: NDArray[np.intp]) -> bool:
    return bool(np.abs(score[near]).max() <= THRESHOLD_CLOSE * score.std())


def cuts_through(score: Floats, yes: NDArray[np.bool_]) -> bool:
    """Whether the limit that parts yes from no by ``score`` [n] lies among rows, not in a gap."""
    from_limit = score - np.quantile(score, 1 - yes.mean())
    return _close(from_limit, _nearest(from_limit))

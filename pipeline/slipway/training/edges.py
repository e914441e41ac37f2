"""The edges of a column's bins, all sought in one sorting.

With weights scikit-learn 1.9 seeks each edge by itself and sorts all rows again for it, which takes
longer than growing the trees. The order of the rows and their running weight do not depend on the
edge, so all edges come of one sorting, in the same bits.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def sort_once() -> None:
    """Have scikit-learn seek edges with :func:`thresholds`; repeating it changes nothing."""
    from sklearn.ensemble._hist_gradient_boosting import binning

    binning._find_binning_thresholds = thresholds  # noqa: SLF001 - there is no public way


def thresholds(col_data: Any, max_bins: int, sample_weight: Any = None) -> Any:
    """Edges between the bins of a column, float64[at most ``max_bins`` - 1], as scikit-learn's own.

    ``col_data`` and ``sample_weight`` are float arrays [n]; missing values and rows without weight
    do not count.
    """
    from sklearn.ensemble._hist_gradient_boosting import binning

    keep = ~np.isnan(col_data)
    if sample_weight is not None:
        keep &= sample_weight != 0
        sample_weight = sample_weight[keep]
    values = col_data[keep]
    order = np.argsort(values)
    values = values[order]
    distinct = np.unique(values).astype(binning.X_DTYPE)
    if len(distinct) == 1:
        return np.asarray([])
    ranks = np.linspace(0, 100, num=max_bins + 1)[1:-1]
    if len(distinct) <= max_bins:
        found = np.lib.stride_tricks.sliding_window_view(distinct, 2).mean(axis=1)
    elif sample_weight is None:
        found = np.percentile(values, ranks, method="averaged_inverted_cdf")
    else:
        found = _quantiles(values, sample_weight[order], ranks)
    unique = np.unique(found)
    if len(unique) != len(found):
        found = unique
    np.clip(found, a_min=None, a_max=binning.ALMOST_INF, out=found)
    return found


def _quantiles(values: Floats, weights: Floats, ranks: Floats) -> Floats:
    """Weighted quantiles at ``ranks`` (percent), the mean of two values where one falls between them.

    Hyndman and Fan's averaged inverse of the distribution, step by step as scikit-learn's
    ``_weighted_percentile``, for weights above 0 and values without NaN.
    """
    order = np.argsort(values)  # again, as there: equal values may change places
    running = np.cumsum(weights[order])
    wanted = ranks / 100 * running[-1]
    last = len(values) - 1
    place = np.clip(np.searchsorted(running, wanted), 0, last)
    here, above = values[order[place]], values[order[np.clip(place + 1, 0, last)]]
    between = running[place] - wanted <= np.finfo(np.float64).eps
    found: Floats = np.where(between, (here + above) / 2, here)
    return found

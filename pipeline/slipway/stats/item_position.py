"""A candidate's value without a click model: each item counts at the place where it was really shown.

Li et al., Offline evaluation of ranking policies with click models (KDD 2018): clicks may depend on item and place in any
way, but not on the other items. Most of a candidate's pairs of item and place are hardly ever shown, so that it
varies much; it is the warning light beside an estimate that believes in a click model.
"""

import numpy as np
import numpy.typing as npt

from slipway.stats.click_cells import ClickCells, explored_share, ratio, table_of

Array = npt.NDArray[np.float64]


def item_position(cells: ClickCells, shown: Array, clicks: Array, clip: float) -> float:
    """Relative difference of candidate and champion by inverse propensity of item and place.

    ``shown`` and ``clicks`` are the cells of all buckets. Weights, at most ``clip``, are self-normalised at each place
    (Swaminathan and Joachims 2015): pairs that are never shown count as the others at their place do.
    """
    length = shown.shape[3]
    here = np.eye(length + 1)[:, :length]  # the place of a ranking that is the place shown
    weighed = np.zeros((2, 2, length))  # candidate and champion; exposures and clicks; place
    for at, (part, offered) in enumerate(zip(explored_share(shown), cells.offered, strict=True)):
        mixture = (1 - part) * here + part * table_of(cells.how, offered, length)
        weight = np.minimum(ratio(np.ones((1, 1)), mixture), clip)
        for kind, sums in enumerate((shown[at].sum(axis=0), clicks[at].sum(axis=0))):
            weighed[0, kind] += np.einsum("bks,bk,sk->k", sums, weight, here)
            weighed[1, kind] += np.einsum("bks,bk,bk->k", sums, weight, here)
    candidate, champion = ratio(weighed[:, 1], weighed[:, 0]).sum(axis=1)
    return float(candidate / champion - 1) if champion else 0.0

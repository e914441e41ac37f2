"""Every way in which a number as label is a weighted sum, or a product of powers, of columns."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.thresholds import LABEL_SUMS_MOST_WAYS
from slipway.stats import exact_sum

Floats = NDArray[np.float64]


class LabelSum(NamedTuple):
    """Columns of a matrix that give the label, and how it reads before their names."""

    said: str
    columns: tuple[int, ...]


def label_sums(x: Floats, y: Floats, *, most: int) -> list[LabelSum]:
    """Sums of columns of ``x`` [n, d] that are ``y`` [n] or its logarithm, and products of powers; at most ``most`` columns each.

    A label may be written down in several ways (benefits are their parts, and hours times a rate): each is
    looked for among the columns that no way before it rests on most.
    """
    found = [
        LabelSum("the label is, to rounding, a weighted sum of", way) for way in _ways(x, y, most)
    ]
    if not (y > 0).all():
        return found
    found += [
        LabelSum("the label's logarithm is, to rounding, a weighted sum of", way)
        for way in _ways(x, np.log(y), most)
    ]
    kept = np.flatnonzero((x > 0).all(axis=0))
    found += [
        LabelSum(
            "the label is, to rounding, a product of powers of", tuple(int(kept[k]) for k in way)
        )
        for way in _ways(np.log(x[:, kept]), np.log(y), most)
    ]
    return found


def _ways(x: Floats, y: Floats, most: int) -> Iterator[tuple[int, ...]]:
    left = np.arange(x.shape[1])
    for _ in range(LABEL_SUMS_MOST_WAYS):
        if not len(left):
            return
        parts = left[exact_sum.sum_of(x[:, left], y, most=most)]
        if not len(parts):
            return
        yield tuple(int(k) for k in parts)
        along = np.abs(exact_sum.standard(x[:, parts]).T @ exact_sum.standard(y[:, None])[:, 0])
        left = left[left != parts[int(np.argmax(along))]]

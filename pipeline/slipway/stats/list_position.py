"""Is a column the place in a list? What the rows say, whatever it is called."""

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Array = npt.NDArray[np.float64]

SAMPLED_LISTS = 2_000
"""Lists a probe looks at, evenly spread; a place in the list shows itself in any of them."""

SHORTEST_LIST = 3
"""Shorter lists are in order by chance too often to tell."""


def list_codes(requests: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Request ids [n] as codes intp[n], -1 for rows of lists beyond the sample."""
    _, code = np.unique(np.asarray(requests, dtype=str), return_inverse=True)
    return sample_lists(code)


def sample_lists(lists: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Any codes of lists [n] as dense codes of an even sample of them, -1 beyond it."""
    names, code = np.unique(lists, return_inverse=True)
    step = max(1, len(names) // SAMPLED_LISTS)
    return np.where(code % step == 0, code // step, -1)


def place_share(values: npt.ArrayLike, lists: npt.NDArray[np.intp]) -> float:
    """Share of lists in which ``values`` [n] count the items: 1..k, 0..k-1, backwards, or 1/place.

    It is the share beyond chance, (found - expected) / (1 - expected) as in Cohen (1960), with what
    is expected of values drawn one by one from all of the column: one to three stars count the
    items of many a list of three. ``lists`` are codes as of :func:`list_codes`. Lists of fewer than
    three items do not count; without longer ones the share is 0.

    >>> place_share([3, 1, 2, 3, 2, 1], np.array([0, 0, 0, 1, 1, 1]))
    1.0
    >>> place_share([.2, .1, .3, 9, 9, 9], np.array([0, 0, 0, 1, 1, 1]))
    0.0
    """
    value = np.asarray(values, dtype=np.float64)
    keep = lists >= 0
    value, code = value[keep], lists[keep]
    size = np.bincount(code) if len(code) else np.zeros(0, dtype=np.intp)
    long = size >= SHORTEST_LIST
    if not long.any():
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        shapes = (value, -value, 1 / value)
    counted, expected = np.zeros(len(size), dtype=bool), 0.0
    for shape in shapes:
        counted |= _counts(shape, code, size)
        expected += _by_chance(shape, size[long])
    return max(0.0, (float(counted[long].mean()) - expected) / (1 - expected))


def _by_chance(value: Array, sizes: npt.NDArray[np.intp]) -> float:
    """Share of lists of such sizes that values drawn from all of ``value`` count, from 0 or from 1."""
    lengths, lists = np.unique(sizes, return_counts=True)
    wanted = np.arange(lengths[-1] + 1)
    whole = np.round(value)
    near = np.isfinite(value) & np.isclose(value, whole) & (whole >= 0) & (whole < len(wanted))
    share = np.bincount(whole[near].astype(int), minlength=len(wanted)) / len(value)
    with np.errstate(divide="ignore"):
        logs = np.log(share)
    # in logarithms: the factorial of a list of 171 items is no float
    ways = [logs[:k].sum() for k in lengths], [logs[1 : k + 1].sum() for k in lengths]
    chance = sum(np.exp(gammaln(lengths + 1.0) + np.array(way)) for way in ways)
    return float(np.average(chance, weights=lists))


def _counts(
    value: Array, code: npt.NDArray[np.intp], size: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Per list: are the sorted values 1..k or 0..k-1, to rounding?"""
    order = np.lexsort((value, code))
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    rank = np.arange(len(value)) - first[code[order]]
    gap = value[order] - rank
    start = gap[np.minimum(first, len(gap) - 1)][code[order]]
    wrong = ~(np.isclose(gap, start) & (np.isclose(start, 0) | np.isclose(start, 1)))
    none: npt.NDArray[np.bool_] = np.bincount(code[order], weights=wrong, minlength=len(size)) == 0
    return none

"""Sums by key, as sorted arrays: added to and looked up without a table."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.stats.split import Floats

Keys = NDArray[np.uint64]


class Keyed(NamedTuple):
    """``keys`` uint64[K], sorted and distinct, and ``sums`` float64[K, C] of each."""

    keys: Keys
    sums: Floats


def none(columns: int) -> Keyed:
    """No key yet."""
    return Keyed(np.zeros(0, np.uint64), np.zeros((0, columns)))


def summed(keys: Keys, values: Floats) -> Keyed:
    """Rows [N, C] with keys [N], in any order, added up by key.

    >>> summed(np.array([7, 3, 7], np.uint64), np.array([[1.0], [2.0], [5.0]])).sums.tolist()
    [[2.0], [6.0]]
    """
    distinct, place = np.unique(keys, return_inverse=True)
    columns = [  # without a row bincount forgets that weights are floats
        1.0 * np.bincount(place.reshape(-1), weights=column, minlength=len(distinct))
        for column in values.T
    ]
    return Keyed(distinct, np.stack(columns, axis=1) if columns else np.zeros((len(distinct), 0)))


def add(first: Keyed, second: Keyed) -> Keyed:
    """Sums of both; neither is changed."""
    at, there = _find(first.keys, second.keys)
    keys = np.insert(first.keys, at[~there], second.keys[~there])
    sums = np.insert(first.sums, at[~there], 0.0, axis=0)
    sums[np.searchsorted(keys, second.keys)] += second.sums
    return Keyed(keys, sums)


def look_up(found: Keyed, keys: Keys, missing: Floats) -> Floats:
    """Values float64[N, C] of ``keys`` [N]; ``missing`` [C] where a key is unknown."""
    at, there = _find(found.keys, keys)
    out = np.tile(missing, (len(keys), 1))
    out[there] = found.sums[at[there]]
    return out


def union(first: Keys, second: Keys) -> Keys:
    """Sorted distinct keys of both; ``first`` is sorted and distinct."""
    more = np.unique(second)
    at, there = _find(first, more)
    return np.insert(first, at[~there], more[~there])


def _find(keys: Keys, wanted: Keys) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each wanted key is or belongs, and whether it is there."""
    at = np.searchsorted(keys, wanted)
    there = np.zeros(len(wanted), bool)
    inside = at < len(keys)
    there[inside] = keys[at[inside]] == wanted[inside]
    return at, there

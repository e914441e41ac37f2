"""Sums over users, as sorted arrays: added to and looked up without a table."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.stats.split import Floats

Keys = NDArray[np.uint64]
Ints = NDArray[np.int64]


UNNAMED = np.uint64(0)


class UserSums(NamedTuple):
    """``keys`` uint64[K] of users, sorted and distinct, and ``sums`` float64[K, C] of each."""

    keys: Keys
    sums: Floats


class UserHours(NamedTuple):
    """Users by hour, epoch and arm: N rows in the order of the rollup.

    ``hour_s`` int64[N] POSIX seconds, ``key`` uint64[N] the user, ``arm`` int64[N] the index in
    ``Arm``, ``epoch`` int64[N], ``counts`` float64[N, 3] trials, successes and lists, ``amounts``
    float64[N, M] of the declared means, ``beyond`` float64[N] trials beyond the user's caps, which are in
    no other number. :data:`UNNAMED` is who came without an id.
    """

    hour_s: Ints
    key: Keys
    arm: Ints
    epoch: Ints
    counts: Floats
    amounts: Floats
    beyond: Floats

    def among(self, keep: NDArray[np.bool_]) -> "UserHours":
        """Only the rows where ``keep`` [N] is true."""
        return UserHours(
            self.hour_s[keep],
            self.key[keep],
            self.arm[keep],
            self.epoch[keep],
            self.counts[keep],
            self.amounts[keep],
            self.beyond[keep],
        )

    def of_arm(self, arm: int) -> UserSums:
        """Trials, successes and lists of an arm's users who had any that counts."""
        there = (self.arm == arm) & (self.counts[:, 0] > 0)
        return summed(self.key[there], self.counts[there])

    def beyond_of(self, arm: int) -> UserSums:
        """Trials beyond their caps of an arm's users who had any."""
        there = (self.arm == arm) & (self.beyond > 0)
        return summed(self.key[there], self.beyond[there, None])


def none(columns: int) -> UserSums:
    """No key yet."""
    return UserSums(np.zeros(0, np.uint64), np.zeros((0, columns)))


def summed(keys: Keys, values: Floats) -> UserSums:
    """Rows [N, C] with keys [N], in any order, added up by key.

    >>> summed(np.array([7, 3, 7], np.uint64), np.array([[1.0], [2.0], [5.0]])).sums.tolist()
    [[2.0], [6.0]]
    """
    distinct, place = np.unique(keys, return_inverse=True)
    columns = [  # without a row bincount forgets that weights are floats
        1.0 * np.bincount(place.reshape(-1), weights=column, minlength=len(distinct))
        for column in values.T
    ]
    return UserSums(
        distinct, np.stack(columns, axis=1) if columns else np.zeros((len(distinct), 0))
    )


def add(first: UserSums, second: UserSums) -> UserSums:
    """Sums of both; neither is changed."""
    at, there = _find(first.keys, second.keys)
    keys = np.insert(first.keys, at[~there], second.keys[~there])
    sums = np.insert(first.sums, at[~there], 0.0, axis=0)
    sums[np.searchsorted(keys, second.keys)] += second.sums
    return UserSums(keys, sums)


def look_up(found: UserSums, keys: Keys, missing: Floats) -> Floats:
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

"""Trees as the machine reads them best: 8 bytes a node, whole numbers, both children side by side."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.tree_checks import (
    CATEGORICAL,
    LEAF,
    MISSING_LEFT,
    MOST_CUTS,
    Arrays,
    odd_splits,
)
from slipway.domain.errors import BadInput

NODE_DTYPES: dict[str, type[np.generic]] = {
    "roots": np.int32,
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "flags": np.uint8,
    "bitset": np.int32,
}
"""Arrays of all trees as they are stored: where each tree begins, and its nodes."""

NOTHING = MOST_CUTS + 1
"""Rank of a missing value: above every cut."""
FEATURE, SPLITS_CATEGORIES, GOES_LEFT, CUT, LEFT = 0x7FFF, 1 << 15, 1 << 16, 17, 36
"""A node's word: the feature, two flags (the second: a missing value goes left), and where cut and left
child begin."""


class Packed(NamedTuple):
    """Trees for the loops of :mod:`slipway.artifact.kernel`.

    A value is known by its rank in its column: how many ``edges`` float64[k] (those of column c at
    ``first[c]:first[c + 1]``, rising) lie below it, so that nodes compare whole numbers. ``roots``
    int32[trees]; ``nodes`` uint64[n] are words of feature, flags, cut and left child. The right child
    follows the left one, a leaf is its own left child; a rank above the cut goes right, and a categorical
    node has its row of the bitsets as cut. ``values`` float64[n] are those of the leaves.
    """

    first: npt.NDArray[np.int32]
    edges: npt.NDArray[np.float64]
    roots: npt.NDArray[np.int32]
    nodes: npt.NDArray[np.uint64]
    values: npt.NDArray[np.float64]


def pack(t: Arrays) -> Packed:
    """Rearrange checked arrays (:mod:`slipway.artifact.tree_checks`), tree by tree.

    Raises BadInput for splits that the layout cannot hold.
    """
    for fault in odd_splits(t):
        raise BadInput(
            "compiled trees",
            found=fault,
            expected="splits that fit into a node",
            next_step="serve this model as its library stores it",
        )
    source: list[int] = []  # for each packed node, where it was
    left: list[int] = []
    roots = []
    for root in t["roots"].tolist():
        roots.append(len(source))
        _lay_out(root, t, source, left)
    old = np.array(source)
    leaf = (t["flags"][old] & LEAF) != 0
    first, edges, cut = _ranked(t)
    category, missing_left = (t["flags"][old] & flag != 0 for flag in (CATEGORICAL, MISSING_LEFT))
    what = t["feature"][old] + category * SPLITS_CATEGORIES + missing_left * GOES_LEFT
    inner = np.where(leaf, 0, what + (cut[old] << CUT)).astype(np.uint64)
    nodes = inner | np.array(left, np.uint64) << np.uint64(LEFT)
    values = np.where(leaf, t["threshold"][old], 0.0)
    return Packed(first, edges, np.array(roots, np.int32), nodes, values)


def _ranked(t: Arrays) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Where each column's edges begin, the edges, and the cut of each node."""
    inner, split = (t["flags"] & LEAF) == 0, (t["flags"] & CATEGORICAL) != 0
    cut = np.where(split, t["bitset"], 0).astype(np.int64)
    every = []
    for column, start in enumerate(t["cat_start"][:-1].tolist()):
        edges = t["categories"][start : t["cat_start"][column + 1]]  # their ranks are their places
        if not t["is_categorical"][column]:
            mine = np.flatnonzero(inner & (t["feature"] == column))
            edges, cut[mine] = np.unique(t["threshold"][mine], return_inverse=True)
        every.append(edges)
    first = np.cumsum([0, *map(len, every)]).astype(np.int32)
    return first, np.concatenate(every), cut


def _lay_out(root: int, t: Arrays, source: list[int], left: list[int]) -> None:
    """Append a tree breadth first to ``source`` and ``left``."""
    level = [len(source)]
    source.append(root)
    left.append(0)
    while level:
        below = []
        for place in level:
            old = source[place]
            if t["flags"][old] & LEAF:
                left[place] = place
                continue
            left[place] = len(source)
            below += [len(source), len(source) + 1]
            source += [int(t["left"][old]), int(t["right"][old])]
            left += [0, 0]
        level = below

"""Trees as the machine reads them best: 16 bytes a node, both children side by side."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.tree_checks import CATEGORICAL, LEAF, MISSING_LEFT, Arrays

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

_NODE = np.dtype(
    [("threshold", "f8"), ("left", "i4"), ("feature", "i2"), ("flags", "u1")], align=True
)


class Packed(NamedTuple):
    """Trees for ``kernel.raw_scores``.

    ``roots`` and ``depths`` int32[trees]; ``nodes`` per node: the right child follows ``left``, a
    leaf is its own left child and everything goes left there, a categorical node has its row of the
    bitsets as threshold; ``values`` float64[nodes] of the leaves.
    """

    roots: npt.NDArray[np.int32]
    depths: npt.NDArray[np.int32]
    nodes: npt.NDArray[Any]
    values: npt.NDArray[np.float64]


def pack(t: Arrays) -> Packed:
    """Rearrange checked arrays (:mod:`slipway.artifact.tree_checks`), tree by tree."""
    source: list[int] = []  # for each packed node, where it was
    left: list[int] = []
    roots, depths = [], []
    for root in t["roots"].tolist():
        roots.append(len(source))
        depths.append(_lay_out(root, t, source, left))
    old = np.array(source)
    leaf = (t["flags"][old] & LEAF) != 0
    category = (t["flags"][old] & CATEGORICAL) != 0
    nodes = np.zeros(len(old), _NODE)
    nodes["threshold"] = np.where(leaf, np.inf, t["threshold"][old])
    nodes["threshold"][category] = t["bitset"][old][category]
    nodes["left"] = left
    nodes["feature"] = np.where(leaf, 0, t["feature"][old])
    nodes["flags"] = np.where(leaf, MISSING_LEFT, t["flags"][old])
    values = np.where(leaf, t["threshold"][old], 0.0)
    return Packed(
        np.array(roots, np.int32), np.array(depths, np.int32), nodes.view(np.recarray), values
    )


def _lay_out(root: int, t: Arrays, source: list[int], left: list[int]) -> int:
    """Append a tree breadth first to ``source`` and ``left``; returns its depth."""
    level, deepest = [len(source)], 0
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
        deepest += bool(below)
        level = below
    return deepest

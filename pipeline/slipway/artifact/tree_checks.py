"""Whether stored trees can be walked: machine code checks no bounds, so a file is checked once."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

LEAF, CATEGORICAL, MISSING_LEFT = 1, 2, 4
"""Bits of a node's flags."""
BITSET_WORDS = 8
"""32-bit words of the set of categories that go left: 256 categories at most."""
MOST_COLUMNS, MOST_CUTS, MOST_NODES = 32_767, 2**19 - 2, 2**28
"""What a node's word has room for: columns, thresholds of a column or splits of categories, nodes."""

Arrays = Mapping[str, npt.NDArray[Any]]


def faults(arrays: Arrays) -> Iterator[str]:
    """What would send the walk out of the arrays or round in circles, the first fault first.

    Later checks index by what earlier ones have proven, so read no further than the first.
    """
    return chain(_layout(arrays), _categories(arrays), _walk(arrays), odd_splits(arrays))


def _layout(t: Arrays) -> Iterator[str]:
    per_node = ("feature", "threshold", "left", "right", "bitset", "flags")
    if any(t[name].shape != t["flags"].shape or t[name].ndim != 1 for name in per_node):
        yield "arrays of different lengths"
    if t["baseline"].shape != (1,) or t["is_categorical"].ndim != 1:
        yield "no baseline or no columns"
    if len(t["is_categorical"]) > MOST_COLUMNS:
        yield f"more than {MOST_COLUMNS} columns"
    if len(t["flags"]) > MOST_NODES or len(t["bitsets"]) > MOST_CUTS:
        yield f"more than {MOST_NODES} nodes or {MOST_CUTS} splits of categories"
    if t["bitsets"].ndim != 2 or t["bitsets"].shape[1] != BITSET_WORDS:  # noqa: PLR2004 - a table
        yield f"bitsets of shape {t['bitsets'].shape}"
    if t["roots"].ndim != 1 or len(t["roots"]) == 0:
        yield "no trees"


def _categories(t: Arrays) -> Iterator[str]:
    start = t["cat_start"]
    if start.shape != (len(t["is_categorical"]) + 1,) or t["categories"].ndim != 1:
        yield "category ranges of another number of columns"
    if np.any(np.diff(start) < 0) or np.any(np.diff(start) > BITSET_WORDS * 32):
        yield "category ranges out of order"
    if start[0] != 0 or start[-1] != len(t["categories"]):
        yield "category ranges beyond the categories"


def _walk(t: Arrays) -> Iterator[str]:
    nodes = len(t["flags"])
    inner = (t["flags"] & LEAF) == 0
    if np.any((t["roots"] < 0) | (t["roots"] >= nodes)):
        yield "roots outside the nodes"
    for child in (t["left"], t["right"]):  # a child after its parent: the walk must end
        if np.any(inner & ((child <= np.arange(nodes)) | (child >= nodes))):
            yield "children outside the nodes"
    entered = np.concatenate([t["roots"], t["left"][inner], t["right"][inner]])
    if len(np.unique(entered)) != len(entered):  # else unrolling a tree may never end
        yield "a node with two parents"
    if np.any(inner & ((t["feature"] < 0) | (t["feature"] >= len(t["is_categorical"])))):
        yield "features outside the columns"
    split = inner & ((t["flags"] & CATEGORICAL) != 0)
    if np.any(split & ((t["bitset"] < 0) | (t["bitset"] >= len(t["bitsets"])))):
        yield "bitsets outside the table"
    if np.any(t["is_categorical"][t["feature"][split]] == 0):
        yield "a category split on a number"


def odd_splits(t: Arrays) -> Iterator[str]:
    """What the layout of walked trees has no room or no meaning for."""
    number = (t["flags"] & (LEAF | CATEGORICAL)) == 0
    if np.any(t["is_categorical"][t["feature"][number]] != 0):
        yield "a number split on a category"
    if np.any(np.isnan(t["threshold"][number])):
        yield "thresholds that are no numbers"
    if number.sum() > MOST_CUTS and _cuts(t, number) > MOST_CUTS:
        yield f"more than {MOST_CUTS} thresholds of a column"


def _cuts(t: Arrays, number: npt.NDArray[np.bool_]) -> int:
    """Different thresholds of the column that has most."""
    columns = range(len(t["is_categorical"]))
    return max(len(np.unique(t["threshold"][number & (t["feature"] == c)])) for c in columns)

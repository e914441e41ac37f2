"""A LightGBM model's own text as Slipway's arrays: the same bits, in microseconds a row.

The format is LightGBM's ``Tree::ToString`` (version v4): ``decision_type`` has bit 0 for a category, bit 1
for "missing goes left", bits 2 and 3 for what is missing (0 nothing, 1 zero, 2 NaN). A category's
``threshold`` is a place in ``cat_boundaries``, whose words of ``cat_threshold`` are those that go left.
Whatever cannot be read so is not compiled, and asked as it is.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.artifact.links import Link
from slipway.artifact.tree_checks import BITSET_WORDS, CATEGORICAL, LEAF, MISSING_LEFT
from slipway.artifact.tree_layout import NODE_DTYPES
from slipway.artifact.trees import CompiledTrees, arrays_of_columns
from slipway.artifact.typed_frame import TypedFrame

LINKS = {
    "binary sigmoid:1": Link.LOGISTIC,
    "regression": Link.IDENTITY,
    "regression_l1": Link.IDENTITY,
    "poisson": Link.C_EXP,
    "gamma": Link.C_EXP,
    "tweedie": Link.C_EXP,
}
"""Objectives whose answers are known functions of the sum."""

_NONE, _NAN = 0, 2


def objective(text: str) -> str:
    """What the header says of the objective; "" where it says nothing.

    >>> objective("objective=binary sigmoid:1")
    'binary sigmoid:1'
    """
    return next((x.partition("=")[2] for x in text.splitlines() if x.startswith("objective=")), "")


def compiled(path: Path, frame: TypedFrame) -> tuple[CompiledTrees, Link] | None:
    """The trees of the model at ``path`` and their link; None for what could not be reproduced."""
    text = path.read_text()
    link = LINKS.get(objective(text))
    if link is None or frame.missing or "\naverage_output" in text:
        return None
    blocks = [_fields(block) for block in text.partition("\nend of trees")[0].split("\nTree=")[1:]]
    known = [None if c.codes is None else np.asarray(c.codes, np.float64) for c in frame.columns]
    try:
        nodes, bitsets = _all_nodes(blocks)
        columns = arrays_of_columns(known)
    except (KeyError, ValueError, IndexError):
        return None
    return CompiledTrees(baseline=np.zeros(1), bitsets=bitsets, **columns, **nodes), link


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines())
    return {name: value for name, sign, value in pairs if sign}


def _all_nodes(
    blocks: Sequence[Mapping[str, str]],
) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.uint32]]:
    """Nodes of all trees, inner ones before the leaves of their tree; raises ValueError as :func:`_tree`."""
    parts: dict[str, list[Any]] = {name: [] for name in NODE_DTYPES}
    bitsets: list[npt.NDArray[np.uint32]] = []
    for block in blocks:
        base = len(parts["feature"])
        parts["roots"].append(base)
        for name, values in _tree(block, base, bitsets).items():
            parts[name] += values
    found = np.stack(bitsets) if bitsets else np.empty((0, BITSET_WORDS), np.uint32)
    return {name: np.array(parts[name], kind) for name, kind in NODE_DTYPES.items()}, found


def _tree(
    block: Mapping[str, str], base: int, bitsets: list[npt.NDArray[np.uint32]]
) -> dict[str, list[Any]]:
    """One tree's nodes from place ``base`` on; raises ValueError for linear leaves and zeros as missing."""
    if block.get("is_linear", "0") != "0":
        raise ValueError("linear leaves")
    leaves = [float(value) for value in block["leaf_value"].split()]
    inner = int(block["num_leaves"]) - 1
    at = {
        name: block.get(name, "").split()
        for name in ("split_feature", "threshold", "decision_type", "left_child", "right_child")
    }
    out: dict[str, list[Any]] = {name: [] for name in NODE_DTYPES if name != "roots"}
    for place in range(inner):
        kind = int(at["decision_type"][place])
        category, missing = bool(kind & 1), (kind >> 2) & 3
        threshold, flags, bitset = float(at["threshold"][place]), 0, 0
        if missing not in (_NONE, _NAN):
            raise ValueError("zeros are missing")
        if category:
            flags, bitset = CATEGORICAL, len(bitsets)
            bitsets.append(_bitset(block, int(threshold)))
            threshold = 0.0
        elif (kind & 2) if missing == _NAN else threshold >= 0:  # without NaN, NaN is read as 0
            flags = MISSING_LEFT
        children = [int(at[side][place]) for side in ("left_child", "right_child")]
        left, right = (base + c if c >= 0 else base + inner + ~c for c in children)
        node = (int(at["split_feature"][place]), threshold, left, right, flags, bitset)
        for name, value in zip(out, node, strict=True):
            out[name].append(value)
    for leaf in leaves:
        for name, value in zip(out, (0, leaf, 0, 0, LEAF, 0), strict=True):
            out[name].append(value)
    return out


def _bitset(block: Mapping[str, str], place: int) -> npt.NDArray[np.uint32]:
    bounds = [int(value) for value in block["cat_boundaries"].split()]
    words = [int(value) for value in block["cat_threshold"].split()]
    mine = words[bounds[place] : bounds[place + 1]]
    if len(mine) > BITSET_WORDS:
        raise ValueError("more categories than a bitset holds")
    return np.array([*mine, *[0] * (BITSET_WORDS - len(mine))], np.uint32)

"""An XGBoost model's own JSON as Slipway's arrays: the same bits, in microseconds a row.

XGBoost (format of 3.x) works in single precision: a value goes left where it is below the threshold, a
category where it is not among ``categories``, a missing one as ``default_left`` says; the leaves are added
to the intercept tree by tree. An early-stopped model answers with the trees up to its best iteration
(``attributes``), though its file holds all of them. Whatever cannot be read so is not compiled, and asked
as it is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.artifact.links import Link
from slipway.artifact.model_files import XGBOOST_MISSING
from slipway.artifact.tree_checks import BITSET_WORDS, CATEGORICAL, LEAF, MISSING_LEFT
from slipway.artifact.tree_layout import NODE_DTYPES, Packed, pack
from slipway.artifact.trees import CompiledTrees, arrays_of_columns
from slipway.artifact.typed_frame import TypedFrame

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]

LINKS = {
    "binary:logistic": Link.LOGISTIC,
    "reg:squarederror": Link.IDENTITY,
    "reg:absoluteerror": Link.IDENTITY,
    "count:poisson": Link.C_EXP,
    "reg:gamma": Link.C_EXP,
    "reg:tweedie": Link.C_EXP,
}
"""Objectives whose answers are known functions of the sum."""

_TREES, _BEST, _CATEGORY = "gbtree", "best_iteration", 1
_MOST = 88.7
"""Beyond it XGBoost lets no exponent grow."""


@dataclass(frozen=True, eq=False)
class SingleTrees(CompiledTrees):
    """Trees that compare and add in single precision, as XGBoost does."""

    def raw_scores(self, rows: npt.ArrayLike) -> Array:
        """Sums of leaves float64[n] of ``rows`` float64[n, width], each a single-precision number."""
        with np.errstate(over="ignore"):  # beyond its range a number is infinite there, too
            single = np.asarray(rows, np.float64).astype(np.float32).astype(np.float64)
        return super().raw_scores(single)

    @cached_property
    def _packed(self) -> Packed:
        whole = pack(vars(self))
        return whole._replace(values=whole.values.astype(np.float32))

    @property
    def _base(self) -> np.floating[Any]:
        return np.float32(self.baseline[0])

    def answers(self, scores: Array, link: Link) -> Array:
        """What XGBoost makes of sums, in its own single precision."""
        if link is Link.IDENTITY:
            return scores
        from slipway.artifact import kernel  # numba is slow to import

        single = scores.astype(np.float32)
        grown: Single
        if link is Link.C_EXP:
            grown = kernel.c_exp(single)
            return grown.astype(np.float64)
        grown = kernel.c_exp(np.minimum(-single, np.float32(_MOST)))
        return (np.float32(1) / (grown + np.float32(1))).astype(np.float64)


def compiled(path: Path, frame: TypedFrame) -> tuple[SingleTrees, Link] | None:
    """The trees of the model at ``path`` and their link; None for what could not be reproduced."""
    try:
        learner = json.loads(path.read_text())["learner"]
        link = LINKS.get(learner["objective"]["name"])
        booster, about = learner["gradient_booster"], learner["learner_model_param"]
        sizes = (about["num_class"], about["num_target"], int(about["num_feature"]))
        attributes = learner.get("attributes", {})
        if link is None or frame.missing or booster["name"] != _TREES:
            return None
        if XGBOOST_MISSING in attributes:  # a number that is a gap is no value to compare
            return None
        if sizes != ("0", "1", len(frame.columns)):
            return None
        intercept = float(about["base_score"].strip("[]"))
        known = [
            None if c.codes is None else np.asarray(c.codes, np.float64) for c in frame.columns
        ]
        columns = arrays_of_columns(known)
        nodes = _nodes(_used(booster["model"], attributes))
        return SingleTrees(baseline=_margin(intercept, link), **columns, **nodes), link
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        return None


def _margin(intercept: float, link: Link) -> Array:
    """The intercept as the sum begins with it: XGBoost writes it on the scale of answers."""
    from slipway.artifact import kernel  # numba is slow to import

    value = np.float32(intercept)
    if link is Link.LOGISTIC:
        value = -kernel.single_log(np.float32(1) / value - np.float32(1))
    elif link is Link.C_EXP:
        value = kernel.single_log(value)
    return np.array([value], np.float64)


def _used(model: Mapping[str, Any], attributes: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The trees that answer: all, or those up to the best iteration."""
    trees: list[Mapping[str, Any]] = model["trees"]
    if any(model["tree_info"]):
        raise ValueError("trees of several classes")
    best = attributes.get(_BEST)
    return trees if best is None else trees[: model["iteration_indptr"][int(best) + 1]]


def _nodes(trees: list[Mapping[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    """Nodes of all trees and their bitsets; raises ValueError for leaves of several numbers."""
    parts: dict[str, list[Any]] = {name: [] for name in NODE_DTYPES}
    bitsets: list[npt.NDArray[np.uint32]] = []
    for tree in trees:
        if tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
            raise ValueError("leaves of several numbers")
        base = len(parts["feature"])
        parts["roots"].append(base)
        sets = _categories(tree)
        for place, left in enumerate(tree["left_children"]):
            node = _node(tree, place, left, base)
            if not node["flags"] & LEAF and place in sets:
                node["bitset"] = len(bitsets)
                bitsets.append(_others(sets[place]))
            for name, value in node.items():
                parts[name].append(value)
    found = np.stack(bitsets) if bitsets else np.empty((0, BITSET_WORDS), np.uint32)
    return {n: np.array(parts[n], kind) for n, kind in NODE_DTYPES.items()} | {"bitsets": found}


def _node(tree: Mapping[str, Any], place: int, left: int, base: int) -> dict[str, Any]:
    condition = np.float32(tree["split_conditions"][place])
    if left < 0:
        return {
            "feature": 0, "threshold": float(condition), "left": 0, "right": 0, "flags": LEAF, "bitset": 0,
        }  # fmt: skip
    category = tree["split_type"][place] == _CATEGORY
    below = float(np.nextafter(condition, np.float32(-np.inf)))  # ours goes left where it is equal
    return {
        "feature": int(tree["split_indices"][place]),
        "threshold": 0.0 if category else below,
        "left": base + left,
        "right": base + tree["right_children"][place],
        "flags": CATEGORICAL * category + MISSING_LEFT * bool(tree["default_left"][place]),
        "bitset": 0,
    }


def _categories(tree: Mapping[str, Any]) -> dict[int, list[int]]:
    """For each node that splits a category, those that go right."""
    spans = zip(
        tree["categories_nodes"],
        tree["categories_segments"],
        tree["categories_sizes"],
        strict=True,
    )
    return {node: tree["categories"][start : start + size] for node, start, size in spans}


def _others(right: list[int]) -> npt.NDArray[np.uint32]:
    """The bitset of the categories that go left; raises IndexError for more than it holds."""
    goes_left = np.ones(BITSET_WORDS * 32, np.uint32)
    goes_left[right] = 0
    words: npt.NDArray[np.uint32] = (
        goes_left.reshape(BITSET_WORDS, 32) << np.arange(32, dtype=np.uint32)
    ).sum(axis=1, dtype=np.uint32)
    return words

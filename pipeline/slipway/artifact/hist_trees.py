"""scikit-learn's boosted trees as Slipway's arrays: from a fitted estimator, in its own bits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.artifact.links import Link
from slipway.artifact.tree_checks import BITSET_WORDS, CATEGORICAL, LEAF, MISSING_LEFT
from slipway.artifact.trees import CompiledTrees, arrays_of_columns
from slipway.artifact.typed_frame import InputColumn, TypedFrame
from slipway.domain.errors import BadInput

_LINKS = {"IdentityLink": Link.IDENTITY, "LogitLink": Link.LOGISTIC, "LogLink": Link.EXP}
"""Links of scikit-learn's losses."""


def compiled(estimator: Any, frame: TypedFrame) -> tuple[CompiledTrees, Link] | None:
    """The trees of an estimator that was fitted on ``frame``, and their link.

    Its categories are words; the arrays hold the codes that the log has for them. None for anything
    whose bits could not be reproduced.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if type(estimator) not in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
        return None
    link = _LINKS.get(type(estimator._loss.link).__name__)
    flags = [column.codes is not None for column in frame.columns]
    native = estimator.is_categorical_
    if link is None or (native is None and any(flags)) or (any(flags) and frame.missing):
        return None
    if native is not None and np.asarray(native).tolist() != flags:
        return None
    try:
        if type(estimator) is HistGradientBoostingClassifier:
            _check_classes(estimator)
        return _of_words(estimator, frame), link
    except (BadInput, ValueError):
        return None


def _of_words(estimator: Any, frame: TypedFrame) -> CompiledTrees:
    """Raises ValueError where a word of the frame is none of the estimator's."""
    found = _nodes(estimator, np.array([c.codes is not None for c in frame.columns]))
    columns = [column for column in frame.columns if column.codes is not None]
    if columns:
        words = estimator._preprocessor.named_transformers_["encoder"].categories_
        places = [_places(column, own) for column, own in zip(columns, words, strict=True)]
        _reorder(found, frame, places)
    known = [None if c.codes is None else np.asarray(c.codes, np.float64) for c in frame.columns]
    return CompiledTrees(baseline=_baseline(estimator), **arrays_of_columns(known), **found)


def _places(column: InputColumn, own: Sequence[Any]) -> npt.NDArray[np.intp]:
    """Where the estimator has each word of the column; raises ValueError for one that it lacks."""
    at = {word: place for place, word in enumerate(own)}
    if any(level not in at for level in column.levels):
        raise ValueError("a word that was not fitted")
    return np.array([at[level] for level in column.levels], np.intp)


def _reorder(
    found: dict[str, npt.NDArray[Any]], frame: TypedFrame, places: list[npt.NDArray[np.intp]]
) -> None:
    """Put the bits of each set in the order of the frame's levels."""
    by_column = [p for p, column in enumerate(frame.columns) if column.codes is not None]
    bits = (found["bitsets"][:, :, None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)
    old = bits.reshape(len(bits), BITSET_WORDS * 32)
    new = np.zeros_like(old)
    split = (found["flags"] & CATEGORICAL) != 0
    for column, order in zip(by_column, places, strict=True):
        rows = found["bitset"][split & (found["feature"] == column)]
        new[rows, : len(order)] = old[rows][:, order]
    words = new.reshape(-1, BITSET_WORDS, 32) << np.arange(32, dtype=np.uint32)
    found["bitsets"] = words.sum(axis=2, dtype=np.uint32)


def compile_trees(estimator: Any) -> CompiledTrees:  # scikit-learn is untyped
    """Flatten a fitted binary ``HistGradientBoostingClassifier`` (scikit-learn 1.9).

    Native categorical columns must hold numbers. Raises BadInput for anything whose bits could not
    be reproduced.
    """
    _check(estimator)
    known = _categories(estimator)
    return CompiledTrees(
        baseline=_baseline(estimator),
        **arrays_of_columns(known),
        **_nodes(estimator, np.array([values is not None for values in known])),
    )


def _baseline(estimator: Any) -> npt.NDArray[np.float64]:
    return np.array([float(estimator._baseline_prediction.item())])


def _nodes(estimator: Any, is_category: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    # the estimator's own preprocessor moves the categorical columns to the front
    order = np.concatenate([np.flatnonzero(is_category), np.flatnonzero(~is_category)])
    predictors = [trees[0] for trees in estimator._predictors]
    nodes = np.concatenate([p.nodes for p in predictors])
    counts = [len(p.nodes) for p in predictors]
    roots = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
    tables = [p.raw_left_cat_bitsets.reshape(-1, BITSET_WORDS) for p in predictors]
    first_table = np.concatenate([[0], np.cumsum([len(t) for t in tables])[:-1]])
    base, table = np.repeat(roots, counts), np.repeat(first_table, counts)
    leaf = nodes["is_leaf"] != 0
    category = (nodes["is_categorical"] != 0) & ~leaf
    missing_left = (nodes["missing_go_to_left"] != 0) & ~leaf
    return {
        "roots": roots,
        "feature": np.where(leaf, 0, order[np.where(leaf, 0, nodes["feature_idx"])]).astype("i4"),
        "threshold": np.where(leaf, nodes["value"], nodes["num_threshold"]),
        "left": np.where(leaf, 0, nodes["left"].astype("i8") + base).astype("i4"),
        "right": np.where(leaf, 0, nodes["right"].astype("i8") + base).astype("i4"),
        "flags": (leaf * LEAF + category * CATEGORICAL + missing_left * MISSING_LEFT).astype(
            np.uint8
        ),
        "bitset": np.where(category, nodes["bitset_idx"].astype("i8") + table, 0).astype("i4"),
        "bitsets": np.concatenate(tables).astype(np.uint32),
    }


def _check(estimator: Any) -> None:  # scikit-learn is untyped
    from sklearn.ensemble import HistGradientBoostingClassifier

    if type(estimator) is not HistGradientBoostingClassifier:
        raise _refuse(
            "estimator", type(estimator).__name__, "a plain HistGradientBoostingClassifier"
        )
    if not hasattr(estimator, "_predictors"):
        raise _refuse("estimator", "not fitted", "a fitted estimator")
    _check_classes(estimator)
    if estimator._baseline_prediction.dtype != np.float64:
        raise _refuse("baseline", estimator._baseline_prediction.dtype, "float64")


def _check_classes(estimator: Any) -> None:
    if list(estimator.classes_) != [0, 1]:
        raise _refuse("estimator.classes_", list(estimator.classes_), "[0, 1]")


def _categories(estimator: Any) -> list[npt.NDArray[np.float64] | None]:
    """Per input column its sorted known category values, ``None`` for a number."""
    columns = estimator.n_features_in_
    known: list[npt.NDArray[np.float64] | None] = [None] * columns
    if estimator._preprocessor is None:
        return known
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    thresholds = estimator._bin_mapper.bin_thresholds_
    for place, column in enumerate(np.flatnonzero(estimator.is_categorical_)):
        try:
            values = np.asarray(encoder.categories_[place], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise _refuse(f"categories of column {column}", str(error), "numbers") from error
        values = values[~np.isnan(values)]
        if not np.array_equal(thresholds[place], np.arange(len(values))):
            raise _refuse(f"categories of column {column}", len(thresholds[place]), "all binned")
        known[column] = values
    return known


def _refuse(what: str, found: object, expected: str) -> BadInput:
    return BadInput(
        what, found=found, expected=expected, next_step="serve this model with kind 'sklearn'"
    )

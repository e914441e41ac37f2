"""Power of one coded column alone: over all rows, and within blocks of like time."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.bins import Coded
from slipway.audit.design import Design, Target
from slipway.stats import separation
from slipway.stats.separation import Separation, distance

Floats = NDArray[np.float64]


class Alone(NamedTuple):
    """``overall`` compares any two rows, ``within`` rows of one time block only."""

    overall: Separation
    within: Separation


def counts(
    coded: Coded, design: Design, target: Target, weight: Floats | None = None
) -> tuple[Floats, Floats]:
    """Rows and rows with yes, float64[blocks * folds, size] each."""
    cells = design.blocks * design.folds * coded.size
    key = design.stratum.astype(np.int64) * coded.size + coded.code
    rows = np.bincount(key, weight, cells)
    part = None if weight is None else weight[target.yes]
    hits = np.bincount(key[target.yes], part, cells)
    shape = (design.blocks * design.folds, coded.size)
    return rows.reshape(shape).astype(float), hits.reshape(shape).astype(float)


def alone(coded: Coded, design: Design, target: Target, prior: float) -> Alone:
    """AUC of the column's own out-of-fold rates.

    The score of a bin is its rate beyond that of the time block, learned on the other folds and
    drawn to 0 by ``prior`` rows; no row helps to score itself or its group.
    """
    rows, hits = counts(coded, design, target)
    shape = (design.blocks, design.folds, coded.size)
    rows, hits = rows.reshape(shape), hits.reshape(shape)
    mean = hits.sum() / rows.sum()
    overall_score = _out_of_fold(hits - mean * rows, rows, prior)
    fold_units = np.arange(design.folds)
    n, h = rows.sum(axis=0), hits.sum(axis=0)
    overall = separation.within(n - h, h, overall_score, fold_units)
    if design.blocks == 1:
        return Alone(overall, overall)
    per_block = rows.sum(axis=(1, 2), keepdims=True)
    rate = hits.sum(axis=(1, 2), keepdims=True) / np.maximum(per_block, 1)
    score = _out_of_fold(hits - rate * rows, rows, prior)
    flat = (design.blocks * design.folds, coded.size)
    return Alone(
        overall,
        separation.within(
            (rows - hits).reshape(flat),
            hits.reshape(flat),
            np.tile(score, (design.blocks, 1)),
            np.repeat(np.arange(design.blocks), design.folds),
        ),
    )


def _out_of_fold(gain: Floats, rows: Floats, prior: float) -> Floats:
    """Mean gain of each bin on the other folds [folds, size], from [blocks, folds, size]."""
    g, n = gain.sum(axis=0), rows.sum(axis=0)
    score: Floats = (g.sum(axis=0) - g) / (n.sum(axis=0) - n + prior)
    return score


def scored(score: Floats, design: Design, target: Target) -> Separation:
    """AUC of a finished score [n] within time blocks."""
    grid = 256
    edges = np.unique(np.quantile(score, np.arange(1, grid) / grid))
    code = np.searchsorted(edges, score, side="right").astype(np.int32)
    coded = Coded(code, ("",) * (len(edges) + 1), ordered=True)
    rows, hits = counts(coded, design, target)
    order = np.tile(np.arange(coded.size, dtype=float), (len(rows), 1))
    units = np.repeat(np.arange(design.blocks), design.folds)
    if design.blocks == 1:
        units = np.arange(design.folds)
    return separation.within(rows - hits, hits, order, units)


class Beyond(NamedTuple):
    """By how many d' one exceeds others; by how many at least, given its own error; given both errors.

    The last is for one of many pairs: some exceed the others by chance. ``errs`` says whether the
    one is ever wrong, as far as its rows can tell.
    """

    whole: float
    sure: float
    surer: float
    errs: bool


def beyond(own: Separation, together: Separation, target: Target, z: float) -> Beyond:
    """How much farther ``own`` predicts the target than all others ``together``, at ``z`` errors.

    No AUC is known closer to 1 than by half a row of the rarer outcome.
    """
    fewest = min(target.yes.sum(), (~target.yes).sum())
    highest = distance(1 - 0.5 / max(float(fewest), 1.0))

    def reach(auc: float) -> float:
        return min(max(0.0, distance(auc)), highest)

    def unsure(found: Separation) -> float:
        return reach(found.auc) - reach(found.above(z))

    whole = reach(own.auc) - reach(together.auc)
    both = math.hypot(unsure(own), unsure(together))
    return Beyond(whole, whole - unsure(own), whole - both, reach(own.auc) < highest)

"""Whether what is served answers as what was fitted: row by row, in batches, in every bit.

Trees are compared with the pipelines they were compiled from, on held-out rows. A model of a team's own is
compared with what the fitted object itself answered before it was stored, and with itself, asked for one
row at a time: linear algebra sums a batch in another order than a row, so that answers may differ by
:data:`~slipway.artifact.compiled.TOLERANCE`; a category that is read as another one differs by far more.
"""

from pathlib import Path

import numpy as np

from slipway.artifact import own_model
from slipway.artifact.compiled import TOLERANCE
from slipway.artifact.ensemble import MODEL, mean_of
from slipway.artifact.estimators import load_estimator
from slipway.artifact.manifest import Manifest
from slipway.artifact.ranker import Array, LoadedRanker, Ranker

ROWS = 20_000
"""Rows, evenly spread, on which served and fitted model must agree."""

SINGLES = 50
"""Rows of them that are asked for one at a time, where a call costs as much as many rows.

Beside these the first with a gap of each column: an encoder may read a gap otherwise when it is alone.
"""


def mismatches(candidate: Ranker, features: Array) -> tuple[int, int]:
    """Rows of ``features`` compared, and rows that differ; (0, 0) without an original."""
    if not isinstance(candidate, LoadedRanker) or candidate.folder is None:
        return 0, 0
    rows = features[:: max(1, len(features) // ROWS)]
    if candidate.kind == "estimator":
        return _of_own_model(candidate, candidate.folder, rows)
    if candidate.kind != "trees" or not (candidate.folder / MODEL).is_file():
        return 0, 0
    differ = candidate.model(rows)[0] != fitted_probability(candidate.folder, rows)
    return len(rows), int(np.count_nonzero(differ))


def _of_own_model(candidate: LoadedRanker, folder: Path, rows: Array) -> tuple[int, int]:
    """Stored answers and held-out rows, in one batch and one by one."""
    kept = own_model.kept_answers(folder, rows.shape[1])
    asked = np.concatenate([kept.features, rows])
    batch = candidate.model(asked)[0]
    wrong = np.zeros(len(asked), bool)
    wrong[: len(kept.answers)] = _differ(batch[: len(kept.answers)], kept.answers)
    some = _singles(asked)
    alone = np.concatenate([candidate.model(asked[place : place + 1])[0] for place in some])
    wrong[some] |= _differ(alone, batch[some])
    return len(asked), int(np.count_nonzero(wrong))


def _singles(asked: Array) -> np.ndarray:
    spread = np.linspace(0, len(asked) - 1, min(SINGLES, len(asked))).astype(int)
    gaps = np.isnan(asked)
    return np.union1d(spread, gaps.argmax(axis=0)[gaps.any(axis=0)])


def _differ(found: Array, expected: Array) -> np.ndarray:
    return ~(np.abs(found - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected)))


def fitted_probability(folder: Path, features: Array) -> Array:
    """What scikit-learn itself answers, float64[n]: the stored pipelines, weighed as their sets are."""
    from scipy.special import expit  # as scikit-learn: the same bits

    weights = Manifest.read(folder).weights
    if len(weights) < 2:  # noqa: PLR2004 - a mean needs two
        probability: Array = load_estimator(folder).predict_proba(features)[:, 1]
        return probability
    fitted = [load_estimator(folder, index) for index in range(len(weights))]
    scores = [np.asarray(one.decision_function(features), dtype=np.float64) for one in fitted]
    blended: Array = expit(mean_of(scores, weights))
    return blended

"""Whether the arrays that are served answer in the bits of the pipelines that were fitted."""

from pathlib import Path

import numpy as np

from slipway.artifact.ensemble import MODEL, mean_of
from slipway.artifact.estimators import load_estimator
from slipway.artifact.manifest import Manifest
from slipway.artifact.ranker import Array, LoadedRanker, Ranker

ROWS = 20_000
"""Rows, evenly spread, on which served and fitted model must agree in every bit."""


def mismatches(candidate: Ranker, features: Array) -> tuple[int, int]:
    """Rows of ``features`` compared, and rows that differ in any bit; (0, 0) without an original."""
    if not isinstance(candidate, LoadedRanker) or candidate.kind != "trees":
        return 0, 0
    if candidate.folder is None or not (candidate.folder / MODEL).is_file():
        return 0, 0
    rows = features[:: max(1, len(features) // ROWS)]
    differ = candidate.model(rows)[0] != fitted_probability(candidate.folder, rows)
    return len(rows), int(np.count_nonzero(differ))


def fitted_probability(folder: Path, features: Array) -> Array:
    """What scikit-learn itself answers, float64[n]: the stored pipelines, weighed as their sets are."""
    from scipy.special import expit  # noqa: PLC0415 - as scikit-learn: the same bits

    weights = Manifest.read(folder).weights
    if len(weights) < 2:  # noqa: PLR2004 - a mean needs two
        probability: Array = load_estimator(folder).predict_proba(features)[:, 1]
        return probability
    fitted = [load_estimator(folder, index) for index in range(len(weights))]
    scores = [np.asarray(one.decision_function(features), dtype=np.float64) for one in fitted]
    blended: Array = expit(mean_of(scores, weights))
    return blended

"""What differs between kinds of line; a step asks :func:`kind_of` and does the rest itself."""

from typing import Any

from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.clusters import ClusterLine, ClusterRecipe
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.line import Line, ModelRecipe
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.predictions import PredictionMeasurements
from slipway.kinds import prediction, ranking, topics
from slipway.kinds.kind import LineKind

_RANKING: LineKind[Line, ModelRecipe, OfflineMeasurements] = ranking
_PREDICTION: LineKind[Line, ModelRecipe, PredictionMeasurements] = prediction
_TOPICS: LineKind[ClusterLine, ClusterRecipe, ClusterMeasurements] = topics
_KINDS: dict[str, LineKind[Any, Any, Any]] = {
    "ranking": _RANKING,
    "prediction": _PREDICTION,
    ClusterLine.kind: _TOPICS,
}


def kind_of(line: DeclaredLine) -> LineKind[Any, Any, Any]:
    """What is particular to the line's kind."""
    return _KINDS[line.kind]

"""What MLflow loads of a registered ranker: the very numbers that the router would answer.

``mlflow.pyfunc.load_model("models:/feed@champion")`` finds this loader through the version's
``MLmodel`` file, so that a notebook or ``mlflow models serve`` needs no knowledge of Slipway's files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from slipway import lines
from slipway.artifact.inputs import Inputs
from slipway.artifact.load import load_ranker
from slipway.artifact.manifest import Manifest
from slipway.data import words

PROBABILITY, RANKING = "probability", "ranking_score"


class BatchModel:
    """A version that answers a table of its inputs with a table of its outputs, row by row."""

    def __init__(self, answer: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        self._answer = answer

    def predict(self, rows: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002 - MLflow's signature
        """One row of outputs for each row of inputs, under the same index."""
        return self._answer(rows)


def _load_pyfunc(path: str) -> BatchModel:
    """Load the ranker in folder ``path``; raises BadInput for a damaged one."""
    folder = Path(path)
    line = lines.load(Manifest.read(folder).line)
    ranker, inputs = load_ranker(folder, line), Inputs(line)

    def answer(rows: pd.DataFrame) -> pd.DataFrame:
        with words.of_one_request():
            probability, ranking = ranker.score(inputs.matrix(rows))
        return pd.DataFrame({PROBABILITY: probability, RANKING: ranking}, index=rows.index)

    return BatchModel(answer)

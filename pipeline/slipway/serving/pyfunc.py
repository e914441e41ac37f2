"""What MLflow loads of a registered version: the very numbers that the router would answer.

``mlflow.pyfunc.load_model("models:/feed@champion")`` finds this loader through the version's
``MLmodel`` file, so that a notebook or ``mlflow models serve`` needs no knowledge of Slipway's files.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from slipway import lines
from slipway.domain.line import Line
from slipway.serving.ranker import load_ranker
from slipway.training.clusters import folder as clusters
from slipway.training.ranker_folder import MANIFEST, Manifest

PROBABILITY, RANKING, CLUSTER, TEXT = "probability", "ranking_score", "cluster", "text"


class Served:
    """A version that answers a table of its inputs with a table of its outputs, row by row."""

    def __init__(self, answer: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        self._answer = answer

    def predict(self, rows: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002 - MLflow's signature
        """One row of outputs for each row of inputs, under the same index."""
        return self._answer(rows)


def _load_pyfunc(path: str) -> Served:
    """Load the version in folder ``path``; raises BadInput for a damaged one."""
    folder = Path(path)
    if (folder / MANIFEST).is_file():
        return _ranker(folder, lines.load(Manifest.read(folder).line))
    return _clusters(folder)


def _ranker(folder: Path, line: Line) -> Served:
    ranker = load_ranker(folder, line)
    names = [column.name for column in line.features]

    def answer(rows: pd.DataFrame) -> pd.DataFrame:
        probability, ranking = ranker.score(rows[names].to_numpy(dtype=float))
        return pd.DataFrame({PROBABILITY: probability, RANKING: ranking}, index=rows.index)

    return Served(answer)


def _clusters(folder: Path) -> Served:
    line = json.loads((folder / clusters.MANIFEST).read_text())["line"]
    sorter = clusters.read(folder, line).sorter

    def answer(rows: pd.DataFrame) -> pd.DataFrame:
        found = sorter.sort(rows[TEXT].astype(str).tolist())
        return pd.DataFrame({CLUSTER: found}, index=rows.index)

    return Served(answer)

"""What MLflow loads of a registered week of clusters: new texts get the ids of their clusters."""

import json
from pathlib import Path

import pandas as pd

from slipway.artifact.pyfunc import BatchModel
from slipway.training.clusters.folder import MANIFEST, read

CLUSTER, TEXT = "cluster", "text"


def _load_pyfunc(path: str) -> BatchModel:
    """Load the week in folder ``path``; raises BadInput for a damaged one."""
    folder = Path(path)
    sorter = read(folder, json.loads((folder / MANIFEST).read_text())["line"]).sorter

    def answer(rows: pd.DataFrame) -> pd.DataFrame:
        found = sorter.sort(rows[TEXT].astype(str).tolist())
        return pd.DataFrame({CLUSTER: found}, index=rows.index)

    return BatchModel(answer)

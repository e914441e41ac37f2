"""A registered week of clusters in MLflow's own hands."""

from datetime import date

import mlflow
import numpy as np
import pandas as pd
from slipway.registry import flavors
from slipway.training.clusters import folder as clusters
from slipway.training.clusters.pyfunc import CLUSTER
from slipway.training.clusters.sorter import Sorter
from slipway.training.clusters.state import State


def test_a_week_of_clusters_sorts_texts(tmp_path):
    """A new post gets the id of its cluster."""
    sorter = Sorter(np.array(["beer", "wine"]), np.ones(2), np.eye(2), np.eye(2), np.array([4, 9]))
    nothing = np.array([], dtype=np.int64)
    week = State(date(2026, 3, 2), np.array([], dtype=str), nothing, nothing, (), 10, sorter)
    folder = clusters.write(tmp_path / "ranker", "posts", week, "f", None)
    with flavors.described(folder, "posts") as described:
        model = mlflow.pyfunc.load_model(str(described))
    found = model.predict(pd.DataFrame({"text": ["wine, wine", "a beer"]}))
    assert found[CLUSTER].tolist() == [9, 4]

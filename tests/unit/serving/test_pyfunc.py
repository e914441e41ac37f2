"""Versions that were registered before the loader moved are still loaded by MLflow."""

import json
from datetime import date

import mlflow
import numpy as np
import pandas as pd
from slipway.artifact.load import load_ranker
from slipway.training.clusters import folder as clusters
from slipway.training.clusters.sorter import Sorter
from slipway.training.clusters.state import State

OLD = """flavors:
  python_function:
    env: null
    loader_module: slipway.serving.pyfunc
    python_version: 3.11.7
signature:
  inputs: '{inputs}'
  outputs: null
  params: null
"""


def old(folder, kind, names):
    """The ``MLmodel`` file as it was written then, with every input a ``kind``."""
    inputs = [{"type": kind, "name": name, "required": True} for name in names]
    (folder / "MLmodel").write_text(OLD.format(inputs=json.dumps(inputs)))
    return mlflow.pyfunc.load_model(str(folder))


def test_an_earlier_ranker_answers_the_routers_numbers(kit, tmp_path):
    """Its file names another loader and doubles; a gap has its default as at the router."""
    names = [column.name for column in kit.LINE.features]
    folder = kit.ranker(tmp_path / "ranker")
    rows = pd.DataFrame(
        [[1.0, 12, 3, 400, np.nan, 0.2, 50, 0.2, 0.25, 0.18]], columns=names
    ).astype(float)
    found = old(folder, "double", names).predict(rows)
    probability, _ = load_ranker(folder, kit.LINE).score(rows.fillna(0.0).to_numpy())
    np.testing.assert_array_equal(found["probability"], probability)


def test_an_earlier_week_of_clusters_sorts_texts(tmp_path):
    """Clusters came through the same loader."""
    sorter = Sorter(np.array(["beer"]), np.ones(1), np.eye(1), np.eye(1), np.array([4]))
    nothing = np.array([], dtype=np.int64)
    week = State(date(2026, 3, 2), np.array([], dtype=str), nothing, nothing, (), 10, sorter)
    folder = clusters.write(tmp_path / "ranker", "posts", week, "f", None)
    found = old(folder, "string", ["text"]).predict(pd.DataFrame({"text": ["a beer"]}))
    assert found["cluster"].tolist() == [4]

"""A registered folder in MLflow's own hands: the same numbers as the router's, or a refusal."""

from datetime import date

import mlflow
import numpy as np
import pandas as pd
import pytest
import router_kit as kit
from mlflow.exceptions import MlflowException
from slipway.registry import flavors
from slipway.serving.pyfunc import CLUSTER, PROBABILITY, RANKING
from slipway.serving.ranker import load_ranker
from slipway.training import artifact
from slipway.training.clusters import folder as clusters
from slipway.training.clusters.sorter import Sorter
from slipway.training.clusters.state import State

NAMES = [column.name for column in kit.LINE.features]


@pytest.fixture(scope="module")
def rows():
    """Twenty items as the router sees them, one of them with a missing feature."""
    values = np.random.default_rng(3).random((20, len(NAMES)))
    values[3, NAMES.index("item_ctr")] = np.nan
    return pd.DataFrame(values, columns=NAMES, index=range(100, 120))


def _folder(tmp_path, kind):
    if kind == "rules":
        return artifact.write_rules(tmp_path, kit.LINE, (1.0, 0.6))
    return kit.ranker(tmp_path / "ranker", kind=kind, boost={"3": 0.5})


@pytest.mark.parametrize("kind", ["trees", "sklearn", "rules"])
def test_mlflow_answers_what_the_router_answers(tmp_path, rows, kind):
    """Bit for bit, for every kind of ranker, whatever the order of the columns."""
    folder = _folder(tmp_path, kind)
    probability, ranking = load_ranker(folder, kit.LINE).score(rows.to_numpy())
    with flavors.described(folder, "feed") as described:
        model = mlflow.pyfunc.load_model(str(described))
        found = model.predict(rows[NAMES[::-1]])
    np.testing.assert_array_equal(found[PROBABILITY], probability)
    np.testing.assert_array_equal(found[RANKING], ranking)
    assert list(found.index) == list(rows.index)
    assert not (folder / "MLmodel").exists()


def test_the_pipeline_can_be_had_as_scikit_learn(tmp_path, rows):
    """Who wants the estimator itself loads it without pickle and without knowing the files."""
    folder = _folder(tmp_path, "sklearn")
    with flavors.described(folder, "feed") as described:
        model = mlflow.sklearn.load_model(str(described))
    expected = kit.fitted().predict_proba(rows.to_numpy())
    np.testing.assert_array_equal(model.predict_proba(rows.to_numpy()), expected)


def test_a_missing_input_is_refused_by_name(tmp_path, rows):
    """The signature speaks before a model could guess."""
    with flavors.described(_folder(tmp_path, "trees"), "feed") as described:
        model = mlflow.pyfunc.load_model(str(described))
    with pytest.raises(MlflowException, match="item_ctr"):
        model.predict(rows.drop(columns="item_ctr"))


def test_a_week_of_clusters_sorts_texts(tmp_path):
    """A new post gets the id of its cluster."""
    sorter = Sorter(
        np.array(["beer", "wine"]), np.ones(2), np.eye(2), np.eye(2), np.array([4, 9])
    )  # fmt: skip
    nothing = np.array([], dtype=np.int64)
    week = State(date(2026, 3, 2), np.array([], dtype=str), nothing, nothing, (), 10, sorter)
    folder = clusters.write(tmp_path / "ranker", "posts", week, "f", None)
    with flavors.described(folder, "posts") as described:
        model = mlflow.pyfunc.load_model(str(described))
    found = model.predict(pd.DataFrame({"text": ["wine, wine", "a beer"]}))
    assert found[CLUSTER].tolist() == [9, 4]

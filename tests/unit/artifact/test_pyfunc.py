"""A registered ranker in MLflow's own hands: the same numbers as the router's, or a refusal."""

import subprocess
import sys

import mlflow
import numpy as np
import pandas as pd
import pytest
import router_kit as kit
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server
from slipway.artifact import folder as ranker_folder
from slipway.artifact.load import load_ranker
from slipway.artifact.pyfunc import PROBABILITY, RANKING, _load_pyfunc
from slipway.domain.errors import BadInput
from slipway.registry import flavors

NAMES = [column.name for column in kit.LINE.features]


@pytest.fixture(scope="module")
def rows():
    """Twenty items as the router sees them, one of them with a missing feature."""
    values = np.random.default_rng(3).random((20, len(NAMES)))
    values[:, NAMES.index("age_band")] = np.arange(20) % 3
    values[3, NAMES.index("item_ctr")] = np.nan
    return pd.DataFrame(values, columns=NAMES, index=range(100, 120))


def _folder(tmp_path, kind):
    if kind == "rules":
        return ranker_folder.write_rules(tmp_path / "ranker", kit.LINE, (1.0, 0.6))
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


def test_a_model_server_answers_the_same(tmp_path, rows):
    """``mlflow models serve`` takes JSON, with gaps and whole numbers, and gives the router's numbers."""
    folder = _folder(tmp_path, "trees")
    body = rows.assign(genre=3).to_json(orient="split", index=False, double_precision=15)
    _, expected = load_ranker(folder, kit.LINE).score(rows.assign(genre=3.0).to_numpy())
    with flavors.described(folder, "feed") as described:
        model = mlflow.pyfunc.load_model(str(described))
    answer = scoring_server.invocations(
        f'{{"dataframe_split": {body}}}',
        "application/json",
        model,
        model.metadata.get_input_schema(),
    )
    assert answer.status == 200, answer.response
    found = pd.DataFrame(scoring_server.json.loads(answer.response)["predictions"])
    np.testing.assert_allclose(found[RANKING], expected, rtol=1e-12)


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


def test_a_damaged_folder_is_refused(tmp_path):
    """What the router would not load is not loaded here."""
    folder = _folder(tmp_path, "trees")
    (folder / "trees.npz").write_bytes(b"")
    with pytest.raises(BadInput, match=r"trees\.npz"):
        _load_pyfunc(str(folder))


def test_the_loader_needs_no_mlflow():
    """A model server's process imports MLflow itself; the router's and the weekly run's need not."""
    code = "import sys, slipway.artifact.pyfunc; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

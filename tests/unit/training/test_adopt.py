"""A model from elsewhere is judged and staged as any other, and what is not known of it is said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from slipway.artifact.folder import claim_of, recipe_of
from slipway.artifact.load import load_ranker
from slipway.domain.errors import BadConfig, BadInput, UnknownReference
from slipway.domain.model import Adopt
from slipway.domain.verdict import Conclusion
from slipway.evaluation import parity
from slipway.evaluation.evaluate import evaluate
from slipway.gates import judge
from slipway.registry import adoption
from slipway.training import dataset
from slipway.training.adopt import adopt
from slipway.training.train import train
from support import factories
from unit.conftest import exposures

INPUTS = ("hour", "genre", "item_ctr", "age_band")
URI = "models:/elsewhere/1"


@pytest.fixture(scope="module")
def small(freeze_table, tmp_path_factory):
    frame = exposures(400, 8)
    return frame, freeze_table(frame, tmp_path_factory.mktemp("small") / "week.parquet")


@pytest.fixture(scope="module")
def table(small, line):
    """What a team elsewhere fitted on: words of genres, in an order of columns of its own."""
    rows = small[0]
    words = {name: line.column(name).words for name in ("genre", "age_band")}
    return pd.DataFrame(
        {
            "age_band": pd.Categorical([words["age_band"][int(code)] for code in rows["age_band"]]),
            "item_ctr": rows["item_ctr"],
            "genre": pd.Categorical([words["genre"][int(code)] for code in rows["genre"]]),
            "hour": rows["hour"],
        }
    )


def logged(model, folder, **options):
    import mlflow

    mlflow.sklearn.save_model(model, str(folder), pip_requirements=[], **options)  # none: 7 s less
    return folder


@pytest.fixture(scope="module")
def logistic(table, small, tmp_path_factory):
    model = factories.logistic(1).fit(table, small[0]["clicked"])
    trusted = ["numpy.dtype", "sklearn.compose._column_transformer.make_column_selector"]
    folder = tmp_path_factory.mktemp("elsewhere") / "model"
    return model, logged(model, folder, serialization_format="skops", skops_trusted_types=trusted)


def adopting(line, **fields):
    return replace(line, recipe=Adopt(URI, INPUTS, **fields))


def test_it_answers_as_where_it_came_from(line, small, table, logistic, tmp_path):
    """Columns in another order and categories as words reach it as they did at home."""
    mine = adopting(line)
    found = adopt(small[1], mine, mine.recipe, tmp_path, logistic[1])
    features = small[0][[column.name for column in line.features]].to_numpy(float)
    ranker = load_ranker(found.folder, mine)
    assert np.allclose(
        ranker.score(features)[0], logistic[0].predict_proba(table)[:, 1], atol=1e-12
    )
    held_out = dataset.rows_of(small[0], mine, "holdout").features
    assert parity.mismatches(ranker, held_out)[1] == 0
    assert found.digests["adopted"] == claim_of(found.folder)
    assert "its seed's is not known" in found.blend_note
    assert found.warned == ()


def test_the_verdict_says_what_is_not_known(line, small, logistic, tmp_path):
    """Beside a champion of Slipway's own it is another claim, and its seed's noise is said to be unknown."""
    mine = adopting(line)
    found = adopt(small[1], mine, mine.recipe, tmp_path / "own", logistic[1])
    trees = train(small[1], line, line.recipe_with({"max_iter": 5}), tmp_path / "trees")
    rankers = [load_ranker(folder, mine) for folder in (found.folder, trees.folder)]
    measured = evaluate(
        small[1],
        mine,
        mine.recipe,
        *rankers,
        rankers[1],
        reference=recipe_of(trees.folder, line)[0],
        otherwise=True,
    )
    assert (measured.seeds_unknown, measured.recipe_changed) == (True, True)
    assert (
        "another seed would change is not known" in judge("log_loss", measured, line.policy).reason
    )
    assert judge("parity", measured, line.policy).conclusion is Conclusion.PASS


def test_words_that_the_model_does_not_know_are_said(line, small, table, tmp_path):
    """A model of other words of a category answers all of ours alike: the reviewer is told which."""
    other = table.assign(genre=table["genre"].cat.rename_categories(lambda word: f"genre {word}"))
    model = factories.logistic(1).fit(other, small[0]["clicked"])
    folder = logged(
        model,
        tmp_path / "m",
        serialization_format="skops",
        skops_trusted_types=[
            "numpy.dtype",
            "sklearn.compose._column_transformer.make_column_selector",
        ],
    )
    mine = adopting(line)
    found = adopt(small[1], mine, mine.recipe, tmp_path / "out", folder)
    assert len(found.warned) == 1
    assert found.warned[0].startswith("no answer depends on genre")


def test_a_pickle_is_refused_with_how_to_log_it_again(line, small, logistic, tmp_path):
    """Reading a pickle runs whatever it holds: it is not opened."""
    folder = logged(logistic[0], tmp_path / "m", serialization_format="cloudpickle")
    mine = adopting(line)
    with pytest.raises(BadInput, match="serialization_format='skops'"):
        adopt(small[1], mine, mine.recipe, tmp_path / "out", folder)


def test_columns_that_the_model_does_not_name_are_refused(line, small, table, tmp_path):
    """Fitted on an array, nobody knows which column is which; with other inputs neither."""
    from sklearn.linear_model import LogisticRegression

    numbers = table[["item_ctr", "hour"]]
    nameless = LogisticRegression().fit(numbers.to_numpy(), small[0]["clicked"])
    folder = logged(nameless, tmp_path / "m", serialization_format="skops")
    mine = replace(line, recipe=Adopt(URI, ("hour", "item_ctr")))
    with pytest.raises(BadConfig, match="the model names: none"):
        adopt(small[1], mine, mine.recipe, tmp_path / "out", folder)
    named = LogisticRegression().fit(numbers, small[0]["clicked"])
    folder = logged(named, tmp_path / "n", serialization_format="skops")
    with pytest.raises(BadConfig, match="the model names: item_ctr, hour"):
        adopt(small[1], adopting(line), adopting(line).recipe, tmp_path / "out", folder)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost"])
def test_models_of_the_boosting_libraries(library, line, small, table, tmp_path):
    """They are read in their own formats; an XGBoost model with categories holds codes, and is refused."""
    pytest.importorskip(
        library, reason=f"{library} is not installed: it is no dependency of Slipway"
    )
    import mlflow

    numbers = table[["item_ctr", "hour"]]
    made = {"lightgbm": factories.lightgbm, "xgboost": factories.xgboost}.get(library)
    if library == "catboost":
        from catboost import CatBoostClassifier

        made = lambda seed: CatBoostClassifier(iterations=5, verbose=0, allow_writing_files=False)  # noqa: E731 - one line, two libraries
    model = made(1).fit(numbers, small[0]["clicked"])
    getattr(mlflow, library).save_model(model, str(tmp_path / "m"), pip_requirements=[])
    mine = replace(line, recipe=Adopt(URI, ("hour", "item_ctr")))
    found = adopt(small[1], mine, mine.recipe, tmp_path / "out", tmp_path / "m")
    features = small[0][[column.name for column in line.features]].to_numpy(float)
    answers = load_ranker(found.folder, mine).score(features)[0]
    assert np.array_equal(answers, model.predict_proba(numbers)[:, 1].astype(float))
    if library == "xgboost":
        with_words = made(1).fit(table, small[0]["clicked"])
        mlflow.xgboost.save_model(with_words, str(tmp_path / "w"), pip_requirements=[])
        with pytest.raises(BadConfig, match="codes without words"):
            adopt(small[1], adopting(line), adopting(line).recipe, tmp_path / "out", tmp_path / "w")


def test_files_come_from_the_registry_by_name_and_version(logistic, tmp_path, monkeypatch):
    """An address of the registry gives the files as they were logged; another is refused by name."""
    import mlflow

    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            logistic[0],
            name="m",
            registered_model_name="elsewhere",
            pip_requirements=[],
            serialization_format="skops",
            skops_trusted_types=[
                "numpy.dtype",
                "sklearn.compose._column_transformer.make_column_selector",
            ],
        )
    folder = adoption.download(store, "", "", URI, tmp_path / "into")
    assert (folder / "MLmodel").is_file()
    with pytest.raises(UnknownReference, match="elsewhere/7"):
        adoption.download(store, "", "", "models:/elsewhere/7", tmp_path / "other")


def test_only_registered_models_are_adopted():
    """A path or a run is no address: only what is registered stays what it is."""
    with pytest.raises(BadConfig, match="must be an address of the registry"):
        Adopt("runs:/1234/model", INPUTS)

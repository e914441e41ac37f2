"""A snapshot becomes the same model every time, and the model learns films instead of places."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from slipway.artifact.ensemble import Ensemble
from slipway.artifact.estimators import load_estimator
from slipway.domain.errors import BadConfig, BadInput
from slipway.training import dataset, fingerprint
from slipway.training.train import train

AGAIN = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from slipway.examples.films.line import LINE
from slipway.training.train import train
path, out = Path(sys.argv[1]), Path(sys.argv[2])
frozen = SimpleNamespace(path=path, digest=sys.argv[3], end=datetime(2026, 1, 26, tzinfo=UTC))
found = train(frozen, LINE, LINE.recipe_with({"max_iter": 15}), out)
print(json.dumps(found.to_dict()))
"""


@pytest.fixture(scope="module")
def recipe(line):
    return line.recipe_with({"max_iter": 40})


@pytest.fixture(scope="module")
def trained(snapshot, line, recipe, tmp_path_factory):
    return train(snapshot, line, recipe, tmp_path_factory.mktemp("trained"))


def test_another_offset_of_a_category_is_another_model(trained, snapshot, line, tmp_path):
    """A decision about the one says nothing of the other: what was decided is kept by what was learned."""
    for offset, other in ((1.5, True), (0.0, False)):
        recipe = line.recipe_with({"max_iter": 40, "category_boost": {"Comedy": offset}})
        found = train(snapshot, line, recipe, tmp_path / str(offset))
        assert (found.digests["learned"] != trained.digests["learned"]) is other


def test_same_snapshot_gives_the_same_fingerprint_in_any_process(frame, freeze_table, tmp_path):
    """Other hash seed, threads, locale, zone, folder and row order: same parts, same fingerprint."""
    runs = []
    varied = [("1", "1", "C", "UTC"), ("77", "2", "C.UTF-8", "Asia/Kathmandu")]
    for number, (hash_seed, threads, locale, zone) in enumerate(varied):
        shuffled = frame.sample(frac=1, random_state=number)
        frozen = freeze_table(shuffled, tmp_path / f"{number}.parquet")
        arguments = [str(frozen.path), str(tmp_path / f"out{number}"), frozen.digest]
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", AGAIN, *arguments],
                env={
                    **os.environ,
                    "PYTHONHASHSEED": hash_seed,
                    "LC_ALL": locale,
                    "TZ": zone,
                    "PYTHONPATH": os.pathsep.join(sys.path),
                    **{f"{name}_NUM_THREADS": threads for name in ("OMP", "OPENBLAS", "NUMBA")},
                },
                cwd=tmp_path if number else None,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    first, second = (json.loads(run.communicate()[0]) for run in runs)
    assert first["digests"] == second["digests"]
    assert first["fingerprint"] == second["fingerprint"]


def test_another_knob_is_another_model(snapshot, line, recipe, trained, tmp_path):
    """A changed recipe changes what is learned and the fingerprint."""
    found = train(snapshot, line, replace(recipe, learning_rate=0.09), tmp_path)
    assert found.digests["learned"] != trained.digests["learned"]
    assert found.digests["recipe"] != trained.digests["recipe"]
    assert found.digests["snapshot"] == trained.digests["snapshot"]
    assert found.fingerprint != trained.fingerprint


def test_one_changed_row_is_another_model(frame, freeze_table, line, recipe, trained, tmp_path):
    """A single feature of a single row changes the fingerprint."""
    other = frame.assign(item_ctr=frame["item_ctr"].where(frame.index != 7, 0.123))
    frozen = freeze_table(other, tmp_path / "other.parquet")
    found = train(frozen, line, recipe, tmp_path / "out")
    assert found.digests["snapshot"] != trained.digests["snapshot"]
    assert found.fingerprint != trained.fingerprint


def test_rows_that_are_not_the_frozen_ones_are_refused(snapshot, line, recipe, tmp_path):
    """A table whose content is not what its digest says is never trained on."""
    with pytest.raises(BadInput, match="of digest 1111"):
        train(replace(snapshot, digest="1" * 64), line, recipe, tmp_path / "out")


def test_recipe_name_is_only_a_label(recipe):
    """Two names for one recipe give one digest."""
    assert fingerprint.of_recipe(recipe) == fingerprint.of_recipe(replace(recipe, name="other"))


def test_model_learns_what_users_want_not_where_it_stood(trained, frame, line):
    """The learned probability is close to the true one, though clicks were biased by place."""
    rows = dataset.rows_of(frame, line, "holdout")
    truth = frame.loc[frame["split"] == "holdout", "gamma"].to_numpy()
    found = load_estimator(trained.folder).predict_proba(rows.features)[:, 1]
    naive = rows.clicked.mean()
    assert np.corrcoef(found, truth)[0, 1] > 0.8
    assert abs(found.mean() - truth.mean()) < 0.25 * abs(naive - truth.mean())


def test_stored_pipeline_and_stored_trees_agree_bit_for_bit(trained, frame, line, recipe):
    """What people read and what is served is one model."""
    rows = dataset.rows_of(frame, line, "holdout")
    places = [[c.name for c in line.features].index(name) for name in recipe.inputs]
    served = Ensemble.load(trained.folder, ()).predict_proba(rows.features[:, places])
    stored = load_estimator(trained.folder).predict_proba(rows.features)[:, 1]
    assert np.array_equal(served, stored)


def test_ranker_file_says_everything_serving_needs(trained, recipe, line):
    """Kind, inputs in order, examination per place and fingerprint are in ranker.json."""
    about = json.loads((trained.folder / "ranker.json").read_text())
    assert about["kind"] == "trees"
    assert about["line"] == "feed"
    assert about["inputs"] == list(recipe.inputs)
    assert about["examination"] == list(trained.examination)
    assert len(about["examination"]) == line.list_length
    assert about["fingerprint"] == trained.fingerprint


def test_inputs_keep_the_recipes_order(snapshot, line, tmp_path):
    """Inputs may be any subset in any order; served and stored model still agree."""
    recipe = line.recipe_with({"inputs": ["item_ctr", "genre", "hour", "age_band"], "max_iter": 5})
    found = train(snapshot, line, recipe, tmp_path)
    rows = dataset.rows_of(dataset.load(snapshot.path, line), line, "holdout")
    columns = np.column_stack([rows.column(line, name) for name in recipe.inputs])
    served = Ensemble.load(found.folder, ()).predict_proba(columns)
    stored = load_estimator(found.folder).predict_proba(rows.features)[:, 1]
    assert np.array_equal(served, stored)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"inputs": ["item_ctr", "position"]}, "position is a column of kind decision"),
        ({"inputs": ["item_ctr", "clicked"]}, "clicked is a column of kind after"),
        ({"inputs": ["item_ctr", "shoe_size"]}, "shoe_size"),
        ({"inputs": []}, "a list of different columns"),
        ({"inputs": ["hour", "hour"]}, "a list of different columns"),
        ({"seeds": [1, 2]}, "at least 3 different seeds"),
        ({"seeds": [1, 2, 2]}, "at least 3 different seeds"),
        ({"category_boost": {"Westerns": 1.0}}, "Westerns"),
        ({"category_boost": {"Comedy": float("nan")}}, "finite offsets"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"max_features": 2.0}, "max_features"),
        ({"max_iter": 0}, "max_iter"),
    ],
)
def test_wrong_recipes_are_refused(snapshot, line, tmp_path, overrides, said):
    """Every wrong knob is one clear refusal and leaves no model behind."""
    with pytest.raises(BadConfig, match=said):
        train(snapshot, line, line.recipe_with({"max_iter": 5} | overrides), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_genre_boost_is_stored_by_code(snapshot, line, tmp_path):
    """A boost raises the ranking of a genre's code and is part of the fingerprint."""
    plain = line.recipe_with({"max_iter": 5})
    boosted = line.recipe_with({"max_iter": 5, "category_boost": {"Comedy": 1.5}})
    found = train(snapshot, line, boosted, tmp_path)
    assert json.loads((found.folder / "ranker.json").read_text())["genre_boost"] == {"3": 1.5}
    assert fingerprint.of_recipe(plain) != fingerprint.of_recipe(boosted)


def test_a_fingerprint_has_its_five_parts(trained):
    """Rows, code, environment, recipe and what was learned are digested apart."""
    assert set(trained.digests) == {"snapshot", "code", "environment", "recipe", "learned"}

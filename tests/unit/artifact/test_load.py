"""Rankers load from their folder, answer like the model they came from, and refuse the rest."""

import json

import numpy as np
import pytest
import router_kit as kit
from slipway.artifact.ensemble import Ensemble
from slipway.artifact.hist_trees import compile_trees
from slipway.artifact.load import builtin_rules, load_ranker, tree_ranker
from slipway.domain.errors import BadInput


def rows(n=300, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.random((n, len(kit.LINE.features)))
    x[:, 0], x[:, 2] = rng.integers(0, 3, n), rng.integers(0, 14, n)
    x[rng.random(x.shape) < 0.05] = np.nan
    return x


@pytest.mark.parametrize("kind", ["trees", "sklearn"])
def test_probabilities_are_the_models_own_bits(tmp_path, kind):
    """What the router answers is bit for bit what scikit-learn answers."""
    ranker = load_ranker(kit.ranker(tmp_path / "r", kind=kind), kit.LINE)
    probability, ranking = ranker.score(rows())
    expected = kit.fitted().predict_proba(rows())[:, 1]
    assert np.array_equal(probability, expected)
    assert np.allclose(1 / (1 + np.exp(-ranking)), expected)
    assert ranker.batched is (kind == "sklearn")


def test_a_genre_boost_moves_ranks_and_not_probabilities(tmp_path):
    """A boost adds to the log-odds of its genre alone."""
    plain = load_ranker(kit.ranker(tmp_path / "a"), kit.LINE)
    boosted = load_ranker(kit.ranker(tmp_path / "b", boost={"3": 1.5}), kit.LINE)
    x = rows()
    x[:5, 2] = [3, np.nan, 99, -1, 13]
    (p, before), (q, after) = plain.score(x), boosted.score(x)
    assert np.array_equal(p, q)
    assert np.allclose(after - before, np.where(x[:, 2] == 3, 1.5, 0.0))


def test_a_model_may_read_fewer_inputs_in_another_order(tmp_path):
    """Inputs are found by name, wherever the model wants them."""
    folder = kit.ranker(tmp_path / "r")
    raw = json.loads((folder / "ranker.json").read_text())
    raw["inputs"] = raw["inputs"][::-1]
    (folder / "ranker.json").write_text(json.dumps(raw))
    mirrored = load_ranker(folder, kit.LINE).score(rows()[:, ::-1].copy())
    straight = load_ranker(kit.ranker(tmp_path / "s"), kit.LINE).score(rows())
    assert np.array_equal(mirrored[0], straight[0])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "magic"},
        {"line": "other"},
        {"format": 2},
        {"inputs": ["age_band"]},
        {"inputs": ["position"] * 10},
        {"genre_boost": {"comedy": 1.0}},
        {"genre_boost": {"-1": 1.0}},
        {"genre_boost": {"256": 1.0}},
        {"genre_boost": {"3": float("nan")}},
        {"genre_boost": {"3": None}},
        {"genre_boost": 3},
        {"weights": [0.5, 0.5]},
        {"weights": [0.0]},
        {"weights": [float("nan")]},
        {"inputs": ["shoe_size"]},
        {"surprise": 1},
    ],
)
def test_a_folder_that_does_not_fit_is_refused(tmp_path, change):
    """Another line, format, kind or input is one clear line and never served."""
    folder = kit.ranker(tmp_path / "r")
    raw = json.loads((folder / "ranker.json").read_text()) | change
    (folder / "ranker.json").write_text(json.dumps(raw))
    with pytest.raises(BadInput):
        load_ranker(folder, kit.LINE)


def test_damaged_folders_are_refused(tmp_path):
    """A missing or torn file is refused when it is loaded, not when it is asked."""
    empty = tmp_path / "empty"
    empty.mkdir()
    torn = kit.ranker(tmp_path / "torn")
    (torn / "trees.npz").write_bytes((torn / "trees.npz").read_bytes()[:500])
    alien = kit.ranker(tmp_path / "alien", kind="sklearn")
    (alien / "model.skops").write_bytes(b"no model")
    for folder in (empty, torn, alien):
        with pytest.raises(BadInput):
            load_ranker(folder, kit.LINE)


def test_a_model_that_cannot_answer_is_refused_when_it_is_loaded(tmp_path):
    """A whole pipeline of another width would fail at every request: it fails here, with its reason."""
    from skops.io import dump

    folder = kit.ranker(tmp_path / "r", kind="sklearn")
    narrow = type(kit.fitted())(max_iter=2, early_stopping=False)
    dump(narrow.fit(rows()[:, :3], np.arange(300) % 2), folder / "model.skops")
    with pytest.raises(BadInput, match="first answer"):
        load_ranker(folder, kit.LINE)


def test_trees_in_memory_answer_as_from_their_folder(tmp_path):
    """A fit that is never stored is scored in the bits that it would be served with."""
    stored = load_ranker(kit.ranker(tmp_path / "r"), kit.LINE)
    inputs = tuple(column.name for column in kit.LINE.features)
    trees = Ensemble((compile_trees(kit.fitted()),))
    memory = tree_ranker(trees, kit.LINE, inputs, (1.0, 0.6))
    assert memory.examination == stored.examination
    for found, expected in zip(memory.score(rows()), stored.score(rows()), strict=True):
        assert np.array_equal(found, expected)


def test_the_built_in_rules_always_answer():
    """Even a row of nothing but missing values gets a finite score."""
    x = np.full((4, len(kit.LINE.features)), np.nan)
    probability, ranking = builtin_rules(kit.LINE).score(x)
    assert np.isfinite(ranking).all()
    assert ((probability > 0) & (probability < 1)).all()

"""Rankers load from their folder, answer like the model they came from, and refuse the rest."""

import asyncio
import json

import numpy as np
import pytest
from slipway.domain.errors import BadInput
from slipway.serving.batching import MicroBatcher
from slipway.serving.ranker import builtin_rules, load_ranker


def rows(kit, n=300, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.random((n, len(kit.LINE.features)))
    x[:, 0], x[:, 2] = rng.integers(0, 3, n), rng.integers(0, 14, n)
    x[rng.random(x.shape) < 0.05] = np.nan
    return x


@pytest.mark.parametrize("kind", ["trees", "sklearn"])
def test_probabilities_are_the_models_own_bits(kit, tmp_path, kind):
    """What the router answers is bit for bit what scikit-learn answers."""
    ranker = load_ranker(kit.ranker(tmp_path / "r", kind=kind), kit.LINE)
    probability, ranking = ranker.score(rows(kit))
    expected = kit.fitted().predict_proba(rows(kit))[:, 1]
    assert np.array_equal(probability, expected)
    assert np.allclose(1 / (1 + np.exp(-ranking)), expected)
    assert ranker.batched is (kind == "sklearn")


def test_a_genre_boost_moves_ranks_and_not_probabilities(kit, tmp_path):
    """A boost adds to the log-odds of its genre alone."""
    plain = load_ranker(kit.ranker(tmp_path / "a"), kit.LINE)
    boosted = load_ranker(kit.ranker(tmp_path / "b", boost={"3": 1.5}), kit.LINE)
    x = rows(kit)
    x[:5, 2] = [3, np.nan, 99, -1, 13]
    (p, before), (q, after) = plain.score(x), boosted.score(x)
    assert np.array_equal(p, q)
    assert np.allclose(after - before, np.where(x[:, 2] == 3, 1.5, 0.0))


def test_a_model_may_read_fewer_inputs_in_another_order(kit, tmp_path):
    """Inputs are found by name, wherever the model wants them."""
    folder = kit.ranker(tmp_path / "r")
    raw = json.loads((folder / "ranker.json").read_text())
    raw["inputs"] = raw["inputs"][::-1]
    (folder / "ranker.json").write_text(json.dumps(raw))
    mirrored = load_ranker(folder, kit.LINE).score(rows(kit)[:, ::-1].copy())
    straight = load_ranker(kit.ranker(tmp_path / "s"), kit.LINE).score(rows(kit))
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
        {"surprise": 1},
    ],
)
def test_a_folder_that_does_not_fit_is_refused(kit, tmp_path, change):
    """Another line, format, kind or input is one clear line and never served."""
    folder = kit.ranker(tmp_path / "r")
    raw = json.loads((folder / "ranker.json").read_text()) | change
    (folder / "ranker.json").write_text(json.dumps(raw))
    with pytest.raises(BadInput):
        load_ranker(folder, kit.LINE)


def test_damaged_folders_are_refused(kit, tmp_path):
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


def test_the_built_in_rules_always_answer(kit):
    """Even a row of nothing but missing values gets a finite score."""
    x = np.full((4, len(kit.LINE.features)), np.nan)
    probability, ranking = builtin_rules(kit.LINE).score(x)
    assert np.isfinite(ranking).all()
    assert ((probability > 0) & (probability < 1)).all()


def test_batched_answers_equal_single_ones(kit, tmp_path):
    """Fifty concurrent requests are asked in few batches and each gets its own rows' answer."""
    ranker = load_ranker(kit.ranker(tmp_path / "r", kind="sklearn"), kit.LINE)
    asked = []

    class Counted(type(ranker)):
        def score(self, features):
            asked.append(len(features))
            return super().score(features)

    counted = Counted(**vars(ranker))
    parts = [rows(kit, 30, seed) for seed in range(50)]

    async def all_at_once():
        batcher = MicroBatcher(counted)
        answers = await asyncio.gather(*(batcher.score(part) for part in parts))
        batcher.close()
        return answers

    for part, (probability, _) in zip(parts, asyncio.run(all_at_once()), strict=True):
        assert np.array_equal(probability, ranker.score(part)[0])
    assert sum(asked) == 1500
    assert len(asked) < 10


def test_an_error_reaches_every_request_of_its_batch(kit, tmp_path):
    """Nobody waits for ever for a batch that failed, and the next batch is served."""
    ranker = load_ranker(kit.ranker(tmp_path / "r", kind="sklearn"), kit.LINE)

    async def scene():
        batcher = MicroBatcher(ranker)
        wrong = np.zeros((3, 2))
        first = await asyncio.gather(
            batcher.score(wrong), batcher.score(wrong), return_exceptions=True
        )
        good = await batcher.score(rows(kit, 3))
        batcher.close()
        return first, good

    first, good = asyncio.run(scene())
    assert all(isinstance(error, ValueError) for error in first)
    assert len(good[0]) == 3

"""Requests are gathered for slow models, and each gets its own rows' answer."""

import asyncio

import numpy as np
from slipway.artifact.load import load_ranker
from slipway.serving.batching import MicroBatcher


def rows(kit, n=300, seed=3):
    return np.random.default_rng(seed).random((n, len(kit.LINE.features)))


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

"""A table is scored once in an evaluation, whoever asks."""

import numpy as np
from slipway.artifact.load import load_ranker
from slipway.evaluation.scored_once import ScoredOnce
from slipway.training import dataset


def test_a_table_is_scored_once_and_another_anew(stored, line, frame):
    """However many comparisons ask for a table's scores, the model walks it once; answers are equal."""
    rows = dataset.rows_of(frame, line, "holdout").features
    ranker, asked = load_ranker(stored["good"].folder, line), []

    class Counted:
        examination = ranker.examination

        def score(self, features):
            asked.append(features)
            return ranker.score(features)

    once = ScoredOnce(Counted())
    for table in (rows, rows[:7], rows):
        for found, expected in zip(once.score(table), ranker.score(table), strict=True):
            assert np.array_equal(found, expected)
    assert [len(table) for table in asked] == [len(rows), 7]
    assert once.examination == ranker.examination

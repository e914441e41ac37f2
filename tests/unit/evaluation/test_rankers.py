"""A stored ranker answers as it will be served, or is refused with a reason."""

import json

import numpy as np
import pytest
from slipway.domain.errors import BadConfig, BadInput
from slipway.evaluation.rankers import ScoredOnce, load_ranker
from slipway.serving.ranker import load_ranker as load_served
from slipway.training import dataset


@pytest.fixture
def forged(stored, tmp_path):
    def with_manifest(**changes):
        folder = tmp_path / "ranker"
        folder.mkdir()
        source = stored["good"].folder
        (folder / "trees.npz").write_bytes((source / "trees.npz").read_bytes())
        about = json.loads((source / "ranker.json").read_text()) | changes
        (folder / "ranker.json").write_text(json.dumps(about))
        return folder

    return with_manifest


@pytest.mark.parametrize("name", ["good", "boosted", "blind"])
def test_measured_and_served_answers_are_the_same(stored, line, frame, name):
    """What is judged offline is what the router answers."""
    rows = dataset.rows_of(frame, line, "holdout")
    measured = load_ranker(stored[name].folder, line).score(rows.features)
    served = load_served(stored[name].folder, line).score(rows.features)
    assert np.array_equal(measured[0], served[0])
    assert np.allclose(measured[1], served[1], rtol=0, atol=1e-9)


def test_a_boost_moves_the_ranking_and_not_the_probability(rankers, frame, line):
    """A genre's offset raises its ranking score by just that much."""
    rows = dataset.rows_of(frame, line, "holdout")
    plain, boosted = (rankers[n][1].score(rows.features) for n in ("good", "boosted"))
    assert np.array_equal(plain[0], boosted[0])
    raised = np.isin(rows.column(line, "genre"), [3, 4, 6])
    assert np.allclose(boosted[1] - plain[1], 4.0 * raised)


def test_genres_beyond_the_boost_are_left_alone(forged, frame, line):
    """A missing or unknown genre gets no boost and no error."""
    ranker = load_ranker(forged(genre_boost={"0": 2.0}), line)
    rows = dataset.rows_of(frame, line, "holdout").features[:4].copy()
    rows[:, 2] = [0, 99, np.nan, -1]
    probability, ranking = ranker.score(rows)
    assert np.allclose(ranking - np.log(probability / (1 - probability)), [2, 0, 0, 0])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"line": "shoes"}, BadInput),
        ({"kind": "oracle"}, BadInput),
        ({"format": 99}, BadInput),
        ({"inputs": ["shoe_size"]}, BadConfig),
    ],
)
def test_foreign_rankers_are_refused(forged, line, changes, error):
    """Another line, kind, format or input is one clear error."""
    with pytest.raises(error):
        load_ranker(forged(**changes), line)


def test_rules_have_no_fitted_original(rankers):
    """Only trees have an original to agree with."""
    assert rankers["rules"][1].original is None
    assert rankers["good"][1].original is not None


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

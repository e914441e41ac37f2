"""What is served is compared, in every bit, with what was fitted."""

import shutil

import numpy as np
import pytest
from slipway.artifact.ensemble import MODEL
from slipway.artifact.load import load_ranker
from slipway.evaluation import parity
from slipway.training import dataset


@pytest.fixture(scope="module")
def features(frame, line):
    return dataset.rows_of(frame, line, "holdout").features


@pytest.mark.parametrize("name", ["good", "boosted", "blind"])
def test_trees_answer_as_the_pipeline_they_came_from(rankers, features, name):
    """No row differs, whatever the model reads and however its ranking is boosted."""
    assert parity.mismatches(rankers[name][1], features) == (len(features), 0)


def test_another_original_is_found_out(stored, line, features, tmp_path):
    """A pipeline that is not the one the arrays came from differs in rows, and they are counted."""
    folder = tmp_path / "mixed"
    shutil.copytree(stored["good"].folder, folder)
    (folder / MODEL).write_bytes((stored["slow"].folder / MODEL).read_bytes())
    rows, differ = parity.mismatches(load_ranker(folder, line), features)
    assert rows == len(features)
    assert differ > rows / 2


def test_without_an_original_nothing_is_compared(rankers, stored, line, features, tmp_path):
    """Rules and arrays stored alone have no original, and no row counts as compared."""
    alone = tmp_path / "alone"
    shutil.copytree(stored["good"].folder, alone, ignore=shutil.ignore_patterns(MODEL))
    for ranker in (rankers["rules"][1], load_ranker(alone, line)):
        assert parity.mismatches(ranker, features) == (0, 0)


def test_no_more_rows_are_compared_than_needed(rankers, features):
    """A large week is compared on rows spread over it."""
    wide = np.tile(features, (1 + 2 * parity.ROWS // len(features), 1))
    rows, differ = parity.mismatches(rankers["good"][1], wide)
    assert parity.ROWS <= rows < 2 * parity.ROWS
    assert differ == 0

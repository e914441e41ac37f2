"""A folder written by the first version of the format, file by file, is read for ever in its bits."""

import numpy as np
import pytest
from slipway.artifact.digest import digest
from slipway.artifact.folder import recipe_of
from slipway.artifact.load import load_ranker
from slipway.artifact.manifest import Manifest
from slipway.examples.films.line import LINE

RANKER = """{
 "examination": [
  1.0,
  0.5
 ],
 "fingerprint": "f00d",
 "format": 1,
 "genre_boost": {
  "3": 0.5
 },
 "inputs": [
  "item_ctr",
  "genre"
 ],
 "kind": "trees",
 "line": "feed",
 "weights": [
  0.75,
  0.25
 ]
}
"""

RECIPE = """{
 "interval_end": "2026-01-26T06:00:00+00:00",
 "recipe": {
  "anchor": 0.0,
  "blend": 0.5,
  "ensemble": 1,
  "genre_boost": {
   "Comedy": 0.5
  },
  "inputs": [
   "item_ctr",
   "genre"
  ],
  "l2": 1.0,
  "learning_rate": 0.1,
  "max_features": 0.8,
  "max_iter": 120,
  "max_leaf_nodes": 31,
  "max_rows": 60000,
  "min_samples_leaf": 40,
  "name": "weekly",
  "seeds": [
   11,
   12,
   13
  ],
  "tree_sets": 3,
  "warm_start": false
 }
}
"""


def arrays(baseline):
    """Two trees: item_ctr above .25 (missing: left) gives .5 or .125; genres 3 and 5 give 1, else -1."""
    left_genres = np.zeros((1, 8), "u4")
    left_genres[0, 0] = 0b11  # by index among the known genres 3, 5, 7
    return {
        "format": np.array([1]),
        "baseline": np.array([baseline]),
        "is_categorical": np.array([0, 1], "u1"),
        "cat_start": np.array([0, 0, 3], "i4"),
        "categories": np.array([3.0, 5.0, 7.0]),
        "roots": np.array([0, 3], "i4"),
        "feature": np.array([0, 0, 0, 1, 0, 0], "i4"),
        "threshold": np.array([0.25, 0.125, 0.5, 0.0, 1.0, -1.0]),
        "left": np.array([1, 0, 0, 4, 0, 0], "i4"),
        "right": np.array([2, 0, 0, 5, 0, 0], "i4"),
        "flags": np.array([4, 1, 1, 2, 1, 1], "u1"),
        "bitset": np.zeros(6, "i4"),
        "bitsets": left_genres,
    }


@pytest.fixture
def folder(tmp_path):
    """The folder as its files stand here, by no code of the house."""
    home = tmp_path / "ranker"
    home.mkdir()
    (home / "ranker.json").write_text(RANKER)
    (home / "recipe.json").write_text(RECIPE)
    np.savez(home / "trees.npz", **arrays(-2.0))
    np.savez(home / "trees_1.npz", **arrays(-4.0))
    return home


def test_its_scores_are_those_worked_out_by_hand(folder):
    """Every number is a sum of powers of two, so that not one bit is left to chance."""
    rows = np.full((6, len(LINE.features)), np.nan)
    names = [column.name for column in LINE.features]
    rows[:, names.index("item_ctr")] = [0.5, 0.25, np.nan, 0.5, 0.5, 0.5]
    rows[:, names.index("genre")] = [3, 5, 7, 99, np.nan, 3.5]
    ranker = load_ranker(folder, LINE)
    probability, ranking = ranker.score(rows)
    by_trees = np.array([1.5, 1.125, -0.875, -0.5, -0.5, -0.5]) - (0.75 * 2 + 0.25 * 4)
    np.testing.assert_array_equal(ranking, by_trees + np.array([0.5, 0, 0, 0, 0, 0.5]))
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-by_trees)), rtol=1e-15)
    assert (ranker.examination, ranker.fingerprint) == ((1.0, 0.5), "f00d")


def test_its_recipe_is_read(folder):
    """How it was fitted and when its data ended are known to a later week."""
    recipe, end = recipe_of(folder, LINE)
    assert (recipe.inputs, recipe.blend) == (("item_ctr", "genre"), 0.5)
    assert end == "2026-01-26T06:00:00+00:00"


def test_it_is_written_in_the_same_bytes(folder, tmp_path):
    """The digest that a release was bound to still belongs to its manifest."""
    Manifest.read(folder).write(tmp_path / "again")
    assert (tmp_path / "again" / "ranker.json").read_text() == RANKER


def test_its_digest_is_the_registered_one(folder):
    """Names and contents decide, in the way they did when a release was bound to them."""
    for file in folder.glob("*.npz"):  # their bytes are those of the numpy of the day
        file.unlink()
    assert digest(folder) == "70946a0ea75d9cc837b8c896ed90c1ffe9c96b1b9b2ffff8ea824b3709d7469f"

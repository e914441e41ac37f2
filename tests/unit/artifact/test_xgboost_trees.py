"""An XGBoost file is read as its format says: hand-written trees answer as they would by hand."""

import json

import numpy as np
import pytest
from slipway.artifact import xgboost_trees
from slipway.artifact.links import Link
from slipway.artifact.typed_frame import InputColumn, TypedFrame

FRAME = TypedFrame(
    (
        InputColumn("x", 0),
        InputColumn("c", 1, (0.0, 3.0, 7.0), ("a", "d", "h")),
    )
)


def tree(**changed):
    """X below .5 (missing: right) goes on by category (1, which is d, goes right; missing: left)."""
    return {
        "categories": [1], "categories_nodes": [1], "categories_segments": [0], "categories_sizes": [1],
        "default_left": [0, 1, 0, 0, 0],
        "left_children": [1, 3, -1, -1, -1], "right_children": [2, 4, -1, -1, -1],
        "split_conditions": [0.5, 1e-45, -0.25, 0.125, 0.5], "split_indices": [0, 1, 0, 0, 0],
        "split_type": [0, 1, 0, 0, 0], "tree_param": {"size_leaf_vector": "1"},
    } | changed  # fmt: skip


def leaf(value):
    return {
        "categories": [], "categories_nodes": [], "categories_segments": [], "categories_sizes": [],
        "default_left": [0], "left_children": [-1], "right_children": [-1], "split_conditions": [value],
        "split_indices": [0], "split_type": [0], "tree_param": {"size_leaf_vector": "1"},
    }  # fmt: skip


def model(
    objective="reg:squarederror", booster="gbtree", score="[5E-1]", attributes=None, **changed
):
    trees = [tree(**changed), leaf(1.0), leaf(4.0)]
    return {
        "learner": {
            "attributes": attributes or {},
            "objective": {"name": objective},
            "learner_model_param": {
                "base_score": score, "num_class": "0", "num_feature": "2", "num_target": "1",
            },
            "gradient_booster": {
                "name": booster,
                "model": {"trees": trees, "tree_info": [0, 0, 0], "iteration_indptr": [0, 1, 2, 3]},
            },
        }
    }  # fmt: skip


@pytest.fixture
def stored(tmp_path):
    """Writes a model and reads it as arrays."""

    def read(frame=FRAME, **changed):
        path = tmp_path / "model.json"
        path.write_text(json.dumps(model(**changed)))
        return xgboost_trees.compiled(path, frame)

    return read


def by_hand(x, c):
    """The first tree, read by a person: equal is not below, and an unknown category is missing."""
    if np.isnan(x) or np.float32(x) >= 0.5:
        return -0.25
    return 0.5 if c == 3.0 else 0.125


def test_thresholds_gaps_and_categories_are_as_written(stored):
    """Every way through the tree, at the threshold and one single-precision number below it."""
    trees, link = stored()
    below = float(np.nextafter(np.float32(0.5), np.float32(0)))
    rows = np.array(
        [
            [x, c]
            for x in (0.5, below, 0.5 - 1e-12, 0.0, -np.inf, 1e30, np.nan)
            for c in (0.0, 3.0, 7.0, 5.0, np.nan)
        ]
    )
    assert trees.raw_scores(rows).tolist() == [0.5 + by_hand(*row) + 5.0 for row in rows]
    assert link is Link.IDENTITY


def test_an_early_stopped_model_ends_with_its_best_iteration(stored):
    """Trees that were refused by early stopping are in the file, and answer nothing."""
    trees, _ = stored(attributes={"best_iteration": "1"})
    assert trees.raw_scores(np.array([[9.0, 0.0]])).tolist() == [0.5 - 0.25 + 1.0]


def test_links_and_intercepts_are_those_of_the_objective(stored):
    """The intercept stands on the scale of answers: log odds of a probability, log of an amount."""
    row = np.array([[9.0, 0.0]])
    trees, link = stored(objective="binary:logistic", score="[2.5E-1]")
    said = trees.answers(trees.raw_scores(row), link)[0]
    assert said == pytest.approx(1 / (1 + 3 * np.exp(-4.75)), rel=1e-6)
    assert said == np.float32(said)
    trees, link = stored(objective="count:poisson", score="2")
    assert trees.answers(trees.raw_scores(row), link)[0] == pytest.approx(
        2 * np.exp(4.75), rel=1e-6
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"objective": "rank:ndcg"},
        {"booster": "dart"},
        {"attributes": {"slipway_missing": "-1.0"}},
        {"score": "[5E-1,2E-1]"},
        {"score": "much"},
        {"tree_param": {"size_leaf_vector": "3"}},
        {"categories": [400]},
        {"left_children": None},
        {"frame": TypedFrame(FRAME.columns, missing="(none)")},
        {"frame": TypedFrame(FRAME.columns[:1])},
    ],
)
def test_what_could_answer_otherwise_is_not_compiled(stored, changed):
    """Other objectives and boosters, several outputs, other columns and damage are left to the library."""
    assert stored(**changed) is None

"""A LightGBM text is read as its format says: hand-written trees answer as they would by hand."""

import numpy as np
import pytest
from slipway.artifact import lightgbm_trees
from slipway.artifact.links import Link
from slipway.artifact.typed_frame import InputColumn, TypedFrame

FRAME = TypedFrame(
    (
        InputColumn("x", 0),
        InputColumn("c", 1, (0.0, 3.0, 7.0), ("a", "d", "h")),
        InputColumn("y", 2),
    )
)
TEXT = """tree
version=v4
objective={objective}

Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
threshold=0.5 0
decision_type=10 9
left_child=1 -1
right_child=-3 -2
leaf_value=0.1 0.2 -0.4
cat_boundaries=0 1
cat_threshold=5
is_linear=0


Tree=1
num_leaves=2
num_cat=0
split_feature=2
threshold=-1.5
decision_type={missing}
left_child=-1
right_child=-2
leaf_value=1.0 2.0
is_linear={linear}


Tree=2
num_leaves=1
num_cat=0
leaf_value=0.25
is_linear=0


end of trees
"""


def text(objective="regression", missing="0", linear="0"):
    return TEXT.format(objective=objective, missing=missing, linear=linear)


def by_hand(x, c, y):
    """The three trees, read by a person: NaN of x goes left, of y it is 0, a and h go left of c."""
    first = -0.4 if x > 0.5 else (0.1 if c in (0.0, 7.0) else 0.2)
    return 0.0 + first + (1.0 if np.nan_to_num(y) <= -1.5 else 2.0) + 0.25


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.txt"


def test_missing_values_categories_and_single_leaves_are_as_written(path):
    """Every way through the trees, with gaps and unknown categories, sums the leaves that it should."""
    path.write_text(text())
    trees, link = lightgbm_trees.compiled(path, FRAME)
    assert link is Link.IDENTITY
    rows = np.array(
        [
            [x, c, y]
            for x in (0.5, 0.6, np.nan)
            for c in (0.0, 3.0, 7.0, 5.0, np.nan)
            for y in (-1.5, -1.4, 0.0, np.nan)
        ]
    )
    assert trees.raw_scores(rows).tolist() == [by_hand(*row) for row in rows]


def test_a_probability_is_the_logistic_of_the_sum(path):
    """The binary objective answers probabilities of the same sum."""
    path.write_text(text("binary sigmoid:1"))
    trees, link = lightgbm_trees.compiled(path, FRAME)
    found = link.answers(trees.raw_scores(np.array([[0.6, 0.0, 0.0]])))[0]
    assert found == pytest.approx(1 / (1 + np.exp(-1.85)))


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie"])
def test_an_amount_is_the_power_of_the_sum(path, objective):
    """Objectives of amounts and counts answer e to the power of the same sum."""
    path.write_text(text(objective))
    trees, link = lightgbm_trees.compiled(path, FRAME)
    found = link.answers(trees.raw_scores(np.array([[0.6, 0.0, 0.0]])))[0]
    assert found == pytest.approx(np.exp(1.85))


@pytest.mark.parametrize(
    "changed",
    [
        text("huber"),
        text("binary sigmoid:2"),
        text(missing="4"),
        text(linear="1"),
        text().replace("\n\nTree=0", "\naverage_output\n\nTree=0"),
        text()
        .replace("cat_boundaries=0 1", "cat_boundaries=0 9")
        .replace("=5\n", "=5 1 1 1 1 1 1 1 1\n"),
        text().replace("leaf_value=0.1 0.2 -0.4", "leaf_value=0.1 zero -0.4"),
    ],
)
def test_what_could_answer_otherwise_is_not_compiled(path, changed):
    """Other links, averages, linear leaves, zeros as missing and damage are left to the library."""
    path.write_text(changed)
    assert lightgbm_trees.compiled(path, FRAME) is None
    path.write_text(text())
    assert lightgbm_trees.compiled(path, TypedFrame(FRAME.columns, missing="(none)")) is None

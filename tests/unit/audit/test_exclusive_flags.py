"""Flags of which the label is one: classes of one outcome, written as columns."""

import numpy as np
import pandas as pd
from audit_kit import audited

ROWS = 2000


def frame(rng):
    """A spell's end as three flags, and honest columns, two of them exclusive of each other by nature."""
    end = rng.choice(["full", "part", "none"], ROWS, p=[0.35, 0.2, 0.45])
    race = rng.integers(0, 3, ROWS)
    return pd.DataFrame(
        {
            "full": (end == "full").astype(int),
            "part": (end == "part").astype(int),
            "none": (end == "none").astype(int),
            "race_1": (race == 1).astype(int),
            "race_2": (race == 2).astype(int),
            "age": rng.integers(18, 60, ROWS),
        }
    )


def test_the_other_classes_of_the_outcome_are_accused():
    """Who took a part-time job or none took no full-time one: the flags are the outcome's other classes."""
    found = audited(frame(np.random.default_rng(1)), label="full", time=())
    assert set(found.accused) == {"part", "none"}


def test_classes_of_something_else_are_not():
    """Two of three races exclude each other, and neither excludes the outcome."""
    rng = np.random.default_rng(2)
    table = frame(rng).drop(columns=["part", "none"])
    assert audited(table, label="full", time=()).accused == ()


def test_what_rules_the_outcome_out_alone_is_an_honest_rule():
    """Nobody under age takes a job: one flag that never meets the outcome, and no other beside it."""
    rng = np.random.default_rng(3)
    table = frame(rng).drop(columns=["part", "none"])
    table["minor"] = ((table["full"] == 0) & (rng.random(ROWS) < 0.3)).astype(int)
    assert not any("exclude" in f.evidence for f in audited(table, label="full", time=()).findings)

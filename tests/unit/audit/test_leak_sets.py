"""Columns that clear one another, and rows that a join tears apart."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited

ROWS = 2500


@pytest.mark.parametrize("gap", [2.6, 3.7])
def test_three_columns_written_with_the_outcome_do_not_clear_one_another(gap):
    """Each tells it with AUC .97 or .995, together without an error: no easy class, since all others are weak."""
    rng = np.random.default_rng(1)
    yes = rng.random(ROWS) < 0.3
    table = pd.DataFrame({f"z{k}": gap * yes + rng.normal(size=ROWS) for k in range(3)})
    table = table.assign(weak=0.5 * yes + rng.normal(size=ROWS), label=yes.astype(int))
    assert set(audited(table, time=()).accused) == {"z0", "z1", "z2"}


def test_measurements_of_one_thing_are_honest():
    """Length and width of a petal: both strong, and larger together among the flowers of one kind."""
    rng = np.random.default_rng(2)
    yes = rng.random(ROWS) < 0.3
    size = rng.normal(size=ROWS)
    table = pd.DataFrame(
        {n: 3.4 * yes + size + 0.6 * rng.normal(size=ROWS) for n in ("length", "width")}
    )
    table = table.assign(weak=0.5 * yes + rng.normal(size=ROWS), label=yes.astype(int))
    assert "share nothing" not in " ".join(f.evidence for f in audited(table, time=()).findings)


def test_an_event_in_two_rows_on_two_sides_is_found():
    """A join repeats each event once per tag, and the split tears the rows of one event apart."""
    rng = np.random.default_rng(3)
    half = pd.DataFrame(rng.normal(size=(700, 4)).round(3), columns=list("abcd"))
    half = half.assign(label=(rng.random(700) < 0.4).astype(int))
    table = pd.concat([half, half.sample(frac=0.4, random_state=1)]).reset_index(drop=True)
    table = table.assign(
        tag=np.arange(len(table)) % 7, side=rng.choice(["train", "test"], len(table))
    )
    found = audited(table, time=(), split="side")
    assert found.accused == ("",)
    assert "but for tag" in found.of("")[0].evidence


def test_rows_that_differ_in_their_only_rich_column_are_none():
    """Few values and a price: without the price many rows are equal by chance."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame({n: rng.choice(list("xyz"), 900) for n in "abc"})
    label = ((table["a"] == "x") ^ (rng.random(900) < 0.3)).astype(int)
    table = table.assign(price=rng.gamma(2, 9, 900).round(2), label=label)
    table = table.assign(side=rng.choice(["train", "test"], 900))
    assert audited(table, time=(), split="side").accused == ()

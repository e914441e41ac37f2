"""Questions where the rows cannot tell: what the newest rows lack, what a name says, one column far ahead."""

import numpy as np
import pandas as pd
from audit_kit import START, audited
from slipway.audit.finding import Grade

ROWS = 3000


def frame(rng, **columns):
    """Rows over 90 days with a label and a weak column, and what a test adds."""
    at = START + pd.to_timedelta(np.sort(rng.integers(0, 90 * 86_400, ROWS)), unit="s")
    yes = rng.random(ROWS) < 0.3
    weak = rng.normal(size=ROWS) + 0.3 * yes
    return pd.DataFrame({"at": at, "label": yes.astype(int), "weak": weak, **columns})


def asked(found):
    """Columns of the first three questions."""
    named = [f.column for f in found.findings if f.grade is Grade.NOTE]
    return list(dict.fromkeys(named))[:3]


def test_what_the_newest_rows_lack_is_filled_in_later():
    """An agent's code is entered within days; a gap that was always there is none."""
    rng = np.random.default_rng(1)
    age = np.linspace(90, 0, ROWS)
    code = np.where(rng.random(ROWS) < 1 - np.exp(-age / 4), rng.integers(1, 50, ROWS), np.nan)
    gap = np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS))
    found = audited(frame(rng, code=code, gap=gap))
    assert found.accused == ()
    assert asked(found)[0] == "code"
    assert "gap" not in asked(found)


def test_counts_that_start_at_0_grow_later():
    """Views of a post: the newest have none yet."""
    rng = np.random.default_rng(2)
    views = rng.poisson(np.linspace(9, 0, ROWS) ** 1.2)
    assert "views" in asked(audited(frame(rng, views=views)))


def test_a_name_that_says_an_end_is_asked_about_and_never_accused():
    """Days to an exit that say little: the owner knows when they are written."""
    rng = np.random.default_rng(3)
    plain = {"exitDays": rng.gamma(2, 20, ROWS), "size": rng.gamma(2, 20, ROWS)}
    found = audited(frame(rng, **plain))
    assert found.accused == ()
    assert "exitDays" in asked(found)
    assert "size" not in asked(found)


def test_the_last_of_its_kind_is_asked_about():
    """Earnings of 74, 75 and 78: the last may be later than the outcome; a list of ten items has no last."""
    rng = np.random.default_rng(6)
    pay = {f"pay{k}": rng.gamma(2, 20, ROWS) for k in (74, 75, 78)}
    items = {f"item{k}": rng.normal(size=ROWS) for k in range(1, 11)}
    assert asked(audited(frame(rng, **items, **pay))) == ["pay78"]


def test_one_strong_column_is_asked_about_and_not_accused():
    """A poll's answer tells a vote with AUC .88, and nothing else does: honest, and worth a question."""
    rng = np.random.default_rng(4)
    table = frame(rng)
    found = audited(table.assign(poll=1.7 * table["label"] + rng.normal(size=ROWS)))
    assert found.accused == ()
    assert asked(found)[0] == "poll"


def test_one_row_is_no_subgroup():
    """A name that stands once decides nothing, whatever the others expect of it."""
    rng = np.random.default_rng(5)
    table = frame(rng, name=[f"n{k}" for k in rng.permutation(ROWS) // 2])
    strong = 9 * table["label"] + rng.normal(size=ROWS)
    assert (
        "name" not in audited(table.assign(one=strong, two=strong + rng.normal(size=ROWS))).accused
    )

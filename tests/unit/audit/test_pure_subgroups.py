"""Values that exist for one outcome alone."""

import numpy as np
import pandas as pd
from audit_kit import audited
from slipway.audit.bins import Coded
from slipway.audit.pure_subgroups import CountedRows


def test_a_value_that_one_outcome_alone_ever_has_is_found_in_a_small_table():
    """An age at onset is known of 50 of 160 patients and of none of 180 healthy ones."""
    rng = np.random.default_rng(1)
    ill = np.arange(340) < 160
    onset = np.where(ill & (rng.random(340) < 0.3), rng.normal(60, 9, 340).round(), np.nan)
    frame = pd.DataFrame(
        {"onset": onset, "age": rng.integers(30, 90, 340), "label": ill.astype(int)}
    )
    assert "onset" in audited(frame.sample(frac=1, random_state=2), time=()).accused


def test_blanks_of_one_outcome_do_not_vouch_for_each_other():
    """Three columns that are known of patients alone, and the file's numbers, which follow the outcome."""
    rng = np.random.default_rng(3)
    ill = np.arange(340) < 160
    known = {
        n: np.where(ill & (rng.random(340) < 0.3), rng.normal(60, 9, 340).round(), np.nan)
        for n in "abc"
    }
    frame = pd.DataFrame({"number": 2 * np.arange(340) + 7000, **known, "label": ill.astype(int)})
    assert {"a", "b", "c"} <= set(audited(frame, time=()).accused)


def test_rows_of_one_group_in_one_bin_are_one_witness():
    """Eleven years of a state in one bin weigh one together; its rows in other bins weigh for themselves."""
    rng = np.random.default_rng(31)
    group, code = rng.integers(0, 40, 500), rng.integers(0, 9, 500).astype(np.int32)
    coded = Coded(code, tuple("abcdefghi"), ordered=True)
    weight = np.where(rng.random(500) < 0.1, 0.5, 1.0)
    rows = pd.DataFrame({"g": group, "c": code, "w": CountedRows(weight, (), group).of(coded)})
    each = rows.groupby(["g", "c"])["w"].sum()
    assert each.max() <= 1 + 1e-9
    assert (each[rows.groupby(["g", "c"]).size() > 2] > 0.99).all()
    assert (CountedRows(weight, ()).of(coded) == weight).all()

"""Values that exist for one outcome alone."""

import numpy as np
import pandas as pd
from audit_kit import audited


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

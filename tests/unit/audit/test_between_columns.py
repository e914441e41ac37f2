"""A label that lies between columns is a mean of what they hold, or what they bound."""

import numpy as np
import pandas as pd
from audit_kit import audited

ROWS = 400


def test_a_mean_with_weights_that_are_not_there_is_found():
    """The rate of all is that of the young and the old, weighted by shares that no column holds."""
    rng = np.random.default_rng(1)
    place = rng.gamma(4, 3, ROWS)
    young, old = place * rng.uniform(1.1, 1.6, ROWS), place * rng.uniform(0.6, 1.0, ROWS)
    share = rng.uniform(0.2, 0.4, ROWS)
    rate = (share * young + (1 - share) * old).round(3)
    frame = pd.DataFrame(
        {
            "young": young.round(3),
            "old": old.round(3),
            "size": rng.gamma(2, 9, ROWS).round(1),
            "label": rate,
        }
    )
    assert set(audited(frame, time=()).accused) == {"young", "old"}


def test_measurements_of_a_number_are_no_bounds():
    """Two honest columns that go with a number, one below and one above it as often as not."""
    rng = np.random.default_rng(2)
    true = rng.gamma(4, 3, ROWS)
    one, two = (true + rng.normal(0, 2, ROWS) for _ in "ab")
    frame = pd.DataFrame({"one": one.round(2), "two": two.round(2), "label": true})
    assert audited(frame, time=()).accused == ()

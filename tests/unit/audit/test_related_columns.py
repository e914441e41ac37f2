"""Columns that no power accuses are still asked about where they follow what is known later."""

import numpy as np
import pandas as pd
from audit_kit import audited, honest
from slipway.audit.finding import Grade


def test_what_gives_an_accused_column_is_noted():
    """A duration that gives the price, which is accused, has to be asked about; an hour has not."""
    frame = honest(4000)
    rng = np.random.default_rng(1)
    lasted = rng.gamma(3, 5, 4000)
    price = 3 + 2 * lasted + rng.normal(0, 1, 4000)
    tip = np.where(frame["label"] == 1, 0.2, 0.1) * price + rng.normal(0, 0.01, 4000)
    found = audited(frame.assign(lasted=lasted, price=price, tip=tip))
    assert {"price", "tip"} <= set(found.accused)
    assert "lasted" not in found.accused
    assert "price" in found.of("lasted")[0].evidence
    assert found.ranking.index("lasted") < found.ranking.index("strong")


def test_the_later_one_of_two_places_is_noted_and_its_copies_too():
    """From and to hold the same places; the one that is missing more often is asked about."""
    frame = honest(4000)
    rng = np.random.default_rng(2)
    places = np.round(rng.normal(41, 0.3, 60), 6)
    start, end = places[rng.integers(0, 60, 4000)], places[rng.integers(0, 60, 4000)]
    end = np.where(rng.random(4000) < 0.04, np.nan, end)
    zone = [None if np.isnan(p) else f"zone {p:.3f}" for p in end]
    found = audited(frame.assign(start=start, end=end, zone=zone))
    assert found.accused == ()
    assert found.grade("start") is Grade.CLEAR
    assert found.grade("end") is found.grade("zone") is Grade.NOTE


def test_a_count_that_grows_until_the_outcome_is_noted():
    """Among cancelled rows the changes go with the time that a booking lived."""
    frame = honest(4000)
    rng = np.random.default_rng(3)
    cancelled = frame["label"] == 1
    lived = np.where(cancelled, rng.uniform(0, 50, 4000), 60)
    frame["closed"] = frame["at"] + pd.to_timedelta(lived, unit="D")
    found = audited(
        frame.assign(changes=rng.poisson(0.5 + lived / 100), visits=rng.poisson(1, 4000))
    )
    assert "closed" in found.accused
    assert found.grade("changes") >= Grade.NOTE
    assert found.grade("visits") is Grade.CLEAR


def test_dates_in_words_are_read_as_dates():
    """A column of ISO dates in words is compared with the row's time like any date."""
    frame = honest(4000)
    days = np.where(frame["label"] == 1, 1, 9) + np.random.default_rng(4).exponential(1, 4000)
    ends = (frame["at"] + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d")
    assert "ends" in audited(frame.assign(ends=ends)).accused
    assert audited(frame.assign(ends=ends.sample(frac=1, random_state=1).to_numpy())).accused == ()

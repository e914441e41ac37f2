"""The ten features of a film: smoothed, joined with the request, the same one by one and at once."""

from datetime import timedelta

import log_kit as kit
import numpy as np
import pytest
from slipway.data import catalog, feature_table, features
from slipway.data.parts import micros
from slipway.domain.errors import BadInput
from slipway.examples.films.features import PRIOR_EXPOSURES, build


def column(matrix, name):
    return matrix[:, kit.FEATURES.index(name)]


@pytest.fixture
def home(tmp_path):
    """A home with a catalogue and an empty log."""
    catalog.write(tmp_path, kit.LINE, kit.catalogue())
    return tmp_path


@pytest.fixture
def table(home):
    """Features as of the end of two weeks."""
    shown, clicks = kit.two_weeks()
    kit.write(home, shown, clicks)
    features.compute(home, kit.LINE, kit.T0 + 2 * kit.WEEK)
    return feature_table.load(home, kit.LINE)


def test_rates_are_smoothed_towards_the_global_rate(table):
    """32 exposures with 8 clicks: each rate is (clicks + 20 x prior) / (exposures + 20)."""
    overall = (8 + PRIOR_EXPOSURES * 0.1) / (32 + PRIOR_EXPOSURES)
    matrix = table.matrix("u1", {"age_band": 1}, ["film-0", "film-1", "film-3"], table.as_of)
    prior = PRIOR_EXPOSURES * overall
    expected = [(8 + prior) / 36, prior / 36, overall]
    assert np.allclose(column(matrix, "item_ctr"), expected, rtol=1e-12)
    assert column(matrix, "item_exposures").tolist() == [16, 16, 0]


def test_an_unknown_user_is_a_cold_start(table):
    """Somebody never seen gets the global rate, and the genre's rate as taste."""
    matrix = table.matrix("stranger", {}, ["film-0", "film-1"], table.as_of)
    assert np.isnan(column(matrix, "age_band")).all()
    assert np.array_equal(column(matrix, "user_genre_ctr"), column(matrix, "genre_age_ctr"))
    assert column(matrix, "user_ctr")[0] == pytest.approx((8 + 2) / 52)


def test_what_comes_with_the_request_is_in_its_place(table):
    """Hour, age of the film in days, genre, pick and age band are the request's own."""
    now = kit.T0 + timedelta(days=1, hours=5)
    matrix = table.matrix("u1", {"age_band": 2}, ["film-2", "film-0"], now)
    assert matrix.dtype == np.float64
    assert matrix.shape == (2, len(kit.FEATURES))
    assert column(matrix, "hour").tolist() == [11, 11]
    assert column(matrix, "film_age_days") == pytest.approx([3 + 29 / 24, 1 + 29 / 24])
    assert column(matrix, "genre").tolist() == [2, 0]
    assert column(matrix, "editors_pick").tolist() == [0, 1]
    assert column(matrix, "age_band").tolist() == [2, 2]


def test_many_rows_at_once_equal_one_request_at_a_time(table):
    """The vectorised road and the router's road give the same numbers, bit for bit."""
    users = ["u0", "stranger", "u2", "u1"]
    ages = np.array([0, np.nan, 2, 1])
    places = np.array([3, 0, 1, 2])
    now = table.as_of + timedelta(hours=7)
    together = table.rows(users, {"age_band": ages}, places, np.full(4, micros(now)))
    for row, user, age, place in zip(together, users, ages.tolist(), places.tolist(), strict=True):
        context = {} if np.isnan(age) else {"age_band": int(age)}
        single = table.matrix(user, context, [f"film-{place}"], now)[0]
        assert np.array_equal(single, row, equal_nan=True)


def test_missing_codes_have_a_place_of_their_own(home):
    """An age band that was not served counts for the genre and for no age band."""
    clicks = [kit.Click("a", minute=1)]
    kit.write(home, [kit.Shown("a", age_band=None), kit.Shown("b", age_band=float("nan"))], clicks)
    counts = features.count(home, kit.LINE, kit.at(60))
    assert counts["genre_age"].to_pylist() == [
        {"genre": 0, "age_band": -1, "exposures": 2, "clicks": 1}
    ]
    table = build(kit.at(60), kit.LINE, catalog.load(home, kit.LINE), counts)
    genre, band = (table.matrix("x", c, ["film-0"], kit.at(60)) for c in ({}, {"age_band": 0}))
    assert column(genre, "genre_age_ctr") > column(band, "genre_age_ctr")


def test_an_empty_log_gives_a_table_of_priors(home):
    """On the first day everything is the prior, and nothing is an error."""
    features.compute(home, kit.LINE, kit.T0)
    matrix = feature_table.load(home, kit.LINE).matrix("u", {"age_band": 0}, ["film-0"], kit.T0)
    for name in ("item_ctr", "genre_age_ctr", "user_genre_ctr", "user_ctr"):
        assert column(matrix, name)[0] == pytest.approx(0.1)


@pytest.mark.parametrize("age_band", [3, -1, "1", 1.0, True, float("nan")])
def test_a_context_that_does_not_fit_is_refused(table, age_band):
    """An age band that is no code is one clear error."""
    with pytest.raises(BadInput, match=r"context.age_band"):
        table.matrix("u1", {"age_band": age_band}, ["film-0"], table.as_of)

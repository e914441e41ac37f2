"""As-of features: what is served is what a later count of the log finds."""

from datetime import timedelta

import numpy as np
import pytest
from slipway.data import catalog, feature_files, feature_table, features
from slipway.domain.errors import BadInput, LogIncomplete, UnknownReference
from slipway.examples.films.features import PRIOR_EXPOSURES, build

HOURS = 60.0


def column(kit, matrix, name):
    return matrix[:, kit.FEATURES.index(name)]


@pytest.fixture
def table(home, kit):
    """Features as of the end of two weeks."""
    shown, clicks = kit.two_weeks()
    kit.write(home, shown, clicks)
    features.compute(home, kit.LINE, kit.T0 + 2 * kit.WEEK)
    return feature_table.load(home, kit.LINE)


def test_rates_are_smoothed_towards_the_global_rate(kit, table):
    """32 exposures with 8 clicks: each rate is (clicks + 20 x prior) / (exposures + 20)."""
    overall = (8 + PRIOR_EXPOSURES * 0.1) / (32 + PRIOR_EXPOSURES)
    matrix = table.matrix("u1", {"age_band": 1}, ["film-0", "film-1", "film-3"], table.as_of)
    prior = PRIOR_EXPOSURES * overall
    expected = [(8 + prior) / 36, prior / 36, overall]
    assert np.allclose(column(kit, matrix, "item_ctr"), expected, rtol=1e-12)
    assert column(kit, matrix, "item_exposures").tolist() == [16, 16, 0]


def test_an_unknown_user_is_a_cold_start(kit, table):
    """Somebody never seen gets the global rate, and the genre's rate as taste."""
    matrix = table.matrix("stranger", {}, ["film-0", "film-1"], table.as_of)
    assert np.isnan(column(kit, matrix, "age_band")).all()
    assert np.array_equal(
        column(kit, matrix, "user_genre_ctr"), column(kit, matrix, "genre_age_ctr")
    )
    assert column(kit, matrix, "user_ctr")[0] == pytest.approx((8 + 2) / 52)


def test_what_comes_with_the_request_is_in_its_place(kit, table):
    """Hour, age of the film in days, genre, pick and age band are the request's own."""
    now = kit.T0 + timedelta(days=1, hours=5)
    matrix = table.matrix("u1", {"age_band": 2}, ["film-2", "film-0"], now)
    assert matrix.dtype == np.float64
    assert matrix.shape == (2, len(kit.FEATURES))
    assert column(kit, matrix, "hour").tolist() == [11, 11]
    assert column(kit, matrix, "film_age_days") == pytest.approx([3 + 29 / 24, 1 + 29 / 24])
    assert column(kit, matrix, "genre").tolist() == [2, 0]
    assert column(kit, matrix, "editors_pick").tolist() == [0, 1]
    assert column(kit, matrix, "age_band").tolist() == [2, 2]


def test_many_rows_at_once_equal_one_request_at_a_time(kit, table):
    """The vectorised road and the router's road give the same numbers, bit for bit."""
    users = ["u0", "stranger", "u2", "u1"]
    ages = np.array([0, np.nan, 2, 1])
    places = np.array([3, 0, 1, 2])
    now = table.as_of + timedelta(hours=7)
    together = table.rows(users, {"age_band": ages}, places, np.full(4, catalog_us(now)))
    for row, user, age, place in zip(together, users, ages.tolist(), places.tolist(), strict=True):
        context = {} if np.isnan(age) else {"age_band": int(age)}
        single = table.matrix(user, context, [f"film-{place}"], now)[0]
        assert np.array_equal(single, row, equal_nan=True)


def catalog_us(at):
    from slipway.data.parts import micros

    return micros(at)


def test_recomputing_later_gives_what_was_served(home, kit, table):
    """Rows that arrive after the time of a table never change it, even for earlier requests."""
    as_of = table.as_of
    items = ["film-0", "film-1", "film-2"]
    served = table.matrix("u1", {"age_band": 1}, items, as_of)
    minutes = 2 * kit.WEEK / timedelta(minutes=1)
    late = [kit.Shown("late", minute=minutes - 30, delay=30, user="u1")]
    kit.write(home, late, [kit.Click("r02", minute=minutes)], "late")
    again = features.count(home, kit.LINE, as_of)
    recomputed = build(as_of, kit.LINE, catalog.load(home, kit.LINE), again)
    assert np.array_equal(recomputed.matrix("u1", {"age_band": 1}, items, as_of), served)


def test_only_four_weeks_count(home, kit):
    """A row of more than four weeks ago has left the window."""
    kit.write(home, [kit.Shown("old"), kit.Shown("new", minute=2)])
    counts = features.count(home, kit.LINE, kit.at(1) + 4 * kit.WEEK)
    assert counts["items"]["exposures"].to_pylist() == [1]


def test_missing_codes_have_a_place_of_their_own(home, kit):
    """An age band that was not served counts for the genre and for no age band."""
    clicks = [kit.Click("a", minute=1)]
    kit.write(home, [kit.Shown("a", age_band=None), kit.Shown("b", age_band=float("nan"))], clicks)
    counts = features.count(home, kit.LINE, kit.at(60))
    assert counts["genre_age"].to_pylist() == [
        {"genre": 0, "age_band": -1, "exposures": 2, "clicks": 1}
    ]
    table = build(kit.at(60), kit.LINE, catalog.load(home, kit.LINE), counts)
    genre, band = (table.matrix("x", c, ["film-0"], kit.at(60)) for c in ({}, {"age_band": 0}))
    assert column(kit, genre, "genre_age_ctr") > column(kit, band, "genre_age_ctr")


def test_an_empty_log_gives_a_table_of_priors(home, kit):
    """On the first day everything is the prior, and nothing is an error."""
    features.compute(home, kit.LINE, kit.T0)
    matrix = feature_table.load(home, kit.LINE).matrix("u", {"age_band": 0}, ["film-0"], kit.T0)
    for name in ("item_ctr", "genre_age_ctr", "user_genre_ctr", "user_ctr"):
        assert column(kit, matrix, name)[0] == pytest.approx(0.1)


def test_a_table_is_due_once_a_day(home, kit):
    """From midnight on the day's table is due until it is there; then the next midnight."""
    noon = kit.T0.replace(hour=12)
    assert features.refresh_due(home, kit.LINE, noon) == kit.T0.replace(hour=0)
    features.compute(home, kit.LINE, kit.T0.replace(hour=0))
    assert features.refresh_due(home, kit.LINE, noon) is None
    tomorrow = kit.T0.replace(hour=0) + timedelta(days=1)
    assert features.refresh_due(home, kit.LINE, tomorrow) == tomorrow


def test_the_newest_table_not_after_now_is_served(home, kit):
    """A table of the future is not served, and a named one is."""
    for day in (0, 1, 2):
        features.compute(home, kit.LINE, kit.T0 + timedelta(days=day))
    now = kit.T0 + timedelta(days=1, hours=3)
    assert feature_table.load(home, kit.LINE, now=now).as_of == kit.T0 + timedelta(days=1)
    assert feature_table.load(home, kit.LINE, kit.T0).as_of == kit.T0
    assert feature_table.load(home, kit.LINE).as_of == kit.T0 + timedelta(days=2)


def test_computing_twice_keeps_the_first(home, kit):
    """A table is never written again."""
    folder = features.compute(home, kit.LINE, kit.T0)
    before = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert features.compute(home, kit.LINE, kit.T0) == folder
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == before
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_rows_in_the_journal_hold_the_table_back(home, kit):
    """A table is not counted while rows from before its time may still be in a live segment."""
    from slipway.data.log import LogWriter
    from slipway.settings import Clock

    writer = LogWriter(home, kit.LINE, "w", Clock(0, 0, 0.0))  # its clock stands at 1970
    writer.append_outcomes(
        [{"request_id": "r", "item": "i", "kind": "click", "value": 1.0, "happened_at": kit.T0}]
    )
    with pytest.raises(LogIncomplete):
        features.compute(home, kit.LINE, kit.T0)
    writer.close()
    assert features.compute(home, kit.LINE, kit.T0).exists()


@pytest.mark.parametrize("age_band", [3, -1, "1", 1.0, True, float("nan")])
def test_a_context_that_does_not_fit_is_refused(table, age_band):
    """An age band that is no code is one clear error."""
    with pytest.raises(BadInput, match=r"context.age_band"):
        table.matrix("u1", {"age_band": age_band}, ["film-0"], table.as_of)


def test_an_unknown_item_is_named(table):
    """An item outside the catalogue is an UnknownReference with its name."""
    with pytest.raises(UnknownReference, match="film-77"):
        table.matrix("u1", {}, ["film-0", "film-77"], table.as_of)


def test_a_missing_or_corrupt_table_is_one_error(home, kit, table):
    """A time without a table, and a damaged file of one, are told apart."""
    with pytest.raises(UnknownReference, match="compute"):
        feature_table.load(home, kit.LINE, kit.T0)
    path = feature_files.folder(home, kit.LINE, table.as_of) / "users.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match=r"users\.parquet"):
        feature_table.load(home, kit.LINE)


def test_an_item_that_left_the_catalogue_is_not_offered(home, kit, table):
    """Counts of an item that is no longer in the catalogue do no harm."""
    catalog.write(home, kit.LINE, kit.catalogue().slice(1))
    later = feature_table.load(home, kit.LINE)
    exposures = column(kit, later.matrix("u1", {}, ["film-1"], table.as_of), "item_exposures")
    assert exposures.tolist() == [16]


def test_a_catalogue_is_checked_when_written_and_read(home, kit):
    """A catalogue with an item twice, another shape, no file or half a file is one clear error."""
    import pyarrow as pa

    films = kit.catalogue()
    with pytest.raises(BadInput, match="twice"):
        catalog.write(home, kit.LINE, pa.concat_tables([films, films]))
    with pytest.raises(BadInput, match="schema"):
        catalog.write(home, kit.LINE, films.drop_columns(["genre"]))
    loaded = catalog.load(home, kit.LINE)
    assert loaded.items == ("film-0", "film-1", "film-2", "film-3")
    path = catalog.path_of(home, kit.LINE)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInput, match="catalog file"):
        catalog.load(home, kit.LINE)
    path.unlink()
    with pytest.raises(UnknownReference, match="catalog"):
        catalog.load(home, kit.LINE)

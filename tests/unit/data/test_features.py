"""As-of features: what is served is what a later count of the log finds."""

from datetime import timedelta

import numpy as np
import pytest
from slipway.data import catalog, feature_files, feature_table, features
from slipway.data.feature_table import FeatureTable
from slipway.domain.errors import BadInput, LogIncomplete, UnknownReference

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


def test_recomputing_later_gives_what_was_served(home, kit, table):
    """Rows that arrive after the time of a table never change it, even for earlier requests."""
    as_of = table.as_of
    items = ["film-0", "film-1", "film-2"]
    served = table.matrix("u1", {"age_band": 1}, items, as_of)
    minutes = 2 * kit.WEEK / timedelta(minutes=1)
    late = [kit.Shown("late", minute=minutes - 30, delay=30, user="u1")]
    kit.write(home, late, [kit.Click("r02", minute=minutes)], "late")
    again = features.count(home, kit.LINE, as_of)
    recomputed = FeatureTable(as_of, kit.LINE, catalog.load(home, kit.LINE), again)
    assert np.array_equal(recomputed.matrix("u1", {"age_band": 1}, items, as_of), served)


def test_only_four_weeks_count(home, kit):
    """A row of more than four weeks ago has left the window."""
    kit.write(home, [kit.Shown("old"), kit.Shown("new", minute=2)])
    counts = features.count(home, kit.LINE, kit.at(1) + 4 * kit.WEEK)
    assert counts["item-672h-day"]["exposures"].to_pylist() == [1]


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
    from slipway.settings import EventClock

    writer = LogWriter(home, kit.LINE, "w", EventClock(0, 0, 0.0))  # its clock stands at 1970
    writer.append_outcomes(
        [{"request_id": "r", "item": "i", "kind": "click", "value": 1.0, "happened_at": kit.T0}]
    )
    with pytest.raises(LogIncomplete):
        features.compute(home, kit.LINE, kit.T0)
    writer.close()
    assert features.compute(home, kit.LINE, kit.T0).exists()


def test_an_unknown_item_is_named(table):
    """An item outside the catalogue is an UnknownReference with its name."""
    with pytest.raises(UnknownReference, match="film-77"):
        table.matrix("u1", {}, ["film-0", "film-77"], table.as_of)


def test_a_missing_or_corrupt_table_is_one_error(home, kit, table):
    """A time without a table, and a damaged file of one, are told apart."""
    with pytest.raises(UnknownReference, match="compute"):
        feature_table.load(home, kit.LINE, kit.T0)
    path = feature_files.folder(home, kit.LINE, table.as_of) / "user+genre-672h-day.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match=r"user\+genre-672h-day\.parquet"):
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

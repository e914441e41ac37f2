"""Kept feature tables are proven against a poisoned past; rows as served against the tables."""

import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

sys.path.append(str(Path(__file__).parents[2]))

import log_kit as kit
from slipway.data import catalog, engine, feature_files, feature_table, features, labels, parts
from slipway.domain.leak import LeakKind
from slipway.validation import kept_features
from slipway.validation.proofs import proven, table_of

WEEKS = timedelta(weeks=4)
CUT = kit.T0 + timedelta(days=10, hours=3, minutes=20)


@pytest.fixture
def home(tmp_path):
    """Two weeks, a click that is still open at the cut, and one that came just before it."""
    catalog.write(tmp_path, kit.LINE, kit.catalogue())
    shown, clicks = kit.two_weeks()
    late = (CUT - kit.T0) / timedelta(minutes=1)
    shown += [kit.Shown("open", minute=late - 20, user="u0"), kit.Shown("late", minute=late - 5)]
    clicks += [kit.Click("open", minute=late + 10), kit.Click("late", minute=late - 1)]
    kit.write(tmp_path, shown, clicks)
    features.compute(tmp_path, kit.LINE, CUT)
    return tmp_path


def test_a_table_counted_from_the_past_is_proven(home):
    """The real count gives the same numbers, whatever poison lies beyond the cut."""
    assert kept_features.look_ahead(home, kit.LINE, [CUT]) == ()


def test_the_poisoned_past_holds_what_is_counted_and_whole_days_are_one_link(home, tmp_path):
    """Days before the window are left out; the cut's own hour is written again."""
    past, at = tmp_path / "past", CUT + WEEKS
    seen = []
    for cut in (CUT, at):
        kept_features._copy_past(home, past / f"{cut:%d}", kit.LINE, cut)
        root = parts.folder(past / f"{cut:%d}", kit.LINE, parts.EXPOSURES_KIND)
        seen.append(sorted(root.iterdir()))
    assert all(day.is_symlink() for day in seen[0][:-1])
    assert not seen[0][-1].is_symlink()
    first = (at - WEEKS).date()
    assert all(day.name >= f"date={first}" for day in seen[1])
    assert seen[1]


def naive(home, line, as_of):
    """The join of a beginner: everything that is in the log by now."""
    return features.count(home, line, as_of + timedelta(days=2))


def impatient(home, line, as_of):
    """Requests up to the cut, but clicks whenever they came."""
    con = engine.connect()
    rows = labels.with_outcomes(
        con,
        home,
        line,
        (line.primary,),
        requested_from=as_of - WEEKS,
        requested_to=as_of,
        cut=as_of + timedelta(days=1),
    )
    sums = rows.group_by("item").aggregate(
        exposures=rows.count(), clicked=rows.clicked.sum().cast("int64")
    )
    items = engine.fetch(con, sums.order_by("item"), home, line)
    return {**features.count(home, line, as_of), "item-672h-day": items}


@pytest.mark.parametrize(("count", "least"), [(naive, 3), (impatient, 1)])
def test_a_count_that_looks_ahead_is_found(home, count, least):
    """Rows after the cut and labels not yet known change the counts; the tables are named."""
    found = kept_features.look_ahead(home, kit.LINE, [CUT], count)
    assert len(found) >= least
    assert all(leak.kind is LeakKind.LOOK_AHEAD for leak in found)
    assert "2026-01-15 09:20" in found[0].reason


def test_a_kept_table_that_was_counted_otherwise_is_found(home):
    """A table with one click too many is not what the log says."""
    path = feature_files.folder(home, kit.LINE, CUT) / "user+genre-672h-day.parquet"
    table = pa.parquet.read_table(path, partitioning=None)
    more = pa.compute.add(table["clicked"], 1)
    pa.parquet.write_table(
        table.set_column(table.column_names.index("clicked"), "clicked", more), path
    )
    (leak,) = kept_features.look_ahead(home, kit.LINE, [CUT])
    assert leak.column == "user+genre-672h-day"
    assert leak.rows == leak.of == 7


@pytest.fixture
def served(home):
    """Exposures with the features of the kept table, as the router would have served them."""
    table = feature_table.load(home, kit.LINE, CUT)
    rows = kit.exposures([kit.Shown(f"s{k}", minute=20_000 + k, user="u1") for k in range(20)])
    frame = rows.to_pandas().assign(features_as_of=CUT)
    for place, row in frame.iterrows():
        values = table.matrix(row["user"], {"age_band": 0}, [row["item"]], row["requested_at"])[0]
        frame.loc[place, kit.FEATURES] = values
    return frame


def test_rows_served_from_the_kept_table_are_proven(home, served):
    """What the router computes one by one is what a rebuild of many rows gives, bit for bit."""
    served["features_as_of"] = served["features_as_of"].astype(served["requested_at"].dtype)
    assert kept_features.served_otherwise_than_kept(home, kit.LINE, served, max_share=0.0) == ()


def test_a_feature_served_otherwise_is_found(home, served):
    """A router that computes one feature a hair differently is named with its rate."""
    served["features_as_of"] = served["features_as_of"].astype(served["requested_at"].dtype)
    served.loc[::2, "user_ctr"] *= 1 + 1e-12
    served["editors_pick"] = 1 - served["editors_pick"]  # its past cannot be rebuilt
    found = kept_features.served_otherwise_than_kept(home, kit.LINE, served, max_share=0.001)
    assert [(leak.column, leak.rows, leak.of) for leak in found] == [("user_ctr", 10, 20)]


def test_proofs_are_rows_that_a_suite_can_judge(home):
    """Columns that were looked at hold unless a leak names them."""
    leaks = kept_features.look_ahead(home, kit.LINE, [CUT], naive)
    table = table_of(proven(LeakKind.LOOK_AHEAD, ["item_ctr", "user+genre-672h-day"], leaks))
    assert table.loc[table["column"] == "item_ctr", "holds"].all()
    assert not table.loc[table["column"] == "user+genre-672h-day", "holds"].any()

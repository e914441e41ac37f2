"""Invented past weeks are a log like any other: what a model learns from them was really known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow.compute as pc
import pytest
from slipway import lines
from slipway.data import engine, feature_files, feature_table, features, labels
from slipway.demo import history, visitors
from slipway.domain.errors import BadInput
from slipway.domain.release import Arm
from slipway.examples.films.world import synthetic

START = datetime(2025, 1, 6, 6, tzinfo=UTC)
END = START + timedelta(days=3)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """Three days of a small world, written to a log."""
    world = synthetic(START, users=400, films=120, weekly=5, weeks=4)
    home = tmp_path_factory.mktemp("home")
    past = history.InventedPast(home, lines.load("feed"), world, 7000, "rules-1")
    past_days = list(history.generate(past, START, END))
    assert len(past_days) == 4  # the first and the last day are cut
    return past


def contents(home):
    return {p.relative_to(home): p.read_bytes() for p in home.rglob("*.parquet")}


@pytest.fixture(scope="module")
def rows(past):
    """All exposures with their clicks, as a snapshot would read them."""
    con = engine.connect()
    expression = labels.with_outcomes(
        con,
        past.home,
        past.line,
        (past.line.primary,),
        requested_from=START,
        requested_to=END,
        cut=END,
    )
    return engine.fetch(con, expression, past.home, past.line)


def test_lists_are_whole_and_clicked(past, rows):
    """Each request shows a full list of distinct films, and about a quarter of them is clicked."""
    lists = rows.to_pandas().groupby("request_id")
    assert (lists["position"].max() == past.line.list_length).all()
    assert (lists["item"].nunique() == past.line.list_length).all()
    assert 0.15 < pc.mean(rows["clicked"].cast("float64")).as_py() < 0.35


def test_features_were_known_before_the_request(past, rows):
    """A row carries the features as of the last midnight, equal to what the router would serve."""
    frame = rows.to_pandas()
    assert (frame["features_as_of"] <= frame["requested_at"]).all()
    assert (frame["requested_at"] - frame["features_as_of"] <= timedelta(days=1)).all()
    last = frame[frame["requested_at"] >= END.replace(hour=0)].iloc[0]
    table = feature_table.load(past.home, past.line, last["features_as_of"].to_pydatetime())
    served = table.matrix(
        last["user"], {"age_band": int(last["age_band"])}, [last["item"]], last["requested_at"]
    )
    logged = last[[c.name for c in past.line.features]].to_numpy(float)
    assert np.allclose(served[0], logged, rtol=0, atol=1e-9)


def test_explorers_see_random_lists(past, rows):
    """The exploration arm logs the probability of a film at a place, the others certainty."""
    frame = rows.to_pandas()
    explored = frame["arm"] == Arm.EXPLORE
    assert 0 < explored.mean() < 0.1
    assert np.allclose(frame.loc[explored, "propensity"], 1 / visitors.CANDIDATES)
    assert (frame.loc[~explored, "propensity"] == 1).all()


def test_kept_features_are_those_of_the_log(past):
    """Each midnight's table, the last one included, is what counting the log as of then gives."""
    for day in range(4):
        as_of = START.replace(hour=0) + timedelta(days=day)
        counted = features.count(past.home, past.line, as_of)
        kept = feature_files.read(past.home, past.line, as_of)
        assert all(table.equals(counted[name]) for name, table in kept.items())


def test_a_second_run_changes_nothing(past):
    """Writing the same past again, as after a kill, leaves every part as it was."""
    before = contents(past.home)
    assert before
    list(history.generate(past, START, END))
    assert contents(past.home) == before


def test_a_killed_run_is_finished_by_the_next(past, tmp_path):
    """A run killed between two days, and half-way through one, leaves no mark on the whole past."""
    again = replace(past, home=tmp_path)
    killed = history.generate(again, START, END)
    next(killed)
    next(killed)
    killed.close()
    written = sorted((tmp_path / "log").rglob("*T0000.parquet"))
    for part in written[len(written) // 2 :]:
        part.unlink()
    list(history.generate(again, START, END))
    assert contents(tmp_path) == contents(past.home)


def test_rows_of_others_are_refused(past, tmp_path):
    """A log that already holds rows which are no day of the past is one error, and stays as it was."""
    again = replace(past, home=tmp_path)
    list(history.generate(again, START - timedelta(days=7), START - timedelta(days=6.9)))
    before = contents(tmp_path)
    with pytest.raises(BadInput, match="a day of this past"):
        list(history.generate(again, START, END))
    assert contents(tmp_path) == before

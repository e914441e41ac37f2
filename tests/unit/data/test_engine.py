"""The log as of a time: which rows and which clicks count."""

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from slipway.data import engine, labels, parts
from slipway.domain.errors import BadInput, NotComputable

DAY = timedelta(days=1)


def clicked(home, kit, cut=None, **window):
    """``{(request, item): clicked}`` of the first day as of ``cut``."""
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + DAY} | window
    con = engine.connect()
    rows = labels.with_outcomes(
        con, home, kit.LINE, (kit.LINE.primary,), cut=cut or kit.T0 + DAY, **window
    )
    table = engine.fetch(con, rows, home, kit.LINE)
    assert table.schema.field("clicked").type == "int8"
    keys = zip(table["request_id"].to_pylist(), table["item"].to_pylist(), strict=True)
    return dict(zip(keys, table["clicked"].to_pylist(), strict=True))


def test_a_click_counts_up_to_the_maturity_and_no_longer(home, kit):
    """An outcome counts from the request to exactly one maturity later."""
    shown = [kit.Shown(name, minute=100) for name in "abc"]
    late = 160 + 1 / 60e6  # a microsecond
    kit.write(
        home,
        shown,
        [kit.Click("a", minute=100), kit.Click("b", minute=160), kit.Click("c", minute=late)],
    )
    assert list(clicked(home, kit).values()) == [1, 1, 0]


def test_duplicates_count_once_and_the_first_arrival_decides(home, kit):
    """A repeated outcome adds no row; one that is repeated late still counts by its first arrival."""
    clicks = [kit.Click("a", minute=m) for m in (300, 5, 5, 90)]
    kit.write(home, [kit.Shown("a"), kit.Shown("b")], [*clicks, kit.Click("b", minute=90)])
    assert clicked(home, kit) == {("a", "film-0"): 1, ("b", "film-0"): 0}


@pytest.mark.parametrize(
    "bad",
    [
        {"minute": 9.999},
        {"minute": 71},
        {"minute": 10.5, "value": 0.0},
        {"minute": 10.5, "value": -1.0},
        {"minute": 10.5, "value": float("nan")},
        {"minute": 10.5, "kind": "view"},
    ],
)
def test_a_click_that_cannot_count_hides_no_good_one(home, kit, bad):
    """Too early, too late, of no value or of another kind: the good click beside it counts."""
    kit.write(home, [kit.Shown("a", minute=10)], [kit.Click("a", **bad)])
    assert clicked(home, kit) == {("a", "film-0"): 0}
    kit.write(home, [], [kit.Click("a", minute=11)], "good")
    assert clicked(home, kit) == {("a", "film-0"): 1}


def test_outcomes_of_the_unknown_are_ignored_and_counted(home, kit):
    """Unknown requests and items of known requests touch no row, and are counted."""
    clicks = [kit.Click("a", "film-9", 5), kit.Click("nobody", minute=5), kit.Click("a", minute=6)]
    kit.write(home, [kit.Shown("a")], clicks)
    assert clicked(home, kit) == {("a", "film-0"): 1}
    unknown = engine.unknown_outcomes(
        engine.connect(), home, kit.LINE, arrived_from=kit.T0, arrived_before=kit.T0 + DAY
    )
    assert unknown == 2


def test_only_positive_clicks_are_clicks(home, kit):
    """Another kind of outcome, or a click of value 0, is no click."""
    clicks = [kit.Click("a", minute=1, kind="view"), kit.Click("a", minute=2, value=0)]
    kit.write(home, [kit.Shown("a")], clicks)
    assert clicked(home, kit) == {("a", "film-0"): 0}


def test_the_cut_is_about_arrival(home, kit):
    """Rows that arrived at or after the cut are unknown, whenever they happened."""
    shown = [kit.Shown("a", minute=10), kit.Shown("b", minute=10, delay=20)]
    kit.write(home, shown, [kit.Click("a", minute=30)])
    assert clicked(home, kit, cut=kit.at(30)) == {("a", "film-0"): 0}
    later = clicked(home, kit, cut=kit.at(30.001))
    assert later == {("a", "film-0"): 1, ("b", "film-0"): 0}


def test_the_interval_is_half_open(home, kit):
    """A request at the beginning belongs to the interval, one at the end to the next."""
    kit.write(home, [kit.Shown("a", minute=0), kit.Shown("b", minute=60)])
    assert list(clicked(home, kit, requested_to=kit.at(60))) == [("a", "film-0")]
    assert list(clicked(home, kit, requested_from=kit.at(60))) == [("b", "film-0")]


def test_an_empty_log_is_an_empty_table(home, kit):
    """No parts at all give no rows, with every column."""
    assert clicked(home, kit) == {}


def test_only_parts_of_the_asked_time_are_opened(home, kit):
    """A corrupt part outside the interval does not matter: nothing reads it."""
    kit.write(home, [kit.Shown("a"), kit.Shown("z", minute=3 * 24 * 60)])
    *_, last = parts.paths(home, kit.LINE, "exposures", None, kit.T0 + 7 * DAY)
    Path(last).write_bytes(b"not Parquet")
    assert list(clicked(home, kit)) == [("a", "film-0")]


def test_a_part_without_a_newer_feature_reads_as_missing(home, kit):
    """A part of an older line has null where its line had no such feature yet."""
    kit.write(home, [kit.Shown("a"), kit.Shown("b", minute=70)])
    first, _ = parts.paths(home, kit.LINE, "exposures", None, kit.T0 + DAY)
    pq.write_table(pq.ParquetFile(first).read().drop_columns(["user_ctr"]), first)
    con = engine.connect()
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + DAY}
    rows = engine.exposures(con, home, kit.LINE, arrived_before=kit.T0 + DAY, **window)
    found = engine.fetch(con, rows.order_by("request_id"), home, kit.LINE)
    assert found["user_ctr"].to_pylist() == [None, 0.0]


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "empty":
        data = b""
    elif how == "half":
        data = data[: len(data) // 2]
    else:
        data[30:400] = b"\xff" * 370
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["empty", "half", "page"])
@pytest.mark.parametrize("kind", ["exposures", "outcomes"])
def test_a_corrupt_part_is_one_error_that_names_the_file(home, kit, kind, how):
    """An empty, half-written or damaged part is a BadInput with its path, not an engine's message."""
    shown = [kit.Shown(f"r{k}", minute=k) for k in range(300)]
    kit.write(home, shown, [kit.Click(f"r{k}", minute=k) for k in range(300)])
    (path, *_) = (home / "log" / kind).rglob("*.parquet")
    damage(path, how)
    with pytest.raises(BadInput) as caught:
        clicked(home, kit)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_engine_is_not_blamed_on_a_part(home, kit):
    """Where every part is readable, the engine's failure says so."""
    kit.write(home, [kit.Shown("a")])
    con = engine.connect()
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + DAY}
    rows = engine.exposures(con, home, kit.LINE, arrived_before=kit.T0 + DAY, **window)
    with pytest.raises(NotComputable, match="every part is readable"):
        engine.fetch(con, rows.mutate(epoch=rows.item.cast("int64")), home, kit.LINE)


def test_threads_do_not_change_the_answer(home, kit):
    """One thread and four threads give the same rows."""
    shown, clicks = kit.two_weeks()
    kit.write(home, shown, clicks)
    answers = []
    for threads in (1, 4):
        con = engine.connect(threads)
        window = {"requested_from": kit.T0, "requested_to": kit.T0 + 14 * DAY}
        rows = labels.with_outcomes(
            con, home, kit.LINE, (kit.LINE.primary,), cut=kit.T0 + 14 * DAY, **window
        )
        ordered = rows.order_by("request_id", "position")
        answers.append(engine.fetch(con, ordered, home, kit.LINE).to_pandas())
    assert answers[0].equals(answers[1])
    assert np.count_nonzero(answers[0]["clicked"]) == 8


@pytest.mark.parametrize("number", [0.0, 1.0])
def test_a_missing_code_beside_a_number_is_seen_as_missing(home, kit, number):
    """NaN is NaN although a part's own minimum and maximum do not speak of it."""
    from slipway.data import features, rollup

    values = (float("nan"), number, 2.0)
    kit.write(home, [kit.Shown(f"r{k}", genre=genre) for k, genre in enumerate(values)])
    counts = features.count(home, kit.LINE, kit.at(60))
    assert set(counts["genre+age_band-672h-day"]["genre"].to_pylist()) == {-1, number, 2}
    rollup.update(home, kit.LINE, now=kit.at(180))
    segments = rollup.read(home, kit.LINE, kit.T0).blocks["segment"]
    assert {s for s in segments if "genre" in s} == {f"genre={number:.0f}", "genre=2"}


def test_a_long_query_draws_no_bar_into_the_log_of_a_task():
    """DuckDB's progress bar is for terminals; in a file it is a line of a thousand steps."""
    con = engine.connect()
    (shown,) = con.raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()
    assert shown is False


def test_rows_that_do_not_fit_into_memory_stay_in_the_home(tmp_path, monkeypatch):
    """What a query spills lies below the home, in a folder of its own that no other account enters."""
    from slipway.settings import settings

    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    before = os.umask(0)
    try:
        con, other = engine.connect(memory="80MB", threads=1), engine.connect()
        where = [
            Path(c.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0])
            for c in (con, other)
        ]
        con.raw_sql("CREATE TEMP TABLE t AS SELECT range i, repeat('x', 50) s FROM range(3000000)")
        assert list(where[0].iterdir())
        assert {path.parent for path in where} == {tmp_path / "spill"}
        assert where[0] != where[1]
        assert (tmp_path / "spill").stat().st_mode & 0o777 == 0o700
        con.disconnect()
        assert not where[0].exists()
    finally:
        os.umask(before)
        settings.cache_clear()

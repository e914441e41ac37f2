"""Drift of any table: its times, periods and columns are found, what moved and what is missing is named."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from slipway.cli import main
from slipway.domain.errors import BadInput
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring import table_source
from slipway.monitoring.table_drift import Wish, watch_table

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, ROWS = 40, 200


def table(days=DAYS, *, seed=1, changed=10_000, change="", rows=ROWS):
    """Rows of so many days: a number, a category and a text; from day ``changed`` on with a ``change``."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), rows)
    n, on = len(day), day >= changed
    number = rng.normal(0, 1, n)
    kind = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    words = rng.choice(["red green blue tree", "blue blue red", "green red tree"], n).astype(object)
    if change == "shift":
        number[on] += 1
    elif change == "nan":
        number[on] = np.nan
    elif change == "new":
        kind[on & (rng.random(n) < 0.1)] = "d"
    elif change == "word":
        words[on & (rng.random(n) < 0.2)] = "purple red green tree"
    at = [
        BEGIN + timedelta(days=int(d), seconds=int(s))
        for d, s in zip(day, rng.integers(0, 86_000, n), strict=True)
    ]
    return pa.table({"at": at, "number": number, "kind": kind, "words": words.tolist()})


def seen(given, **wish):
    """What is found in a table that has a column ``at``."""
    return watch_table(given, Wish(**({"at": "at"} | wish)), WatchPolicy())


@pytest.mark.parametrize(
    ("change", "column", "sense"),
    [
        ("shift", "number", "location"),
        ("nan", "number", "missing"),
        ("new", "kind", "new"),
        ("word", "words", "risen"),
    ],
)
def test_a_change_is_named_on_its_day(change, column, sense):
    """The column, the day and what happened; nothing moved before it."""
    found = seen(table(changed=30, change=change))
    first = found.drift.notes[0]
    assert (first.column, first.sense, first.since) == (column, sense, "2026-02-04")
    assert found.every == "day"
    assert found.columns == {"number": "number", "kind": "value", "words": "words"}


def test_a_quiet_table_is_quiet():
    """Of five tables of forty days in which nothing happens none has a note."""
    assert all(seen(table(seed=seed)).is_quiet for seed in range(5))


def test_the_same_rows_say_the_same_in_every_form(tmp_path):
    """A CSV, a Parquet file, a folder of files and rows in another order give the same report."""
    given = table(changed=30, change="shift")
    expected = seen(given).drift.notes
    folder = tmp_path / "days"
    folder.mkdir()
    pa.csv.write_csv(given, tmp_path / "t.csv")
    pq.write_table(given, tmp_path / "t.parquet")
    half = given.num_rows // 2
    pq.write_table(given.slice(half), folder / "a.parquet")
    pq.write_table(given.slice(0, half), folder / "b.parquet")
    for path in ("t.csv", "t.parquet", "days"):
        assert seen(tmp_path / path).drift.notes == expected, path


def test_a_column_that_vanishes_is_missing(tmp_path):
    """A folder whose later files have a column less: it is missing in all of their rows, and said to be."""
    given = table(changed=30)
    cut = 30 * ROWS
    pq.write_table(given.slice(0, cut), tmp_path / "a.parquet")
    pq.write_table(given.slice(cut).drop_columns(["kind"]), tmp_path / "b.parquet")
    (note,) = seen(tmp_path).drift.notes
    assert (note.column, note.sense, note.since) == ("kind", "missing", "2026-02-04")
    assert "+100.0%" in note.words


def test_days_without_rows_are_named():
    """Two days that are not there are gaps with their usual rows, and the sentences say so."""
    given = table()
    day = np.repeat(np.arange(DAYS), ROWS)
    found = seen(given.filter(pa.array((day != 20) & (day != 33))))
    assert [(gap.period, gap.rows) for gap in found.gaps] == [("2026-01-25", 0), ("2026-02-07", 0)]
    assert not found.is_quiet


def test_rows_without_a_time_are_said():
    """They are in no period, counted, and named in a sentence."""
    given = table()
    at = given["at"].to_pylist()
    at[5] = at[6] = None
    found = seen(given.set_column(0, "at", pa.array(at, pa.timestamp("us", "UTC"))))
    assert found.without_time == 2
    assert any("2 of 8000 rows have no time" in sentence for sentence in found.sentences)


def test_rows_in_order_need_no_time():
    """Blocks of rows of a table without times: the block of the change is named; an order column gives the same."""
    given = table(changed=30, change="shift").drop_columns(["at"])
    found = seen(given, at="", every="200 rows")
    assert found.drift.notes[0].since == "row 6000"
    numbered = given.append_column("n", pa.array(np.arange(given.num_rows)))
    mixed = numbered.take(pa.array(np.random.default_rng(1).permutation(given.num_rows)))
    assert seen(mixed, at="n", every="200").drift.notes == found.drift.notes


def test_a_segment_that_moves_alone_is_named():
    """A shift of a twentieth of the rows, those of one shop: the shop is said, not the whole column."""
    given = table(rows=1200)
    n = given.num_rows
    shop = np.random.default_rng(2).integers(0, 20, n).astype(str)
    number = given["number"].to_numpy().copy()
    number[(np.arange(n) >= 30 * 1200) & (shop == "7")] += 1.5
    moved = given.set_column(1, "number", pa.array(number)).append_column("shop", pa.array(shop))
    (note,) = seen(moved, segments=("shop",), left_out=("kind", "words")).drift.notes
    assert (note.column, note.segment, note.since) == ("number", "shop=7", "2026-02-04")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"at": "when"}, "'when'"),
        ({"at": "words"}, "times of table"),
        ({"every": "fortnight"}, "--every"),
        ({"every": "week"}, "periods of week"),
        ({"left_out": ("number", "kind", "words")}, "a column beside the times"),
        ({"segments": ("shop",)}, "'shop'"),
        ({"at": "", "every": "day"}, "a number of rows"),
        ({"every": "hour"}, ""),
    ],
)
def test_what_cannot_be_watched_is_one_clear_line(wish, said):
    """A wrong column, word or span is named; hours of forty days are too few rows each, and said to be unseen."""
    if wish == {"every": "hour"}:
        assert seen(table(), **wish).drift.not_known
        return
    with pytest.raises(BadInput, match=said):
        seen(table(), **wish)


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path):
    """No file, an empty one, and one that is no Parquet file."""
    (tmp_path / "empty.csv").write_text("at,x\n")
    (tmp_path / "bad.parquet").write_text("no parquet")
    for name in ("none.csv", "empty.csv", "bad.parquet"):
        with pytest.raises(BadInput):
            seen(tmp_path / name)


def test_the_command_says_what_moved(tmp_path, capsys, monkeypatch):
    """Exit code 1 and a line for the note; 0 for a quiet table."""
    for change, code in (("shift", 1), ("", 0)):
        pa.csv.write_csv(table(changed=30, change=change), tmp_path / "t.csv")
        monkeypatch.setattr("sys.argv", ["slipway", "drift", str(tmp_path / "t.csv"), "--at", "at"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        said = capsys.readouterr().out
        assert ("2026-02-04: number moved by" in said) is (code == 1)
        assert ("nothing moved" in said) is (code == 0)


def test_a_column_is_followed_whatever_its_name_is():
    """One that is called as all rows are is watched; one with an equals sign is no segment of itself."""
    given = table(changed=30, change="shift").rename_columns(["at", "all", "a=b", "words"])
    found = seen(given, segments=("a=b",), left_out=("words",))
    assert ("all", "all", "2026-02-04") in {
        (note.column, note.segment, note.since) for note in found.drift.notes
    }
    assert not any(note.column == "a=b" and "=" in note.segment for note in found.drift.notes)
    mixed = table(changed=30, change="new").rename_columns(["at", "number", "a=b", "words"])
    own = seen(mixed, segments=("a=b",), left_out=("words", "number")).drift
    assert {note.segment for note in own.notes} == {"all"}
    assert not any("a=b=" in place for place in own.not_known)


def test_rows_without_a_place_in_the_order_are_in_no_block():
    """Of a plain number of order: they are counted and said, and do not end up as the newest rows; none is an error."""
    given = table().drop_columns(["at"])
    n = given.num_rows
    known = pa.array(range(n), pa.int64())
    odd = table(10, seed=2).drop_columns(["at"])
    shifted = odd.set_column(0, "number", pa.array(odd["number"].to_numpy() + 3))
    lost = shifted.append_column("n", pa.nulls(odd.num_rows, pa.int64()))
    whole = pa.concat_tables([lost, given.append_column("n", known)])
    found = seen(whole, at="n", every="200")
    assert (found.without_time, found.outside) == (odd.num_rows, 0)
    assert len(found.drift.periods) == DAYS
    assert not found.drift.notes
    assert any("2000 of 10000 rows have no time" in sentence for sentence in found.sentences)
    with pytest.raises(BadInput, match="a time in some row"):
        seen(lost, at="n")


def test_a_folder_is_of_one_kind_of_files(tmp_path):
    """A note beside Parquet files is no table, texts alone are one; both kinds, or neither, are one clear line."""
    given = table()
    expected = watched_rows(given)
    for name, files in {"noted": "parquet", "texts": "txt", "upper": "PARQUET"}.items():
        (tmp_path / name / "part=1").mkdir(parents=True)
        for at in range(2):
            half = given.slice(at * given.num_rows // 2, given.num_rows // 2)
            to = tmp_path / name / "part=1" / f"it's {at}.{files}"
            (pa.csv.write_csv if files == "txt" else pq.write_table)(half, to)
    (tmp_path / "noted" / "README.txt").write_text("what, is\nthis\n")
    for name in ("noted", "texts", "upper"):
        assert watched_rows(tmp_path / name) == expected, name
    (tmp_path / "noted" / "more.csv").write_text("at,number\n2026-01-05,1\n2026-01-06,2\n")
    with pytest.raises(BadInput, match=r"2 Parquet files and 1 texts, as more.csv"):
        seen(tmp_path / "noted")
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInput, match="no such file in the folder"):
        seen(tmp_path / "none")


def watched_rows(given):
    """Rows of a table and its watched columns, but for what the path adds."""
    source = table_source.opened(given)
    return source.rows, [name for name in source.types if name != "part"]

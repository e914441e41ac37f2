"""Snapshots: what was known at the cut, frozen under a digest of its content."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from slipway.data import engine, frozen_tables, snapshot
from slipway.data.log import LogWriter
from slipway.domain.errors import BadInput, LogIncomplete, UnknownReference
from slipway.settings import EventClock

MINUTES = 7 * 24 * 60


def freeze(home, kit, **changes):
    start, end = kit.T0 + kit.WEEK, kit.T0 + 2 * kit.WEEK
    recipe = changes.pop("recipe", kit.LINE.recipe)
    return snapshot.freeze(home, kit.LINE, start, end, now=changes.pop("now", end), recipe=recipe)


@pytest.fixture
def weeks(home, kit):
    """Two weeks in the log."""
    shown, clicks = kit.two_weeks()
    kit.write(home, shown, clicks)
    return shown, clicks


def test_the_week_is_held_out_and_the_weeks_before_are_trained_on(home, kit, weeks):
    """Rows of the interval are ``holdout``, rows before it ``train``; columns are as declared."""
    frozen = freeze(home, kit)
    frame = frozen_tables.verified(frozen.path).to_pandas()
    assert list(frame.columns) == snapshot.schema(kit.LINE).names
    assert frozen.splits == {"train": 16, "holdout": 16} == frozen.available
    assert frozen.clicks == {"train": 4, "holdout": 4}
    assert frozen.rows == len(frame) == 32
    assert (
        frame["split"] == np.where(frame["requested_at"] < kit.T0 + kit.WEEK, "train", "holdout")
    ).all()
    assert frame[["request_id", "position"]].apply(tuple, axis=1).is_monotonic_increasing
    assert frame["clicked"].dtype == np.int8


def test_the_interval_ends_one_maturity_before_the_cut(home, kit, weeks):
    """A request of the last hour belongs to the next interval, when its outcomes are mature."""
    last = 2 * MINUTES - 60
    kit.write(home, [kit.Shown("in", minute=last - 0.01), kit.Shown("out", minute=last)], part="p2")
    kit.write(home, [kit.Shown("edge", minute=MINUTES - 60)], part="p3")
    frame = frozen_tables.verified(freeze(home, kit).path).to_pandas().set_index("request_id")
    assert "in" in frame.index
    assert "out" not in frame.index
    assert frame.loc["edge", "split"] == "holdout"


def test_late_rows_never_change_an_old_snapshot(home, kit, weeks):
    """Exposures and clicks that arrive at or after the cut leave a later freeze as it was."""
    first = freeze(home, kit)
    late = [kit.Shown("late", minute=MINUTES + 1, delay=MINUTES - 1)]
    clicks = [kit.Click("r08", minute=2 * MINUTES), kit.Click("r00", minute=2 * MINUTES + 5)]
    kit.write(home, late, clicks, "late")
    again = freeze(home, kit, now=kit.T0 + 9 * kit.WEEK)
    assert again == first
    assert [p.suffix for p in sorted(first.path.parent.iterdir())] == [".json", ".parquet"]


def test_duplicate_outcomes_change_nothing(tmp_path, kit):
    """A log in which every outcome came three times freezes to the same digest."""
    shown, clicks = kit.two_weeks()
    twice = [replace(c, minute=c.minute + extra) for c in clicks for extra in (3, 40)]
    digests = set()
    for name, outcomes in (("once", clicks), ("thrice", [*twice, *clicks])):
        kit.write(tmp_path / name, shown, outcomes)
        digests.add(freeze(tmp_path / name, kit).digest)
    assert len(digests) == 1


def test_the_digest_does_not_depend_on_the_layout_of_the_log(tmp_path, kit):
    """Other parts, another order of rows and another way into the log: the same digest."""
    shown, clicks = kit.two_weeks()
    kit.write(tmp_path / "a", shown, clicks)
    kit.write(tmp_path / "b", shown[::-2], clicks[::-1], "odd")
    kit.write(tmp_path / "b", shown[-2::-2], [], "even")
    a, b = (freeze(tmp_path / name, kit) for name in "ab")
    assert a.digest == b.digest
    assert a.path.name == b.path.name
    assert a.path.read_bytes() == b.path.read_bytes()


def test_the_digest_does_not_depend_on_threads(home, kit, weeks, monkeypatch):
    """One thread and four threads freeze the same table."""
    digests = set()
    connect = engine.connect
    for threads in (1, 4):
        monkeypatch.setattr(engine, "connect", lambda n=threads: connect(n))
        digests.add(freeze(home, kit).digest)
    assert len(digests) == 1


def test_the_digest_sees_every_value(kit):
    """One changed cell, type, name or order of rows is another digest; a file's encoding is not."""
    table = pa.table(
        {"a": ["x", "yz"], "b": [1.0, float("nan")], "c": pa.array([1, 2], pa.int16())}
    )
    base = frozen_tables.digest_of(table)
    assert frozen_tables.digest_of(pa.concat_tables([table.slice(0, 1), table.slice(1)])) == base
    null = table.set_column(1, "b", pa.array([1.0, None]))
    assert frozen_tables.digest_of(null) == base
    others = [
        table.set_column(0, "a", pa.array(["xy", "z"])),
        table.set_column(1, "b", pa.array([1.0, 2.0])),
        table.set_column(2, "c", pa.array([1, 2], pa.int32())),
        table.rename_columns(["a", "b", "d"]),
        table.take([1, 0]),
    ]
    assert len({base, *(frozen_tables.digest_of(other) for other in others)}) == 6


def test_a_cap_samples_whole_requests_by_hash(home, kit, weeks):
    """A capped table holds whole requests, the same ones each time, and nested as the cap grows."""
    kept = []
    for cap in (5, 10, 16):
        frozen = freeze(home, kit, recipe=replace(kit.LINE.recipe, max_rows=cap))
        frame = frozen_tables.verified(frozen.path).to_pandas()
        train = frame[frame["split"] == "train"]
        assert (train.groupby("request_id").size() == 2).all()
        assert len(train) == cap // 2 * 2
        assert frozen.available["train"] == 16
        kept.append(set(train["request_id"]))
    assert kept[0] < kept[1] < kept[2]


def test_a_segment_that_could_not_be_read_is_named(home, kit, weeks):
    """The table is frozen without it, and says so, also when it is described a year later."""
    place = home / "log" / "journal" / kit.LINE.name
    place.mkdir(parents=True)
    name = f"a-000001-{int(kit.T0.timestamp() * 1e6)}.jsonl"
    (place / name).write_bytes(b"7\n")
    frozen = freeze(home, kit)
    assert frozen.missing == (name,)
    assert frozen_tables.describe(frozen.path) == frozen


def test_an_empty_week_is_refused(home, kit):
    """A week without rows, or without weeks before it, is one clear error each."""
    shown, clicks = kit.two_weeks()
    with pytest.raises(BadInput, match=r"train rows of feed .* 'no rows'"):
        freeze(home, kit)
    kit.write(home, shown[:16], clicks[:4])
    with pytest.raises(BadInput, match=r"holdout rows of feed .* 'no rows'"):
        freeze(home, kit)
    assert not (home / "snapshots").exists()


def test_a_week_of_one_class_is_refused(home, kit):
    """A week in which nobody, or everybody, clicked cannot be learned from."""
    shown, clicks = kit.two_weeks()
    kit.write(home, shown, clicks[:4])
    with pytest.raises(BadInput, match=r"holdout rows .* 'only rows with clicked == \[0\]'"):
        freeze(home, kit)


def test_a_cut_that_is_not_reached_is_incomplete(home, kit, weeks):
    """Before the interval's end, or with rows in a live segment, there is nothing to freeze yet."""
    with pytest.raises(LogIncomplete):
        freeze(home, kit, now=kit.T0 + 2 * kit.WEEK - timedelta(seconds=1))
    writer = LogWriter(home, kit.LINE, "w", EventClock(0, 0, 0.0))
    writer.append_outcomes(
        [{"request_id": "r", "item": "i", "kind": "click", "value": 1.0, "happened_at": kit.T0}]
    )
    with pytest.raises(LogIncomplete):
        freeze(home, kit)
    writer.close()
    assert freeze(home, kit).rows == 32


def test_outcomes_of_unknown_requests_are_counted(home, kit, weeks):
    """They change no row, and the snapshot says how many there were in the interval."""
    digest = freeze(home, kit).digest
    unknown = [kit.Click("nobody", minute=MINUTES + 9), kit.Click("nobody", minute=9)]
    kit.write(home, [], unknown, "unknown")
    frozen = freeze(home, kit)
    assert (frozen.digest, frozen.unknown_outcomes) == (digest, 1)


def test_values_that_cannot_be_change_no_row_and_are_said(home, kit, weeks, caplog):
    """The snapshot counts them, a warning names them, and one without any says nothing."""
    sound = freeze(home, kit)
    assert (sound.impossible_outcomes, caplog.text) == (0, "")
    wrong = [kit.Click("r00", minute=MINUTES + k, value=v) for k, v in enumerate((-2.0, math.inf))]
    kit.write(home, [], wrong, "wrong")
    frozen = freeze(home, kit)
    assert (frozen.digest, frozen.impossible_outcomes) == (sound.digest, 2)
    assert "2 outcomes clicked of the log have a value that they cannot have" in caplog.text


def test_another_zone_names_the_same_interval(home, kit, weeks):
    """Times of another zone are the same times."""
    zone = timezone(timedelta(hours=2))
    start, end = ((kit.T0 + n * kit.WEEK).astimezone(zone) for n in (1, 2))
    frozen = snapshot.freeze(home, kit.LINE, start, end, now=end, recipe=kit.LINE.recipe)
    assert frozen == freeze(home, kit)
    assert frozen.start.tzinfo is UTC


def test_a_snapshot_is_described_beside_it(home, kit, weeks):
    """What was frozen is read back from the file beside it, without a path or a time of writing."""
    frozen = freeze(home, kit)
    assert frozen_tables.describe(frozen.path) == frozen
    beside = json.loads(frozen.path.with_suffix(".json").read_text())
    assert "path" not in beside
    assert datetime.fromisoformat(beside["end"]) == kit.T0 + 2 * kit.WEEK
    assert frozen.path.stem.endswith(frozen.digest[:12])


def test_a_damaged_or_changed_snapshot_is_refused(home, kit, weeks):
    """A file that is not what was frozen, or is missing, is one clear error."""
    frozen = freeze(home, kit)
    table = pq.ParquetFile(frozen.path).read()
    flipped = pa.array(1 - table["clicked"].to_numpy(), pa.int8())
    place = table.column_names.index("clicked")
    pq.write_table(table.set_column(place, "clicked", flipped), frozen.path)
    with pytest.raises(BadInput, match=frozen.digest):
        frozen_tables.verified(frozen.path)
    frozen.path.write_bytes(frozen.path.read_bytes()[:500])
    with pytest.raises(BadInput, match=frozen.path.name):
        frozen_tables.verified(frozen.path)
    with pytest.raises(UnknownReference, match="snapshot"):
        frozen_tables.verified(frozen.path.with_name("other.parquet"))


def test_a_corrupt_part_stops_the_freeze(home, kit, weeks):
    """A half-written part is named, and no snapshot is left behind."""
    (path, *_) = sorted((home / "log" / "exposures").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInput, match=path.parent.name):
        freeze(home, kit)
    assert not (home / "snapshots").exists()


def test_a_missing_word_or_time_has_a_digest_of_its_own():
    """Nothing sent is not the empty word, and no time is none of the times: each is another table."""
    at = pa.timestamp("us", "UTC")
    tables = [
        pa.table({"word": pa.array([word, "b"]), "at": pa.array([when, 1], at)})
        for word in ("", None, "a")
        for when in (0, None)
    ]
    assert len({frozen_tables.digest_of(table) for table in tables}) == len(tables)

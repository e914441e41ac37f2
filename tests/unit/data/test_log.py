"""The log: what was acknowledged is kept, what was not is dropped, and both are told apart."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from slipway.data import journal, journal_reading, log, parts, rollup, segments, set_aside
from slipway.domain.errors import BadInput, LogIncomplete
from slipway.settings import EventClock

FAR = datetime(2100, 1, 1, tzinfo=UTC)
TESTS = Path(__file__).parents[2]


@pytest.fixture
def writer(home, kit):
    writer = log.LogWriter(home, kit.LINE, "worker-0", EventClock())
    yield writer
    writer.close()


def record(kit, request="r1", items=("film-0", "film-1"), **changes):
    n = len(items)
    return {
        "request_id": request, "user": "u", "requested_at": datetime.now(UTC), "arm": "champion",
        "version": "1", "stage": "", "epoch": 3, "latency_ms": 0.4, "fallback": False,
        "features_as_of": kit.T0, "items": list(items), "positions": list(range(1, n + 1)),
        "propensities": [1.0] * n, "scores": np.linspace(1, 0, n),
        "features": np.full((n, len(kit.FEATURES)), 0.25),
    } | changes  # fmt: skip


def click(request="r1", **changes):
    return {
        "request_id": request,
        "item": "film-0",
        "kind": "click",
        "value": 1,
        "happened_at": datetime.now(UTC),
    } | changes


def read(home, kit, kind="exposures"):
    files = parts.paths(home, kit.LINE, kind, None, FAR)
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def journal_files(home, kit):
    return sorted((home / "log" / "journal" / kit.LINE.name).glob("*.jsonl"))


def test_a_request_is_read_back_as_it_was_written(home, kit, writer):
    """Every field, list and feature survives the way through journal and Parquet; NaN stays NaN."""
    features = np.arange(20.0).reshape(2, 10) / 3
    features[1, 0] = np.nan
    given = record(
        kit, features=features, shadow_version="2", shadow_latency_ms=0.7, shadow_ok=True
    )
    writer.append_exposure(given)
    writer.rotate()
    first, second = read(home, kit)
    for name in ("request_id", "user", "requested_at", "epoch", "shadow_version", "shadow_ok"):
        assert first[name] == second[name] == given[name]
    assert [first["item"], second["item"]] == given["items"]
    assert [first["position"], second["position"]] == [1, 2]
    assert np.array_equal([[r[f] for f in kit.FEATURES] for r in (first, second)], features, True)
    assert first["arrived_at"] >= given["requested_at"]


def test_outcomes_are_read_back(home, kit, writer):
    """A batch of outcomes shares one arrival, stamped by the log and not by the sender."""
    long_ago = kit.T0
    writer.append_outcomes([click(happened_at=long_ago), click(item="film-1")])
    writer.append_outcomes([])
    writer.rotate()
    rows = read(home, kit, "outcomes")
    assert [row["item"] for row in rows] == ["film-0", "film-1"]
    assert rows[0]["arrived_at"] == rows[1]["arrived_at"] > long_ago == rows[0]["happened_at"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"user": 7}, "exposure.user"),
        ({"epoch": True}, "exposure.epoch"),
        ({"latency_ms": float("nan")}, "exposure.latency_ms"),
        ({"requested_at": datetime(2026, 1, 5)}, "time"),  # noqa: DTZ001 - the point
        ({"requested_at": "2026-01-05"}, "exposure.requested_at"),
        ({"surprise": 1}, "exposure fields"),
        ({"items": []}, "exposure.items"),
        ({"items": ["film-0", 1]}, "exposure.items"),
        ({"scores": [1.0]}, "exposure lists"),
        ({"scores": [1.0, float("inf")]}, "exposure.scores"),
        ({"scores": ["high", "low"]}, "exposure.scores"),
        ({"positions": [2, 3]}, "exposure.positions"),
        ({"features": [[0.0]]}, "exposure.features"),
        ({"features": np.full((2, 10), np.inf)}, "exposure.features"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_before_it_is_written(
    home, kit, writer, changes, what
):
    """A malformed record is one BadInput that names the field, and leaves the log as it was."""
    writer.append_exposure(record(kit, "good"))
    with pytest.raises(BadInput) as caught:
        writer.append_exposure(record(kit, "bad", **changes))
    assert caught.value.what == what
    writer.rotate()
    assert {row["request_id"] for row in read(home, kit)} == {"good"}


def test_views_of_a_larger_array_are_logged(home, kit, writer):
    """Columns and reversed or transposed views are written like any other numbers."""
    wide = np.arange(20.0).reshape(2, 10)
    features = np.asfortranarray(wide)
    writer.append_exposure(
        record(kit, scores=wide[:, 3], positions=np.array([2, 1])[::-1], features=features)
    )
    writer.rotate()
    rows = read(home, kit)
    assert [row["score"] for row in rows] == [3.0, 13.0]
    assert [row["position"] for row in rows] == [1, 2]
    assert np.array_equal([[r[f] for f in kit.FEATURES] for r in rows], wide)


def test_a_missing_field_is_refused(kit, writer):
    """A record without a required field names it."""
    with pytest.raises(BadInput, match="arm"):
        writer.append_exposure({k: v for k, v in record(kit).items() if k != "arm"})
    with pytest.raises(BadInput, match="value"):
        writer.append_outcomes([{k: v for k, v in click().items() if k != "value"}])


def test_one_bad_outcome_refuses_the_batch(home, kit, writer):
    """A batch is logged as a whole or not at all."""
    with pytest.raises(BadInput, match=r"outcome\.value"):
        writer.append_outcomes([click(), click(value="much")])
    writer.rotate()
    assert read(home, kit, "outcomes") == []


def test_arrival_never_runs_backwards(home, kit, writer):
    """When the clock is set back, later rows do not arrive before rows that are already readable."""
    writer.append_exposure(record(kit, "early"))
    writer.rotate()
    writer.clock = EventClock(event0=-3600)
    writer.append_exposure(record(kit, "late", requested_at=kit.T0))
    writer.rotate()
    early, late = (
        next(r for r in read(home, kit) if r["request_id"] == k) for k in ("early", "late")
    )
    assert late["arrived_at"] >= early["arrived_at"]


def test_a_segment_over_several_hours_becomes_a_part_in_each(home, kit):
    """Rows lie in the folder of the hour in which they arrived, whatever the clock's pace."""
    wall = time.time()
    writer = log.LogWriter(home, kit.LINE, "w", EventClock(wall, kit.T0.timestamp(), 1.0))
    writer.append_exposure(record(kit, "a", requested_at=kit.T0))
    writer.clock = EventClock(wall, kit.at(125).timestamp(), 1.0)
    writer.append_exposure(record(kit, "b", requested_at=kit.at(125)))
    writer.close()
    hours = [hour for hour, _ in parts.hours(home, kit.LINE, "exposures", None, FAR)]
    assert hours == [kit.T0, kit.T0 + timedelta(hours=2)]
    pruned = parts.paths(home, kit.LINE, "exposures", kit.at(60), FAR)
    assert [r["request_id"] for r in pq.ParquetFile(pruned[0]).read().to_pylist()] == ["b", "b"]


def test_complete_until_is_where_the_oldest_open_segment_begins(home, kit, writer):
    """Rows in the journal hold completeness back; converting them lets it go on."""
    before = datetime.now(UTC)
    assert log.complete_until(home, kit.LINE, before) == before
    writer.append_exposure(record(kit))
    now = datetime.now(UTC)
    assert before <= log.complete_until(home, kit.LINE, now) < now
    with pytest.raises(LogIncomplete, match="seal"):
        log.require_complete(home, kit.LINE, now, now)
    writer.rotate()
    log.require_complete(home, kit.LINE, now, now)


def test_a_cut_in_the_future_is_not_complete(home, kit):
    """A cut that has not come yet cannot be complete, even in an empty log."""
    with pytest.raises(LogIncomplete):
        log.require_complete(home, kit.LINE, kit.at(1), kit.at(0))


def test_live_segments_are_left_alone(home, kit, writer):
    """Recovery touches no segment whose writer holds its lock."""
    writer.append_exposure(record(kit))
    assert log.recover(home, kit.LINE) == 0
    assert len(journal_files(home, kit)) == 1


def test_a_torn_last_line_is_dropped_and_the_rest_recovered(home, kit, writer):
    """Bytes after the last line feed were never acknowledged; every line before them is kept."""
    writer.append_exposure(record(kit, "kept"))
    text = journal_files(home, kit)[0].read_bytes()
    orphan = home / "log" / "journal" / kit.LINE.name / "dead-000001-1767592800000000.jsonl"
    torn = journal.encode_exposure(record(kit, "torn"), 1767592800000001, len(kit.FEATURES))
    for cut in (1, len(torn) // 2, len(torn) - 1):
        orphan.write_bytes(text + torn[:cut])
        assert log.recover(home, kit.LINE) == 1
        assert {row["request_id"] for row in read(home, kit)} == {"kept"}
    assert not orphan.exists()


def test_an_empty_orphan_is_removed(home, kit):
    """A writer that died before its first line leaves nothing to recover and nothing behind."""
    folder = home / "log" / "journal" / kit.LINE.name
    folder.mkdir(parents=True)
    (folder / "dead-000001-1767592800000000.jsonl").write_bytes(b"")
    assert log.recover(home, kit.LINE) == 1
    assert journal_files(home, kit) == []


def renamed(text, old, new):
    assert old in text
    return text.replace(old, new)


STRANGE = {
    "no JSON": lambda text: b"{broken\n" + text,
    "zeros": lambda text: b"\0" * 40 + b"\n" + text,
    "a word is missing": lambda text: renamed(text, b'"user":', b'"reader":'),
    "a word is null": lambda text: renamed(text, b'"user":"u"', b'"user":null'),
    "another type": lambda text: renamed(text, b'"user":"u"', b'"user":{"name":"u"}'),
    "a word for a list": lambda text: renamed(text, b'["film-0","film-1"]', b'"ab"'),
    "a list is short": lambda text: renamed(text, b'["film-0","film-1"]', b'["film-0"]'),
    "a time of no calendar": lambda text: renamed(text, b'"arrived_at":', b'"arrived_at":99999'),
    "a list of lines": lambda text: text + b"[1, 2]\n",
    "a number": lambda text: text + b"7\n",
    "no kind": lambda text: text + b'{"u": 1}\n',
    "an unknown kind": lambda text: text + b'{"t":"refund","features":[]}\n',
    "outcomes of another width": lambda text: renamed(text, b',"click",', b',"click",0,'),
    "outcomes that are words": lambda text: (
        text + b'{"t":"outcomes","arrived_at":1,"rows":["abcde"]}\n'
    ),
    "features of another width": lambda text: renamed(
        text, b'"features":["', b'"features":["more","'
    ),
    "deep": lambda text: text + b"[" * 100_000 + b"]" * 100_000 + b"\n",
}


@pytest.fixture
def segment(home, kit, writer):
    """Bytes of a whole segment: two shown items and an outcome."""
    writer.append_exposure(record(kit, "kept"))
    writer.append_outcomes([click("kept")])
    return journal_files(home, kit)[0].read_bytes()


@pytest.mark.parametrize("how", STRANGE)
def test_a_strange_segment_is_set_aside_and_holds_up_nobody(home, kit, segment, how):
    """Other orphans are recovered, the strange one is kept and named, and the log is complete again."""
    folder = home / "log" / "journal" / kit.LINE.name
    strange = STRANGE[how](segment)
    (folder / "a-000001-1767592800000000.jsonl").write_bytes(strange)
    (folder / "b-000001-1767592800000000.jsonl").write_bytes(segment)
    with pytest.raises(BadInput, match=r"journal a-000001-1767592800000000.jsonl.*set aside"):
        log.recover(home, kit.LINE)
    assert {row["request_id"] for row in read(home, kit)} == {"kept"}
    assert [row["item"] for row in read(home, kit, "outcomes")] == ["film-0"]
    (unread,) = set_aside.unread(home, kit.LINE)
    assert unread.name == "a-000001-1767592800000000.jsonl"
    assert (set_aside.folder(home, kit.LINE) / unread.name).read_bytes() == strange
    assert log.recover(home, kit.LINE) == 0


def test_a_segment_that_was_repaired_is_converted_like_any_other(home, kit, segment):
    """Moved back into the journal it becomes a part, and no hour misses it any more."""
    place = home / "log" / "journal" / kit.LINE.name / "a-000001-1767592800000000.jsonl"
    place.write_bytes(segment + b"7\n")
    with pytest.raises(BadInput):
        log.recover(home, kit.LINE)
    kept = set_aside.folder(home, kit.LINE) / place.name
    kept.write_bytes(kept.read_bytes().removesuffix(b"7\n"))
    kept.rename(place)
    assert log.recover(home, kit.LINE) == 1
    assert len(read(home, kit)) == 2
    assert set_aside.unread(home, kit.LINE) == ()


def test_a_strange_segment_of_a_living_writer_does_not_stop_its_sealing(home, kit, writer):
    """What is appended after a damaged segment becomes readable all the same."""
    writer.append_exposure(record(kit, "damaged"))
    with journal_files(home, kit)[0].open("ab") as file:
        file.write(b"7\n")
    with pytest.raises(BadInput, match="set aside"):
        writer.rotate()
    writer.append_exposure(record(kit, "after"))
    writer.rotate()
    assert {row["request_id"] for row in read(home, kit)} == {"after"}


def test_a_segment_of_an_older_version_is_read(home, kit, segment):
    """Words that may be null and the names of outcomes are not asked of who did not know them."""
    older = renamed(segment, b'"shadow_ok":null,', b"")
    names = b',"outcomes":["request_id","item","kind","value","happened_at","delivery_id"]'
    older = renamed(renamed(older, names, b""), b",null]]", b"]]")
    exposures, outcomes = journal_reading.decode(older, home, kit.LINE)
    assert exposures["shadow_ok"].null_count == 2
    assert outcomes["kind"].to_pylist() == ["click"]
    assert outcomes["delivery_id"].to_pylist() == [None]


def test_outcomes_are_read_by_name(home, kit, segment):
    """Rows of a writer that logs the same words in another order are not misread."""
    names = b'"outcomes":["request_id","item","kind"'
    swapped = renamed(segment, names, b'"outcomes":["item","request_id","kind"')
    _, outcomes = journal_reading.decode(swapped, home, kit.LINE)
    assert outcomes["item"].to_pylist() == ["kept"]


def test_sealed_hours_say_which_segment_they_miss(home, kit):
    """A part of the rollups made over a segment that could not be read names it, and no other does."""
    kit.write(home, [kit.Shown("r", minute=1)])
    place = home / "log" / "journal" / kit.LINE.name
    place.mkdir(parents=True)
    name = f"a-000001-{int(kit.at(300).timestamp() * 1e6)}.jsonl"
    (place / name).write_bytes(b"7\n")
    said = []
    for hours in (2, 4, 7):
        rollup.update(home, kit.LINE, now=kit.at(60 * hours))
        for chain in (rollup.arrived(home, kit.LINE), rollup.matured(home, kit.LINE)):
            said += [(part, json.loads(part.commit_file.read_text())) for part in chain.parts()]
    missing = {part.begin for part, words in said if words.get("missing") == [name]}
    whole = {part.begin for part, words in said if "missing" not in words}
    assert missing
    assert whole
    assert max(whole) < min(missing)


def test_recovering_twice_changes_nothing(home, kit, writer):
    """A segment whose converter died after writing the parts gives the same single part again."""
    writer.append_exposure(record(kit))
    text = journal_files(home, kit)[0].read_bytes()
    orphan = home / "log" / "journal" / kit.LINE.name / "dead-000001-1767592800000000.jsonl"
    for _ in range(2):
        orphan.write_bytes(text)
        assert log.recover(home, kit.LINE) == 1
        assert len(read(home, kit)) == 2


def test_a_segment_of_an_older_line_is_read_by_name(home, kit, writer):
    """Features that a line gained since the segment was written are NaN, the others in place."""
    writer.append_exposure(record(kit))
    text = journal_files(home, kit)[0].read_bytes()
    fewer = text.replace(b'"user_ctr"', b'"gone"')
    exposures, _ = journal_reading.decode(fewer, home, kit.LINE)
    assert np.isnan(exposures["user_ctr"].to_numpy()).all()
    assert (exposures["item_ctr"].to_numpy() == 0.25).all()


def test_threads_append_while_segments_rotate(home, kit, writer):
    """Nothing is lost or doubled when several threads append and another one rotates."""

    def append(thread):
        for k in range(100):
            writer.append_exposure(record(kit, f"{thread}-{k}", items=("film-0",)))

    threads = [threading.Thread(target=append, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        writer.rotate()
    writer.rotate()
    assert sorted(r["request_id"] for r in read(home, kit)) == sorted(
        f"{n}-{k}" for n in range(4) for k in range(100)
    )


def test_a_writers_name_must_fit_into_a_file_name(home, kit):
    """A writer id with a path in it is refused."""
    with pytest.raises(BadInput, match="writer_id"):
        log.LogWriter(home, kit.LINE, "../w", EventClock())


_CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.append(sys.argv[2])
from log_kit import FEATURES, LINE, T0
from slipway.data.log import LogWriter
from slipway.settings import EventClock
writer = LogWriter(Path(sys.argv[1]), LINE, "child", EventClock())
for k in range(1_000_000):
    writer.append_exposure({
        "request_id": f"r{k}", "user": "u", "requested_at": datetime.now(UTC), "arm": "champion",
        "version": "1", "stage": "", "epoch": 0, "latency_ms": 1.0, "fallback": False,
        "features_as_of": T0, "items": ["film-0"], "positions": [1], "propensities": [1.0],
        "scores": [1.0], "features": [[0.5] * len(FEATURES)],
    })
    writer.append_outcomes([{"request_id": f"r{k}", "item": "film-0", "kind": "click", "value": 1,
                             "happened_at": datetime.now(UTC)}])
    print(k, flush=True)
    if k % 50 == 49:
        writer.rotate()
"""


@pytest.mark.parametrize("lines", [7, 149, 260])
def test_kill_nine_loses_nothing_acknowledged(home, kit, lines):
    """After SIGKILL in the middle of appending and rotating, every acknowledged row is recovered."""
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(home), str(TESTS)], stdout=subprocess.PIPE, text=True
    ) as child:
        acknowledged = [int(child.stdout.readline()) for _ in range(lines)][-1]
        os.kill(child.pid, signal.SIGKILL)
        acknowledged = int(([acknowledged, *child.stdout.read().split()])[-1])
    log.recover(home, kit.LINE)
    assert journal_files(home, kit) == []
    for kind in ("exposures", "outcomes"):
        seen = [row["request_id"] for row in read(home, kit, kind)]
        assert len(seen) == len(set(seen))
        assert {f"r{k}" for k in range(acknowledged + 1)} <= set(seen)
    now = datetime.now(UTC)
    assert log.complete_until(home, kit.LINE, now) == now


def test_a_full_disk_leaves_no_half_line(home, kit, writer, tmp_path):
    """A write that fails half-way is taken back, so that the next line does not continue it."""
    import resource

    path = tmp_path / "segment"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    segments.append(descriptor, b"whole\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="large"):
            segments.append(descriptor, b"does not fit\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
        os.close(descriptor)
    assert path.read_bytes() == b"whole\n"

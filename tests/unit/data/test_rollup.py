"""Rollups: the sums of every mature hour, made once and never changed."""

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from slipway.data import log, rollup
from slipway.domain.errors import BadInput
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy
from slipway.settings import EventClock
from slipway.stats.histogram import bucket_of

HOUR = timedelta(hours=1)


def files(home):
    return {p: p.read_bytes() for p in (home / "rollups").rglob("*") if p.is_file()}


def whole(rolled):
    return rolled.blocks[rolled.blocks["segment"] == "all"]


def test_an_hour_is_rolled_up_once_its_outcomes_are_mature(home, kit):
    """At 08:59 the hour from 06:00 is done and the one from 07:00 is not: it may still get clicks."""
    kit.write(home, [kit.Shown("a"), kit.Shown("b", minute=61)])
    assert rollup.update(home, kit.LINE, now=kit.at(119)) == kit.T0
    assert rollup.read(home, kit.LINE, kit.T0).blocks.empty
    assert rollup.update(home, kit.LINE, now=kit.at(179)) == kit.T0 + HOUR
    rolled = rollup.read(home, kit.LINE, kit.T0)
    assert whole(rolled)["trials"].tolist() == [1]
    assert rolled.until == kit.T0 + HOUR


def test_requests_are_rolled_up_as_soon_as_their_hour_is_sealed(home, kit):
    """At 07:10 the requests from 06:00 are counted: errors, latency and who came wait for no click."""
    shown = [kit.Shown("a"), kit.Shown("b", minute=59, delay=10, user="v", fallback=True)]
    kit.write(home, shown, [kit.Click("a", minute=1)])
    rollup.update(home, kit.LINE, now=kit.at(69))
    assert rollup.read_arrived(home, kit.LINE, kit.T0).blocks.empty
    rollup.update(home, kit.LINE, now=kit.at(70))
    came = rollup.read_arrived(home, kit.LINE, kit.T0)
    assert came.until == kit.T0 + HOUR
    assert came.blocks["requests"].tolist() == [1, 1]
    assert came.blocks["fallbacks"].tolist() == [0, 1]
    assert sorted(came.users["user"]) == ["u", "v"]
    assert rollup.read(home, kit.LINE, kit.T0).blocks.empty


def test_an_open_segment_keeps_its_hour_from_being_rolled_up(home, kit):
    """While a writer may still hold requests of an hour, nothing of that hour is committed."""
    kit.write(home, [kit.Shown("a")])
    writer = log.LogWriter(home, kit.LINE, "w", EventClock(0.0, kit.at(59).timestamp(), 0.0))
    record = {
        "request_id": "b", "user": "v", "requested_at": kit.at(59), "arm": "candidate",
        "version": "2", "stage": "canary_1", "epoch": 3, "latency_ms": 1.0, "fallback": True,
        "features_as_of": kit.T0, "items": ["film-0"], "positions": [1], "propensities": [1.0],
        "scores": [0.0], "features": [[0.0] * len(kit.FEATURES)],
    }  # fmt: skip
    writer.append_exposure(record)
    rollup.update(home, kit.LINE, now=kit.at(90))
    assert rollup.read_arrived(home, kit.LINE, kit.T0).blocks.empty
    writer.close()
    rollup.update(home, kit.LINE, now=kit.at(90))
    assert rollup.read_arrived(home, kit.LINE, kit.T0).blocks["fallbacks"].tolist() == [0, 1]


def test_arrived_sums_do_not_depend_on_what_a_line_declares(home, kit):
    """Other segments, means or windows make the matured sums again, and no requests."""
    kit.write(home, [kit.Shown("a")])
    rollup.update(home, kit.LINE, now=kit.at(180))
    before = files(home)
    other = kit.with_window(kit.LINE, timedelta(minutes=30), segments=("genre",))
    rollup.update(home, other, now=kit.at(180))
    new = {path for path in files(home) if path not in before}
    assert new
    assert not [path for path in new if any(part.startswith("arrived-") for part in path.parts)]
    assert {path: data for path, data in files(home).items() if path in before} == before


def test_blocks_hold_trials_and_clicks_of_each_arm_and_segment(home, kit):
    """Exposures are summed by five minutes, arm and segment; a segment's rows add up to the whole."""
    shown = [
        kit.Shown("a", minute=1),
        kit.Shown("a", item="film-1", minute=1, position=2, genre=1.0),
        kit.Shown("b", minute=4.99, arm="candidate", version="2", stage="canary_1", epoch=3),
        kit.Shown("c", minute=5, age_band=None),
    ]
    kit.write(home, shown, [kit.Click("a", minute=9), kit.Click("b", minute=70)])
    rollup.update(home, kit.LINE, now=kit.at(180))
    rolled = rollup.read(home, kit.LINE, kit.T0)
    columns = ["block_start", "arm", "version", "stage", "epoch", "segment", "trials", "successes"]
    found = set(rolled.blocks[columns].itertuples(index=False, name=None))
    first, second = kit.at(0), kit.at(5)
    champion, candidate = ("champion", "1", "", 0), ("candidate", "2", "canary_1", 3)
    assert found == {
        (first, *champion, "all", 2, 1),
        (first, *champion, "genre=0", 1, 1),
        (first, *champion, "genre=1", 1, 0),
        (first, *champion, "age_band=0", 2, 1),
        (first, *candidate, "all", 1, 0),
        (first, *candidate, "genre=0", 1, 0),
        (first, *candidate, "age_band=0", 1, 0),
        (second, *champion, "all", 1, 0),
        (second, *champion, "genre=0", 1, 0),
    }
    assert (rolled.blocks["requests"] > 0).equals(rolled.blocks["segment"] == "all")


def test_requests_are_counted_once_with_their_latency(home, kit):
    """A request of many items is one request, one latency, one fallback, one shadow answer."""
    shown = []
    for k, (latency, shadow) in enumerate([(0.01, 0.2), (1.0, None), (1.01, 9000.0)]):
        row = kit.Shown(
            f"r{k}",
            latency_ms=latency,
            fallback=k == 1,
            shadow_latency_ms=shadow,
            shadow_version=None if shadow is None else "2",
            shadow_ok=shadow == 0.2,
        )
        shown += [row, replace(row, item="film-1", position=2)]
    kit.write(home, shown)
    rollup.update(home, kit.LINE, now=kit.at(180))
    (block,) = whole(rollup.read(home, kit.LINE, kit.T0)).to_dict("records")
    assert [block[n] for n in ("trials", "requests", "fallbacks")] == [6, 3, 1]
    assert [block[n] for n in ("shadow_requests", "shadow_errors")] == [2, 1]
    assert np.flatnonzero(block["latency_hist"]).tolist() == sorted(set(bucket_of([0.01, 1, 1.01])))
    assert block["latency_hist"].sum() == 3
    assert np.flatnonzero(block["shadow_latency_hist"]).tolist() == bucket_of([0.2, 9000]).tolist()


def test_buckets_of_the_engine_are_the_buckets_of_the_histogram(home, kit):
    """Latencies on, just below and just above every edge fall where ``bucket_of`` puts them."""
    from slipway.stats.histogram import BUCKETS, LATENCY_EDGES_MS

    near = np.concatenate(
        [LATENCY_EDGES_MS, *(np.nextafter(LATENCY_EDGES_MS, e) for e in (0, 9e9))]
    )
    kit.write(home, [kit.Shown(f"r{k}", latency_ms=float(ms)) for k, ms in enumerate(near)])
    rollup.update(home, kit.LINE, now=kit.at(180))
    (block,) = whole(rollup.read(home, kit.LINE, kit.T0)).to_dict("records")
    assert (
        block["latency_hist"].tolist() == np.bincount(bucket_of(near), minlength=BUCKETS).tolist()
    )


def test_users_are_summed_over_the_hours_asked_for(home, kit):
    """A user's trials and clicks add up over parts, and stay apart by arm and epoch."""
    shown = [kit.Shown(f"r{m}", minute=m, user="u", epoch=int(m > 200)) for m in (0, 70, 150, 250)]
    kit.write(home, shown, [kit.Click("r70", minute=71)])
    rollup.update(home, kit.LINE, now=kit.at(200))
    rollup.update(home, kit.LINE, now=kit.at(480))
    users = rollup.read(home, kit.LINE, kit.at(60)).users
    assert users[["user", "epoch", "trials", "successes"]].to_numpy().tolist() == [
        ["u", 0, 2, 1],
        ["u", 1, 1, 0],
    ]
    early = rollup.read(home, kit.LINE, kit.T0, kit.at(60))
    assert early.users["trials"].tolist() == [1]
    assert whole(early)["trials"].sum() == 1


def test_late_rows_never_change_a_rollup(home, kit):
    """An exposure or click of a rolled-up hour that arrives too late leaves every file as it was."""
    kit.write(home, [kit.Shown("a")])
    rollup.update(home, kit.LINE, now=kit.at(180))
    before = files(home)
    kit.write(home, [kit.Shown("b", minute=1, delay=100)], [kit.Click("a", minute=61)], "late")
    assert rollup.update(home, kit.LINE, now=kit.at(180)) == kit.T0 + 2 * HOUR
    assert files(home) == before


def test_the_sums_do_not_depend_on_when_they_were_made(tmp_path, kit):
    """Hour by hour, or days later in one go with late rows lying there: the same blocks."""
    shown = [
        kit.Shown(f"r{k}", minute=k * 7, user=f"u{k % 5}", delay=k % 3 * 50) for k in range(80)
    ]
    clicks = [kit.Click(f"r{k}", minute=k * 7 + k) for k in range(80)]
    answers = []
    for name, step in (("hourly", 60), ("once", 900)):
        home = tmp_path / name
        kit.write(home, shown, clicks)
        for minute in range(step, 901, step):
            rollup.update(home, kit.LINE, now=kit.at(minute))
        rollup.update(home, kit.LINE, now=kit.at(900))
        answers.append(rollup.read(home, kit.LINE, kit.T0))
    hourly, once = answers
    made = [rollup.matured(tmp_path / name, kit.LINE).parts() for name in ("hourly", "once")]
    assert len(made[0]) > 5
    assert len(made[1]) == 1
    assert hourly.users.equals(once.users)
    assert hourly.blocks.drop(columns=["latency_hist", "shadow_latency_hist"]).equals(
        once.blocks.drop(columns=["latency_hist", "shadow_latency_hist"])
    )
    assert 0 < whole(once)["trials"].sum() < 80  # those that arrived too late are in neither


def test_neighbours_that_update_at_once_make_one_chain(home, kit):
    """Parts of concurrent updates follow each other without gap or overlap."""
    kit.write(home, [kit.Shown(f"r{k}", minute=k * 30) for k in range(40)])
    errors = []

    def update(minutes):
        try:
            for minute in minutes:
                rollup.update(home, kit.LINE, now=kit.at(minute))
        except BaseException as error:
            errors.append(error)
            raise

    threads = [
        threading.Thread(target=update, args=(range(first, 1400, 180),))
        for first in (180, 240, 300)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    parts = rollup.matured(home, kit.LINE).parts()
    assert all(a.end == b.begin for a, b in pairwise(parts))
    came = rollup.arrived(home, kit.LINE).parts()
    assert all(a.end == b.begin for a, b in pairwise(came))
    rolled = rollup.read(home, kit.LINE, kit.T0)
    assert whole(rolled)["trials"].sum() == sum(kit.at(k * 30) < rolled.until for k in range(40))


def test_a_part_without_its_commit_is_made_again(home, kit):
    """An update that was killed before its commit leaves nothing that is read."""
    kit.write(home, [kit.Shown("a")])
    rollup.update(home, kit.LINE, now=kit.at(180))
    before = files(home)
    for commit in (home / "rollups").rglob("*.json"):
        commit.unlink()
    assert rollup.read(home, kit.LINE, kit.T0).blocks.empty
    assert rollup.read_arrived(home, kit.LINE, kit.T0).blocks.empty
    rollup.update(home, kit.LINE, now=kit.at(180))
    assert files(home) == before


def test_segments_of_dead_writers_are_recovered_first(home, kit):
    """An update does not wait for ever on a segment that nobody will seal."""
    kit.write(home, [kit.Shown("a")])
    folder = home / "log" / "journal" / kit.LINE.name
    folder.mkdir(parents=True)
    (folder / f"dead-000001-{int(kit.T0.timestamp() * 1e6)}.jsonl").write_bytes(b"")
    assert rollup.update(home, kit.LINE, now=kit.at(180)) == kit.T0 + 2 * HOUR


def test_an_empty_log_has_an_empty_rollup(home, kit):
    """Without a single row there are no parts, and reading gives empty tables with their columns."""
    assert rollup.update(home, kit.LINE, now=kit.at(90)) == kit.T0
    rolled = rollup.read(home, kit.LINE, kit.T0)
    assert rolled.until is None
    assert rolled.blocks.empty
    assert {"segment", "latency_hist"} <= set(rolled.blocks.columns)
    assert list(rolled.users.columns) == [
        "arm", "version", "epoch", "user", "lists", "trials", "successes", "errors", "beyond_trials",
        "beyond_successes", "beyond_errors", "amount_diversity",
    ]  # fmt: skip


def test_a_long_absence_is_caught_up_in_bounded_parts(home, kit, monkeypatch):
    """However long nobody looked, a part reads no more of the log than a set number of bytes."""
    shown = [
        kit.Shown(name, minute=minute) for name, minute in (("a", 0), ("m", 9000), ("z", 30240))
    ]
    kit.write(home, shown)
    monkeypatch.setattr(rollup, "PART_BYTES", 0)
    end = rollup.update(home, kit.LINE, now=kit.T0 + 3 * kit.WEEK + 2 * HOUR)
    parts = rollup.matured(home, kit.LINE).parts()
    assert [part.begin for part in parts[1:]] == [kit.at(9000), kit.at(30240)]
    assert parts[-1].end == end
    assert rollup.read(home, kit.LINE, parts[0].begin).users["trials"].sum() == 3


def test_a_corrupt_part_of_the_rollup_is_named(home, kit):
    """A damaged file is one clear error with its path."""
    kit.write(home, [kit.Shown("a")])
    for minute in (80, 180):
        rollup.update(home, kit.LINE, now=kit.at(minute))
    for path in (home / "rollups").rglob("*.blocks.parquet"):
        path.write_bytes(path.read_bytes()[:-20])
    for read in (rollup.read, rollup.read_arrived):
        with pytest.raises(BadInput, match=r"blocks\.parquet"):
            read(home, kit.LINE, kit.T0)


def test_declared_means_are_summed_by_user_and_hour(home, kit):
    """Genres of each list are counted apart, and add up over a user's lists in exact millionths."""
    shown = [
        kit.Shown("a", genre=0.0),
        kit.Shown("a", item="film-1", position=2, genre=1.0),
        kit.Shown("b", minute=3, genre=1.0),
        kit.Shown("b", minute=3, item="film-1", position=2, genre=1.0),
        kit.Shown("c", minute=70, genre=None),
        kit.Shown("d", user="v", genre=2.0),
    ]
    kit.write(home, shown)
    rollup.update(home, kit.LINE, now=kit.at(400))
    columns = ["user", "lists", "trials", "amount_diversity"]
    users = rollup.read(home, kit.LINE, kit.T0).users[columns].to_numpy().tolist()
    assert users == [["u", 3, 5, 3_000_000], ["v", 1, 1, 1_000_000]]
    hourly = rollup.read(home, kit.LINE, kit.T0, hourly=True).users
    assert hourly[["user", "lists", "amount_diversity"]].to_numpy().tolist() == [
        ["u", 2, 3_000_000],
        ["v", 1, 1_000_000],
        ["u", 1, 0],
    ]


@pytest.mark.parametrize(
    ("per_list", "cap", "amount"),
    [
        (PerList.SUM, None, 5.0),
        (PerList.MEAN, None, 2.5),
        (PerList.DISTINCT, None, 2.0),
        (PerList.SUM, 4.5, 4.5),
        (PerList.SUM, 9.0, 5.0),
    ],
)
def test_a_mean_is_what_it_is_declared_to_be(home, kit, per_list, cap, amount):
    """Sum, mean and distinct values of a column on one list, up to what one list counts."""
    declared = Policy(means=(Mean("some", "hour", per_list, cap=cap),))
    line = replace(kit.LINE, policy=declared)
    table = kit.exposures([kit.Shown("a"), kit.Shown("a", item="film-1", position=2)])
    hours = table.schema.get_field_index("hour")
    log.write_parts(
        home, line, table.set_column(hours, "hour", [[1.5, 3.5]]), kit.outcomes([]), "part"
    )
    rollup.update(home, line, now=kit.at(400))
    assert rollup.read(home, line, kit.T0).users["amount_some"].tolist() == [amount * 1e6]


def test_a_look_opens_no_commit_that_ended_long_ago(home, kit, monkeypatch):
    """Of a month of hourly parts, a look at the last hour opens those of one week at most."""
    kit.write(home, [kit.Shown(f"r{day}", minute=day * 1440) for day in range(30)])
    for day in range(1, 31):
        rollup.update(home, kit.LINE, now=kit.at(day * 1440 + 130))
    opened = []
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda p, *a: opened.append(p.name) or read(p, *a))
    found = rollup.read(home, kit.LINE, kit.at(29 * 1440))
    assert whole(found)["trials"].tolist() == [1]
    assert len(opened) <= 10

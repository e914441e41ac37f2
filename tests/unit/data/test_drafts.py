"""Drafts of killed writers are found by name and age and deleted; nothing else is."""

import os
import signal
import time

import pyarrow as pa
import pytest
from slipway.data import drafts, json_file, part_chain, parts, posts

OLD_S = 2 * drafts.ABANDONED_S
LEFT = (
    "log/exposures/line=feed/date=2026-01-05/hour=06/.p.parquet.17.18.draft",
    "log/journal/feed/.router-1-17.draft",
    "log/posts/posts/0123456789abcdef01234567.part",
    "features/feed/.draft-abc/items.parquet",
    "features/feed/.expired-as_of=20260105T000000/items.parquet",
    "snapshots/feed/.20260119T060000-abc.draft",
    "work/feed/evidence/.2-abc-20260105T06.bin.17.18.draft",
    "work/feed/looks/00001-abc.17.18.part",
    "work/feed/tmpab3_xy9z/1/model.npz",
    "router/feed/.state.17",
    "router/.request.key.17",
    "run/ports.part",
    "spill/17-abc/duckdb_temp_storage.tmp",
    "erasures/.subject.key.17.draft",
)
KEPT = (
    "log/exposures/line=feed/date=2026-01-05/hour=06/p.parquet",
    "log/journal/feed/router-1-000001-17.jsonl",
    "features/feed/as_of=20260105T000000/items.parquet",
    "work/feed/runs/scheduled-abc/offline.json",
    "router/request.key",
    "erasures/.lock",
    "mlflow/artifacts/1/some.part",
)


def put(home, names, age_s):
    """Files of that age."""
    for name in names:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rows")
        os.utime(path, (time.time() - age_s,) * 2)
    for path in home.rglob("*"):
        if path.is_dir():
            os.utime(path, (time.time() - age_s,) * 2)


def test_old_drafts_go_and_all_else_stays(tmp_path):
    """Every kind of draft that a writer may leave is swept; finished files never are."""
    put(tmp_path, (*LEFT, *KEPT), OLD_S)
    assert len(drafts.sweep(tmp_path)) == len(LEFT)
    assert [name for name in LEFT if (tmp_path / name).exists()] == []
    assert [name for name in KEPT if not (tmp_path / name).exists()] == []


def test_a_draft_that_may_still_be_written_stays(tmp_path):
    """A writer of another container may live: its draft is left alone for a day."""
    put(tmp_path, LEFT, 60)
    gone = drafts.sweep(tmp_path)
    assert [path.name for path in gone] == [".expired-as_of=20260105T000000"]
    assert all((tmp_path / name).exists() for name in LEFT if ".expired-" not in name)


def _table(home):
    parts.publish(pa.table({"x": [1]}), home / "log" / "x.parquet")


def _json(home):
    (home / "work").mkdir(parents=True, exist_ok=True)
    json_file.write(home / "work" / "x.json", {})


def _chain(home):
    from slipway.data.times import EPOCH, HOUR

    chain = part_chain.PartChain(home / "rollups" / "feed" / "a")
    chain.commit(chain.part(EPOCH, EPOCH + HOUR), {"users": pa.table({"x": [1]})})


def _posts(home):
    import pandas as pd
    from slipway import lines

    now = pd.Timestamp("2026-01-05", tz="UTC")
    row = {"post_id": "1", "arrived_at": now, "event_at": now, "text": "hops"}
    posts.append(home, lines.load_clusters("posts"), pd.DataFrame([row]))


@pytest.mark.parametrize("write", [_table, _json, _chain, _posts])
def test_what_a_real_writer_leaves_is_known(write, tmp_path):
    """Killed before its rename, each writer leaves something, and the sweep knows it by name."""
    child = os.fork()
    if not child:
        os.link = os.rename = os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        write(tmp_path)
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left
    finished = [path for path in left if path.suffix == ".parquet" and path.name[0] != "."]
    assert len(drafts.sweep(tmp_path, older_than_s=-1)) == len(left) - len(finished)

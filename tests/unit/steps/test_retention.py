"""What is older than it is kept goes; what a standing version needs stays, whoever is killed when."""

import json
import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from datetime import timedelta

import erasure_kit as kit
import log_kit
import pytest
from slipway import lines
from slipway.data import expiry, rollup
from slipway.domain.errors import BadConfig
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.retention import KINDS, Retention
from slipway.domain.stage import Stage
from slipway.settings import settings
from slipway.steps import context
from slipway.steps import retention as steps

SHORT = Retention(
    backfill_days=0,
    log_days=50,
    features_days=20,
    snapshots_days=20,
    rollups_days=70,
    evidence_days=40,
    looks_days=40,
)
OLD = log_kit.T0 - timedelta(days=200)


@pytest.fixture
def line(home, monkeypatch):
    """The line with short times, in a home with 200 days of everything and no release."""
    feed = lines.load("feed")
    declared = replace(feed, retention=SHORT, policy=replace(feed.policy, watch_days=14.0))
    monkeypatch.setattr(context, "declared", lambda _: declared)
    for day in range(0, 214, 10):
        minute = (OLD + timedelta(days=day) - log_kit.T0).total_seconds() / 60
        rows = [log_kit.Shown(f"r{day}", minute=minute)]
        log_kit.write(home, rows, [log_kit.Click(f"r{day}", minute=minute + 1)], f"part{day}")
        at = OLD + timedelta(days=day)
        _old(home, f"features/feed/as_of={at:%Y%m%dT%H%M%S}/items.parquet", b"table")
        name = f"snapshots/feed/{at:%Y%m%dT%H%M%S}-abc"
        _old(home, f"{name}.parquet", b"rows")
        for beside in (".json", ".validation.json"):
            _old(home, f"{name}{beside}", json.dumps({"end": at.isoformat()}).encode())
        work = f"work/feed/runs/run-{day}"
        _old(home, f"{work}/interval.json", json.dumps({"end": at.isoformat()}).encode())
        _old(home, f"{work}/evidence/page.html", b"page")
    for folder in (home / "work").rglob("*/"):
        _age(folder)
    rollup.update(home, declared, now=context.now())
    return declared


def _old(home, name, content):
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    for each in (path, path.parent):
        _age(each)


def _age(path):
    os.utime(path, (time.time() - 2 * expiry.RECENT_S,) * 2)


def ages(home):
    """The oldest of each kind that is left, in whole days before now."""
    now = context.now()
    log = [p.name[5:] for p in (home / "log" / "exposures" / "line=feed").glob("date=*")]
    features = [p.name[6:14] for p in (home / "features" / "feed").glob("as_of=*")]
    snapshots = [p.name[:8] for p in (home / "snapshots" / "feed").glob("*.parquet")]
    runs = (home / "work" / "feed" / "runs").glob("*/interval.json")
    ends = [json.loads(p.read_text())["end"][:10] for p in runs]
    chains = (home / "rollups" / "feed").glob("*/*/*.json")
    hours = [json.loads(p.read_text())["to"][:8] for p in chains]
    found = {"log": log, "features": features, "snapshots": snapshots, "rollups": hours}
    return {
        kind: max((now.date() - now.date().fromisoformat(day)).days for day in days)
        for kind, days in (found | {"evidence": ends}).items()
    }


def test_what_is_older_than_it_is_kept_goes_and_the_rest_stays(home, line):
    """Of each kind all that is older goes and nothing younger; a second time there is nothing to do."""
    said = []
    done = steps.apply("feed", report=said.append)
    left = ages(home)
    for kind in ("log", "features", "snapshots", "evidence"):
        kept = getattr(SHORT, f"{kind}_days")
        assert kept - 10 <= left[kind] <= kept + 1, (kind, left)
        assert done["deleted"][kind]["items"] > 10
    assert sum(each["items"] for each in done["deleted"].values()) == len(said)
    assert any("date=2025-06-19" in text and "deleted log" in text for text in said)
    assert steps.plan("feed") == []
    assert steps.apply("feed")["deleted"] == {}


def test_a_dry_run_names_and_changes_nothing(home, line):
    """The plan says what would go, with its size; every file is there afterwards."""
    context.ledger()
    before = sorted(home.rglob("*"))
    found = steps.plan("feed")
    assert {each.kind for each in found} >= {"log", "features", "snapshots", "evidence"}
    assert all(each.size > 0 for each in found)
    assert sorted(home.rglob("*")) == before


def _release(version, at, stage, champion, epoch, **changes):
    """One line of the ledger."""
    end = changes.pop("end")
    who = Candidate(version, version * 64, "adam", Origin.SCHEDULED, end, stage, at)
    return Transition("feed", epoch, at, "t", None, stage, 0.0, "because", who, champion, **changes)


def test_what_standing_versions_need_stays(home, line):
    """Tables, folders and looks of champion, previous champion and candidate stay, however old."""
    ends = {version: OLD + timedelta(days=10 * int(version)) for version in "1234"}
    ledger = context.ledger()
    at = OLD + timedelta(days=60)
    looks = {}
    for epoch, (version, stage, champion) in enumerate(
        [
            ("1", Stage.OFFERED, None),
            ("1", Stage.CHAMPION, "1"),
            ("2", Stage.OFFERED, "1"),
            ("2", Stage.CHAMPION, "2"),
            ("3", Stage.OFFERED, "2"),
            ("3", Stage.CHAMPION, "3"),
            ("4", Stage.OFFERED, "3"),
            ("4", Stage.SHADOW, "3"),
        ],
        start=1,
    ):
        look = f"{epoch:064d}"[::-1]
        looks[epoch] = f"work/feed/looks/{epoch - 1:05d}-{look[:12]}.json"
        _old(home, looks[epoch], b"{}")
        _old(home, f"work/feed/looks/{epoch - 1:05d}-unused{epoch:06d}.json", b"{}")
        step = _release(version, at, stage, champion, epoch, end=ends[version], look=look)
        ledger.append(step)
    steps.apply("feed")
    for version in "1234":
        stands = version in {"2", "3", "4"}
        name = f"{ends[version]:%Y%m%dT%H%M%S}-abc.parquet"
        assert (home / "snapshots" / "feed" / name).exists() == stands, version
        run = home / "work" / "feed" / "runs" / f"run-{10 * int(version)}"
        assert run.exists() == stands, version
    assert [epoch for epoch, name in looks.items() if (home / name).exists()] == [3, 4, 5, 6, 7, 8]
    assert [p.name for p in (home / "work" / "feed" / "looks").glob("*unused*")] == []


def test_what_was_made_again_for_an_old_week_stays_for_a_week(home, line):
    """A backfill that has just frozen an old interval is not robbed while it runs."""
    for path in (home / "snapshots" / "feed").iterdir():
        path.touch()
    for path in (home / "work" / "feed" / "runs").glob("*/evidence/*"):
        path.touch()
    steps.apply("feed")
    assert ages(home)["snapshots"] > 200
    assert ages(home)["evidence"] > 200


def test_the_newest_table_stays_where_a_line_stands_still(home, line, monkeypatch):
    """After a year without traffic the router still has features, and the sums know where they end."""
    ends = rollup.matured(home, line).end
    later = context.now() + timedelta(days=400)
    monkeypatch.setattr(context, "now", lambda: later)
    steps.apply("feed")
    assert len(list((home / "features" / "feed").glob("as_of=*"))) == 1
    assert rollup.matured(home, line).end == ends


def test_days_that_are_not_in_the_sums_stay(home, line):
    """The log is not deleted before its hours are summed, however long nobody looked."""
    shutil.rmtree(home / "rollups")
    chain = rollup.matured(home, line)
    until = OLD + timedelta(days=30)
    begin = OLD.replace(minute=0)
    tables = {"blocks": log_kit.exposures([]), "users": log_kit.exposures([])}
    chain.commit(chain.part(begin, until), tables)
    steps.apply("feed")
    assert ages(home)["log"] == (context.now() - until).days


def test_a_line_that_would_lose_what_it_reads_is_red_and_nothing_goes(home, line, monkeypatch):
    """What its features are counted over counts, too: refused with the least value."""
    wide = replace(line, retention=replace(SHORT, log_days=45))
    monkeypatch.setattr(context, "declared", lambda _: wide)
    monkeypatch.setattr(steps, "longest_window", lambda _: timedelta(days=60))
    before = sorted(home.rglob("*"))
    with pytest.raises(BadConfig, match=r"feed\.retention\.log_days == 45, must be >= 68 days"):
        steps.apply("feed")
    assert [p for p in before if not p.exists()] == []


def test_a_deletion_killed_at_any_step_is_finished_later(home, line, tmp_path_factory):
    """SIGKILL at each kind of step: what is left is whole or out of sight, and the next run ends it."""
    intact = tmp_path_factory.mktemp("intact") / "home"
    shutil.copytree(home, intact)
    steps.apply("feed")
    wanted = ages(home)
    files = _names(home)
    for at in (1, 2, 3, 10, 30, 60, 100):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(intact, home, dirs_exist_ok=True)
        assert _killed_at(at)
        steps.apply("feed")
        assert ages(home) == wanted, at
        assert _names(home) == files, at


def _names(home):
    return {
        str(path.relative_to(home))
        for name in ("log", "features", "snapshots", "rollups", "work")
        for path in (home / name).rglob("*")
    }


def _killed_at(number):
    child = os.fork()
    if not child:
        seen = 0

        def hook(event, facts):
            nonlocal seen
            if event in {"os.rename", "os.remove", "os.rmdir"}:
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        steps.apply("feed")
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_posts_go_part_by_part(home, monkeypatch):
    """A part of posts goes once its last post is older than the log is kept; the line needs no users."""
    import pandas as pd
    from slipway.data import posts

    declared = lines.load_clusters("posts")
    kept = dict.fromkeys(KINDS, 220)
    days = Retention(backfill_days=0, **{f"{kind}_days": value for kind, value in kept.items()})
    monkeypatch.setattr(context, "declared", lambda _: replace(declared, retention=days))
    for age in (300, 200):
        at = pd.Timestamp(context.now() - timedelta(days=age))
        row = {"post_id": str(age), "arrived_at": at, "event_at": at, "text": "hops"}
        posts.append(home, declared, pd.DataFrame([row]))
    assert steps.apply("posts")["deleted"]["log"]["items"] == 1
    assert len(list(posts.folder(home, declared).glob("*.parquet"))) == 1


def test_an_erasure_that_was_killed_is_finished_by_the_daily_task(home, monkeypatch):
    """The task knows no id: it compares the ids in the data with the keyed hash, and erases."""
    from slipway.data import erasures

    kit.build(home)
    erasures.begin(
        home, kit.PERSON, at=context.now(), wall_s=time.time(), by="ada", reason="asked for"
    )
    assert steps.apply("feed")["erasures"] == 1
    assert kit.left_of(home, kit.PERSON) == []
    assert kit.left_of(home, kit.OTHER)
    assert settings().home == home

"""A person who is erased stands nowhere any more, whatever happened meanwhile, and it is said."""

import os
import shutil
import signal
import sys
from dataclasses import replace

import erasure_kit as kit
import log_kit
import pytest
from slipway.data import erasures, feature_files, frozen_tables
from slipway.data.log import LogWriter
from slipway.domain.errors import BadInput, LogIncomplete, SlipwayError
from slipway.settings import EventClock, settings
from slipway.steps import context, erase_line, evidence_store
from slipway.steps import forget as steps

STEPS = {"os.rename", "os.remove", "os.link", "open"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home in which the person stands everywhere, made once."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_HOME", str(folder))
        settings.cache_clear()
        kit.build(folder)
    settings.cache_clear()
    return folder


@pytest.fixture
def whole(home, built):
    """A copy of it as this test's home, and its training table."""
    shutil.copytree(built, home, dirs_exist_ok=True)
    (path,) = (home / "snapshots" / "feed").glob("*.parquet")
    return frozen_tables.describe(path)


def erased(user=kit.PERSON, **changes):
    """The erasure as a person asks for it."""
    return steps.forget(user, reason="asked for", by="ada", **changes)


def test_nothing_of_the_person_is_left_and_others_stay(home, whole):
    """No file of the home names the person; every row of somebody else, and every total, stays."""
    places = {path.split("/")[0] for path in kit.left_of(home, kit.PERSON)}
    assert places == {"log", "features", "rollups", "snapshots", "work", "datadocs"}
    others, (blocks, users) = kit.left_of(home, kit.OTHER), kit.totals(home)
    done = erased()
    assert kit.left_of(home, kit.PERSON) == []
    assert set(done.rows) == {
        "exposures",
        "outcomes",
        "features",
        "rollups",
        "snapshots",
        "evidence",
        "pages",
    }
    assert done.rows["exposures"] == 4
    assert (done.rows["outcomes"], done.late) == (2, 0)
    evidence = {path for path in others if path.startswith("work/")}
    assert set(kit.left_of(home, kit.OTHER)) == set(others) - evidence
    blocks_now, users_now = kit.totals(home)
    assert blocks_now.equals(blocks)
    assert set(users["user"]) == {kit.PERSON, kit.OTHER}
    assert set(users_now["user"]) == {kit.OTHER}


def test_an_id_is_matched_exactly_as_it_was_sent(home, whole):
    """Another case, a blank or a prefix is another id: nothing goes, and that is said."""
    before = kit.left_of(home, kit.PERSON)
    for user in (kit.PERSON.upper(), f" {kit.PERSON}", kit.PERSON[:-1]):
        assert not erased(user).found
    assert kit.left_of(home, kit.PERSON) == before
    with pytest.raises(BadInput, match="as it was sent"):
        erased("")


def test_an_erasure_killed_at_any_step_is_finished_later(home, whole, tmp_path_factory):
    """SIGKILL before each file that is written, renamed or removed: saying it again, or the daily task
    that does not know the id, leaves nothing of the person and the same training table.
    """
    erased_once = None
    at, killed = 0, 0
    intact = tmp_path_factory.mktemp("intact") / "home"
    shutil.copytree(home, intact)
    while True:
        at += 1
        for path in home.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(intact, home, dirs_exist_ok=True)
        if not _killed_at(at):
            break
        killed += 1
        if at % 2 and erasures.recorded(home):
            steps.finish()
        else:
            assert erased().late == 0
        assert kit.left_of(home, kit.PERSON) == [], at
        assert all(each.ended for each in erasures.recorded(home)), at
        now = frozen_tables.describe(whole.path)
        assert frozen_tables.verified(whole.path).num_rows == now.rows == 4
        erased_once = erased_once or now.digest
        assert now.digest == erased_once
    assert killed > 15


def _killed_at(number):
    """Whether a child that erases was killed before its ``number``-th step; else it came to its end."""
    child = os.fork()
    if not child:
        seen = 0

        def hook(event, facts):
            nonlocal seen
            if event in STEPS and (event != "open" or facts[1] in {"ab", "wb", "w"}):
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            erased()
        except SlipwayError:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_what_changed_is_on_record_under_a_keyed_hash(home, whole):
    """Each digest that changed stands there as it was and as it is, with when and why, not of whom."""
    erased()
    (erasure,) = erasures.recorded(home)
    assert (erasure.by, erasure.reason) == ("ada", "asked for")
    assert erasure.at == context.now()
    assert erasure.ended["rows"]["exposures"] == 4
    (change,) = [c for c in erasure.changes if c["kind"] == "snapshots"]
    assert change["was"] == whole.digest
    assert change["is"] == frozen_tables.describe(whole.path).digest != whole.digest
    assert kit.PERSON not in erasure.path.read_text()
    assert erasure.subject == erasures.subject_of(home, kit.PERSON)
    assert (home / "erasures" / "subject.key").stat().st_mode & 0o077 == 0


def test_a_week_made_again_says_that_rows_were_erased(home, whole, monkeypatch):
    """The same interval freezes to the new digest, and the run beside an earlier one says why."""
    monkeypatch.setattr(context, "declared", lambda _: log_kit.LINE)
    parts = dict.fromkeys(("code", "environment", "recipe"), "same") | {"learned": "a"}
    assert "first run" in context.compared("feed", kit.CUT, parts | {"snapshot": whole.digest})
    erased()
    again = kit.freeze(home)
    assert again.digest == frozen_tables.describe(whole.path).digest
    said = context.compared("feed", kit.CUT, parts | {"snapshot": again.digest, "learned": "b"})
    assert "the rows of the snapshot" in said
    assert "erased rows: of 1 persons" in said


def test_a_run_under_way_is_told_to_begin_again(home, whole):
    """A task that reads the table it was begun with hears of the erasure and what to do."""
    erased()
    with pytest.raises(BadInput, match=r"rows of a person were erased.*first task"):
        frozen_tables.read(whole.path, whole.digest)
    with pytest.raises(BadInput, match="freeze the interval again"):
        frozen_tables.read(whole.path, "0" * 64)


def test_feature_tables_with_erased_rows_are_not_accused(home, whole):
    """Counts that were served stay: they are not held against a log that lacks the person's rows."""
    from slipway.kinds import leak_proofs
    from slipway.validation import kept_features

    assert leak_proofs._look_ahead(home, log_kit.LINE, [kit.CUT]) == ()
    (home / "work" / "feed" / "proven.json").unlink()
    erased()
    assert kept_features.look_ahead(home, log_kit.LINE, [kit.CUT])
    assert leak_proofs._look_ahead(home, log_kit.LINE, [kit.CUT]) == ()


def test_the_router_takes_up_the_tables_without_the_person(home, whole):
    """The stamp that the router looks at changes with the table it holds in memory."""
    before = feature_files.stamp(home, log_kit.LINE, kit.CUT)
    erased()
    assert feature_files.stamp(home, log_kit.LINE, kit.CUT) != before


def test_evidence_is_made_anew_and_that_of_others_kept(home, whole):
    """Evidence that knows the person goes; where only others were seen it stays."""
    assert kit.evidence_files()
    evidence_store.forget(log_kit.LINE, kit.keys_of("nobody")[0])
    assert kit.evidence_files()
    erased()
    assert kit.evidence_files() == []


def test_rows_that_arrive_meanwhile_are_told_and_go_next_time(home, whole, monkeypatch):
    """Who is still sent by a router leaves late rows: the erasure has not ended, the next one ends it."""
    run = erase_line.LineErasure.run

    def while_served(self):
        found = run(self)
        if self.line.name != "feed":
            return found
        minute = (context.now() - log_kit.T0).total_seconds() / 60 + 1
        log_kit.write(home, [log_kit.Shown("late", minute=minute, user=kit.PERSON)], part="late")
        monkeypatch.setattr(erase_line.LineErasure, "run", run)
        return found

    monkeypatch.setattr(erase_line.LineErasure, "run", while_served)
    assert erased().late == 1
    assert [each.ended for each in erasures.recorded(home)] == [None]
    done = erased()
    assert (done.rows["exposures"], done.late) == (1, 0)
    assert kit.left_of(home, kit.PERSON) == []


def test_a_segment_of_a_dead_writer_is_erased_too(home, whole):
    """Rows that a killed router left in its journal are sealed first, then erased."""
    folder = home / "log" / "journal" / "feed"
    folder.mkdir(parents=True)
    writer = LogWriter(home, log_kit.LINE, "router-1", EventClock())
    _append(writer)
    descriptor, segment = writer._open
    os.close(descriptor)
    assert kit.PERSON.encode() in segment.read_bytes()
    assert erased().rows["exposures"] == 5
    assert kit.left_of(home, kit.PERSON) == []


def test_a_writer_that_holds_rows_back_is_named(home, whole, monkeypatch):
    """What a living router has not sealed cannot be erased: that is said, with what to do."""
    monkeypatch.setattr(steps, "SEAL_PATIENCE_S", 0.3)
    writer = LogWriter(home, log_kit.LINE, "router-1", EventClock())
    _append(writer)
    with pytest.raises(LogIncomplete, match=r"router-1.*say the same command again"):
        erased()
    writer.close()
    assert erased().rows["exposures"] == 5
    assert kit.left_of(home, kit.PERSON) == []


def _append(writer):
    """One request of the person, before now."""
    writer.clock = EventClock(event0=(kit.CUT - log_kit.WEEK).timestamp(), speed=0.0)
    item = {"items": ["film-0"], "positions": [1], "propensities": [1.0], "scores": [0.5]}
    same = {
        "request_id": "r00",
        "user": kit.PERSON,
        "requested_at": log_kit.T0,
        "arm": "champion",
        "version": "1",
        "stage": "",
        "epoch": 0,
        "latency_ms": 1.0,
        "fallback": False,
        "features_as_of": log_kit.T0,
        "features": [[0.0] * len(log_kit.FEATURES)],
    }
    writer.append_exposure(same | item)


def test_a_part_that_loses_all_its_rows_does_not_come_back(home, whole):
    """An empty part stays in its place, so that a segment converted twice brings nobody back."""
    log_kit.write(home, [log_kit.Shown("r00", minute=99, user=kit.PERSON)], part="alone")
    erased()
    log_kit.write(home, [log_kit.Shown("r00", minute=99, user=kit.PERSON)], part="alone")
    assert kit.left_of(home, kit.PERSON) == []


def test_a_short_id_does_not_blot_out_numbers(home, whole):
    """On pages an id of few characters goes only where it stands as a user's."""
    page = home / "datadocs" / "feed" / "page.html"
    page.write_text("version 7, user=7, user=77, 7 rows")
    log_kit.write(home, [log_kit.Shown("s", minute=3, user="7")], part="seven")
    erased("7")
    assert page.read_text() == "version 7, user=[erased], user=77, 7 rows"


def test_an_unreadable_part_is_named_before_anything_is_said_to_be_done(home, whole):
    """Who is in a broken file cannot be known: the file is named and the erasure has not ended."""
    (part,) = (home / "log" / "exposures").rglob("date=2026-01-12/*/*.parquet")
    part.write_bytes(b"not Parquet")
    with pytest.raises(BadInput, match="whole Parquet file"):
        erased()
    assert [each.ended for each in erasures.recorded(home)] == [None]


def test_two_erasures_of_one_person_have_one_subject(home, whole):
    """The keyed hash tells that it was the same person, in this home alone."""
    erased()
    erased()
    first, second = erasures.recorded(home)
    assert first.subject == second.subject
    assert first.path != second.path
    other = home / "elsewhere"
    other.mkdir()
    assert erasures.subject_of(other, kit.PERSON) != first.subject
    assert replace(first, changes=()).ended


def test_a_segment_that_was_set_aside_is_erased_too(home, whole):
    """Lines of the person go from a segment that waits for repair, read or not; all others stay."""
    folder = home / "log" / "set-aside" / "feed"
    folder.mkdir(parents=True)
    other = b'{"t":"exposure","user":"%s","request_id":"x"' % kit.OTHER.encode()
    lines_of = [
        b'{"t":"header","features":[]}',
        b'{"t":"exposure","user":"%s","request_id":"r00"}' % kit.PERSON.encode(),
        b'{"t":"exposure","user":"%s", torn' % kit.PERSON.encode(),
        b'{"t":"outcomes","arrived_at":1,"rows":[["r00","film-0"],["x","film-0"]]}',
        other,
    ]
    (folder / "router-1-000001-17.jsonl").write_bytes(b"\n".join(lines_of) + b"\n")
    assert erased().rows["journal"] == 3
    left = (folder / "router-1-000001-17.jsonl").read_bytes().split(b"\n")
    assert left[0] == lines_of[0]
    assert left[1:] == [b'{"t":"outcomes","arrived_at":1,"rows":[["x","film-0"]]}', other, b""]
    assert kit.left_of(home, kit.PERSON) == []

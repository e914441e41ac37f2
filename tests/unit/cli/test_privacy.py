"""The commands about retention and erasure say what they did, what they did not, and what comes next."""

import json

import erasure_kit as kit
import pytest
from slipway import cli
from slipway.settings import settings
from typer.testing import CliRunner


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home in which a person stands everywhere; the clock stands shortly after."""
    clock = tmp_path / "clock.json"
    clock.write_text(json.dumps({"wall0": 0.0, "event0": kit.CUT.timestamp(), "speed": 0.0}))
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("SLIPWAY_HOME", str(folder))
    monkeypatch.setenv("SLIPWAY_CLOCK", str(clock))
    settings.cache_clear()
    kit.build(folder)
    yield folder
    settings.cache_clear()


def run(*words):
    """A command's exit code and what it printed."""
    done = CliRunner().invoke(cli.app, list(words))
    return done.exit_code, done.output


def test_an_erasure_is_told_from_progress_to_the_next_step(home):
    """It says where it is, what went, what stays and what comes next, and never the id in the record."""
    code, said = run("forget", kit.PERSON, "--reason", "asked on Monday")
    assert code == 0
    for words in ("days of the log looked through", "4 of exposures", "totals", "Next:", "backups"):
        assert words in said
    assert kit.left_of(home, kit.PERSON) == []
    code, said = run("erasures")
    assert "asked on Monday" in said
    assert "is now" in said
    assert kit.PERSON not in said
    (record,) = json.loads(run("erasures", "--json")[1])
    assert record["ended"]


def test_nobody_found_is_said(home):
    """An id that stands nowhere is no success in silence."""
    code, said = run("forget", "nobody@example")
    assert (code, "no row of that id was found" in said) == (0, True)
    assert "no erasure is unfinished" in run("forget")[1]


def test_a_dry_run_says_that_nothing_was_deleted(home):
    """Without --apply the command lists; with it, it deletes and counts."""
    assert "nothing is older than it is kept" in run("retention", "feed")[1]
    code, said = run("retention", "feed", "--apply")
    assert (code, "feed: 0 deleted" in said) == (0, True)
    assert json.loads(run("retention", "--json")[1]) == []

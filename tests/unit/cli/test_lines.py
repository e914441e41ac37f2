"""``compile`` and ``plan`` say what a line declares and what a change does, line by line."""

import json
import sys
from pathlib import Path

import pytest
from slipway.lines import store
from slipway.settings import settings

sys.path.append(str(Path(__file__).parents[2]))

import lines_kit


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty installation beside a team's folder with one sound and one broken line."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    teams = lines_kit.write(
        tmp_path / "teams", deck_sound=lines_kit.SOUND, deck_broken=lines_kit.BROKEN
    )
    monkeypatch.setenv("SLIPWAY_LINES", str(teams))
    monkeypatch.setattr(sys, "path", [*sys.path])
    settings.cache_clear()
    yield tmp_path / "home"
    sys.modules.pop("deck_sound", None)
    settings.cache_clear()


def test_compile_keeps_a_definition_and_uses_none(home, run):
    """The file's name is its digest, and no DAG follows it yet."""
    code, out, _ = run("compile", "deck_sound")
    path = Path(out.strip())
    assert code == 0
    assert path.parent == store.folder(home, "deck_sound")
    assert store.names(home) == ()
    assert run("compile", "deck_sound", "--json")[1] == path.read_text()


def test_plan_says_first_and_applies_when_asked(home, run):
    """Nothing is done by saying it; applied, it is in use, and there is nothing to do any more."""
    code, out, _ = run("plan", "deck_sound")
    assert code == 0
    assert "deck_sound: new, a line of kind ranking" in out
    assert "nothing is done yet" in out
    assert store.names(home) == ()
    assert "deck_sound is in use" in run("plan", "deck_sound", "--apply")[1]
    assert store.names(home) == ("deck_sound",)
    assert "nothing to do" in run("plan", "deck_sound")[1]


def test_a_broken_line_is_said_beside_the_plans_of_the_others(home, run):
    """All lines are planned, the one at fault is one sentence, and the exit code says so."""
    code, _, err = run("plan", "--apply")
    assert code == 2
    assert set(store.names(home)) == {"deck_sound"}
    assert err.count("\n") == 1
    assert "No module named 'no_such_package'" in err


def test_a_table_of_the_policy_file_that_is_of_no_line_is_red_alone(
    home, run, monkeypatch, tmp_path
):
    """Asked for by its name or beside all others it is one sentence; the others are planned."""
    file = tmp_path / "policy.toml"
    file.write_text("[deck_soundd]\nmargin = 0.05\n")
    monkeypatch.setenv("SLIPWAY_POLICY", str(file))
    settings.cache_clear()
    assert run("plan", "deck_sound", "--apply")[0] == 0
    for words in (("plan", "deck_soundd"), ("plan",)):
        code, _, err = run(*words)
        assert code == 2
        assert "policy file, [deck_soundd]" in err


def test_a_line_that_is_declared_no_more_is_taken_away(home, run, monkeypatch):
    """A line whose declaration is gone is planned away; what it left stays."""
    run("plan", "deck_sound", "--apply")
    monkeypatch.delenv("SLIPWAY_LINES")
    assert "declared no more" in run("plan", "deck_sound")[1]
    run("plan", "deck_sound", "--apply")
    assert store.names(home) == ()
    assert len(list(store.folder(home, "deck_sound").glob("*.json"))) == 1


def test_plan_is_json_too(home, run):
    """A pipeline reads effects and changes as data."""
    (found,) = json.loads(run("plan", "feed", "--json")[1])
    assert (found["line"], found["before"], found["changes"]) == ("feed", None, [])
    assert len(found["stages"]) == 2


def test_an_unknown_line_is_refused(home, run):
    """A line that neither is declared nor was is one sentence."""
    code, _, err = run("plan", "nope")
    assert code == 2
    assert "line == 'nope'" in err

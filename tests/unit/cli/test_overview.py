"""Without a command, the command line says where one stands and what comes next."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from slipway.demo import pace
from slipway.lines import store
from slipway.settings import settings
from slipway.stack.installation import Installation, Options
from slipway.steps.plan import use_bundled

sys.path.append(str(Path(__file__).parents[2]))

import ledger_kit


def test_without_a_stack_the_next_step_is_to_start_one(home, run, monkeypatch):
    """Nothing was started here: that is said, and no line is guessed."""
    monkeypatch.setenv("SLIPWAY_HOME", str(home / "nowhere"))
    code, out, _ = run()
    assert (code, out.splitlines()) == (
        0,
        [
            f"no stack was started in {home / 'nowhere'}",
            "next: slipway up   (all commands: slipway --help)",
        ],
    )


def test_servers_elsewhere_are_named_and_asked_for_nothing_but_the_ledger(home, run):
    """A home that no embedded stack was started in belongs to servers that settings name."""
    code, out, _ = run()
    assert code == 0
    assert "servers elsewhere, MLflow http://127.0.0.1:9" in out
    assert "feed" in out


def test_a_stack_that_is_down_is_no_fault_of_its_lines(home, run):
    """The approval that waits is named; that nobody answers is not held against the lines."""
    Installation.prepare(home, Options())
    use_bundled(home)
    ledger_kit.waiting(home, "feed")
    code, out, _ = run()
    assert code == 0
    assert f"the stack of {home} is down" in out
    assert "version 3 in approval" in out
    assert "waits for a reviewer since 2025-02-17 14:00: feed: version 3 by adam" in out
    assert "next: slipway up" in out
    said = json.loads(run("--json")[1])
    assert [need["kind"] for need in said["needs"]] == ["approval"]
    assert {each["line"] for each in said["lines"]} == {"feed", "posts"}
    assert said["event_time"] is None


def test_a_clock_of_its_own_and_the_first_day_of_a_log_are_said(home, run, monkeypatch):
    """Who makes past weeks again has to know which there are, and what day it is for visitors."""
    Installation.prepare(home, Options(clock_file=str(home / "clock.json")))
    use_bundled(home)
    pace.start_clock(home / "clock.json", datetime(2025, 2, 27, 20, 49, tzinfo=UTC))
    monkeypatch.setenv("SLIPWAY_CLOCK", str(home / "clock.json"))
    (home / "log" / "exposures" / "line=feed" / "date=2025-01-06").mkdir(parents=True)
    _, out, _ = run()
    assert "events have a clock of their own: it is 2025-02-27 20:" in out
    assert "log since 2025-01-06" in out
    said = json.loads(run("--json")[1])
    assert {each["line"]: each["log_since"] for each in said["lines"]} == {
        "feed": "2025-01-06",
        "posts": None,
    }


def test_a_damaged_definition_is_one_line_and_hides_no_other(home, run):
    """The line is named with what to do, the others stand beside it."""
    Installation.prepare(home, Options())
    use_bundled(home)
    (store.folder(home, "feed") / store.IN_USE).write_text("0" * 64)
    _, out, _ = run()
    assert "waits for an engineer: feed: definition" in out
    assert "posts" in out


def test_json_before_a_command_is_refused(home, run):
    """It would be taken for that of the command and left out in silence."""
    code, out, err = run("--json", "status")
    assert (code, out) == (2, "")
    assert "after the command" in err


def test_a_line_of_ones_own_leads_on_without_a_stack(home, run, monkeypatch):
    """First it is planned, then the stack is started for it, without the bundled shop."""
    monkeypatch.delenv("SLIPWAY_MLFLOW_URL")
    run("new", "deck_own", "--folder", str(home / "teams"))
    monkeypatch.setenv("SLIPWAY_LINES", str(home / "teams" / "deck_own"))
    settings.cache_clear()
    assert "next: slipway plan deck_own --apply" in run()[1]
    assert run("plan", "deck_own", "--apply")[0] == 0
    _, out, _ = run()
    assert "deck_own" in out
    assert "next: slipway up --no-shop" in out

"""The command line tells the ledger's truth, in words and as JSON; bad input is one line."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import RELEASE_STAGES, Stage
from slipway.registry.state import ReleaseState
from slipway.release.ledger import Ledger
from slipway.release.orders import OrderFolder
from slipway.serving.state import Known, StateFile
from slipway.settings import settings

sys.path.append(str(Path(__file__).parents[2]))

import ledger_kit
import lines_kit

AT = datetime(2025, 2, 17, 7, tzinfo=UTC)
DIGEST = ledger_kit.WAITS_WITH


@pytest.fixture
def ledger(home):
    """A ledger whose candidate, version 3, waits for its reviewer."""
    return ledger_kit.waiting(home, "feed")


def test_status_says_who_serves_and_who_comes(ledger, run):
    """Champion and candidate with its stage are told, and the same as JSON."""
    code, out, _ = run("status")
    assert code == 0
    assert "the rules" in out
    assert "version 3 by adam, in approval" in out
    code, out, _ = run("status", "feed", "--json")
    (state,) = json.loads(out)
    assert (state["champion"], state["candidate"]["version"]) == (None, "3")


def test_status_says_who_is_held_back(home, run):
    """Beside a watched champion the one before it, and its share; the same as JSON."""
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    for epoch, version, back in ((1, "1", 0.0), (2, "2", 0.05)):
        who = Candidate(version, version, "adam", Origin.MANUAL, AT, Stage.CHAMPION, AT)
        ledger.append(
            Transition(
                "feed", epoch, AT, "t", None, Stage.CHAMPION, 0.9, "so", who, version,
                previous_share=back,
            )
        )  # fmt: skip
    _, out, _ = run("status", "feed")
    assert "hold-back  version 1, 5.0% of users until the champion's watch is over" in out
    _, out, _ = run("status", "feed", "--json")
    assert json.loads(out)[0]["previous_share"] == 0.05


def test_history_tells_every_step_with_its_reason(ledger, run):
    """Each transition is one line with its reason as it stands in the ledger, brackets included."""
    code, out, _ = run("history", "feed")
    assert code == 0
    assert len(out.splitlines()) == len(RELEASE_STAGES) - 1
    assert "canary_25 at 50%" in out
    assert "reached [canary_25]" in out
    code, out, _ = run("history", "feed", "--json")
    assert [t["to_stage"] for t in json.loads(out)] == [str(s) for s in RELEASE_STAGES[:-1]]


def test_history_of_a_new_line_is_no_error(home, run):
    """A line to which nothing happened has an empty history."""
    assert run("history", "feed")[:2] == (0, "nothing was offered for feed yet\n")


def test_approve_url_leads_the_reviewer_to_the_gesture(ledger, run):
    """The link and the words to write, with the digest of the evidence, are printed."""
    code, out, _ = run("approve-url", "feed")
    assert code == 0
    assert "/models/feed/versions/3" in out
    assert f"approve {DIGEST[:12]}" in out
    code, out, _ = run("approve-url", "feed", "--json")
    assert json.loads(out)["digest"] == DIGEST


def test_approve_url_without_a_waiting_candidate_is_refused(home, run):
    """Where nobody waits for a reviewer, one line says so."""
    code, out, err = run("approve-url", "feed")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "nobody waits for a reviewer" in err


def test_a_rollback_is_in_the_ledger_even_while_the_registry_is_away(home, ledger, run):
    """The candidate is taken back in the ledger; that the registry is away is said in one line."""
    code, _, err = run("rollback", "feed", "--reason", "looks odd")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "reached folder and ledger; not reached: registry" in err
    assert "127.0.0.1:9" in err
    (order,), _ = OrderFolder(home).read("feed")
    assert (order.reason, order.recorded) == ("looks odd", True)
    last = ledger.transitions("feed")[-1]
    assert (last.to_stage, last.reason) == (Stage.RETURNED, "looks odd")
    code, _, err = run("rollback", "feed", "--reason", "again")
    assert code == 2
    assert "must be a candidate on its way" in err


@pytest.mark.parametrize(("words", "version"), [((), "3"), (("--champion",), "2")])
def test_a_rollback_needs_neither_ledger_nor_registry(home, run, words, version):
    """What the router was shown last is ordered off in the stack's folder; who was not told is said."""
    shown = ReleaseState("feed", 8, "canary_50", 0.5, "2", "3", None, "1")
    StateFile(home, "feed").write(Known(shown))
    (home / "ledger.db").write_bytes(b"no database" * 100)
    code, out, err = run("rollback", "feed", *words, "--reason", "looks odd")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "reached folder; not reached: ledger" in err
    (order,), _ = OrderFolder(home).read("feed")
    assert (order.version, order.reason, order.recorded) == (version, "looks odd", False)
    assert order.outranks(99)


def test_a_rollback_that_nobody_could_be_told_says_so(home, run):
    """No folder, no ledger, no registry: the version goes on, and that is what is said."""
    shown = ReleaseState("feed", 8, "canary_50", 0.5, "2", "3", None, "1")
    StateFile(home, "feed").write(Known(shown))
    (home / "ledger.db").write_bytes(b"no database" * 100)
    (home / "orders").write_text("a file in its place")
    code, _, err = run("rollback", "feed", "--reason", "looks odd")
    assert code == 2
    assert "NOTHING WAS TAKEN OFF" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "food"), "must be one of "),
        (("history", "food"), "must be one of "),
        (("policy", "food"), "must be one of "),
        (("policy", "tell", "feed"), "must be a line"),
        (("rollback", "feed", "--reason", " "), "must be a sentence"),
        (("rollback", "feed", "--champion", "--reason", "odd"), "must be a champion"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(home, run, words, said):
    """Whatever is wrong is said in one line on stderr; nothing is changed."""
    code, out, err = run(*words)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err


def test_unknown_words_are_refused(home, run):
    """A command or an option that does not exist ends with exit code 2."""
    assert run("launch")[0] == 2
    assert run("rollback", "feed")[0] == 2


def test_no_installation_is_one_line(tmp_path, monkeypatch, run):
    """Where no stack was ever started the next step is named."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "nowhere"))
    code, _, err = run("status")
    assert code == 2
    assert "slipway up" in err


def test_a_line_that_cannot_be_loaded_is_rolled_back_too(home, run, tmp_path, monkeypatch):
    """Its package may be what is broken: status, history and rollback need nothing but the ledger."""
    teams = lines_kit.write(tmp_path / "teams", deck_broken=lines_kit.BROKEN)
    monkeypatch.setenv("SLIPWAY_LINES", str(teams))
    ledger = ledger_kit.waiting(home, "deck_broken")
    code, out, _ = run("status")
    assert code == 0
    assert out.count("approval") == 1
    run("rollback", "deck_broken", "--reason", "its code is gone")  # the registry is away
    assert ledger.state("deck_broken").candidate is None
    assert "its code is gone" in run("history", "deck_broken")[1]
    code, _, err = run("policy", "deck_broken")
    assert code == 2
    assert "No module named 'no_such_package'" in err
    assert run("policy", "feed")[0] == 0


def test_policy_speaks_and_counts(home, run):
    """The policy is told in words, with or without `explain`, and as numbers."""
    code, words, _ = run("policy", "feed")
    assert code == 0
    assert "canary_50" in words
    assert run("policy", "explain", "feed")[1] == words
    assert json.loads(run("policy", "feed", "--json")[1])["alpha"] == 0.05


def test_down_without_a_stack_stops_nothing(home, run):
    """`slipway down` is harmless where nothing runs."""
    assert run("down")[:2] == (0, "0 processes stopped\n")
    assert json.loads(run("down", "--json")[1]) == {"home": str(home), "stopped": 0}


@pytest.mark.parametrize(("line", "file"), [("feed", "training.json"), ("posts", "posts.json")])
def test_suites_are_written_and_compared(home, monkeypatch, tmp_path, run, *, line, file):
    """`expectations` writes what the line declares; --check names what differs and fails."""
    monkeypatch.setenv("SLIPWAY_SUITES", str(tmp_path / "suites"))
    settings.cache_clear()
    code, _, _ = run("expectations", line, "--check")
    assert code == 1
    assert file in run("expectations", line)[1]
    assert run("expectations", line)[1] == "nothing to change\n"
    assert run("expectations", line, "--check")[0] == 0
    code, _, error = run("expectations", "fedd")
    assert code == 2
    assert "line == 'fedd'" in error


def test_the_former_name_of_rollback_takes_off_harm_as_well(ledger, run):
    """Who still says ``slipway return`` takes the candidate off in the ledger; MLflow is away here."""
    assert "MLflow" in run("return", "feed", "--reason", "odd")[2]
    assert ledger.state("feed").candidate is None

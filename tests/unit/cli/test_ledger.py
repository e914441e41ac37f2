"""``slipway ledger`` says what is wrong in one line each, and by its exit code."""

import json

import ledger_kit
import pytest
from slipway.release.ledger import Ledger
from slipway.release.ledger.database import HEAD, REVISIONS


@pytest.fixture
def ledger(home):
    """A ledger with a release of four steps."""
    found = Ledger(f"sqlite:///{home / 'ledger.db'}")
    for step in ledger_kit.steps():
        found.append(step)
    return found


def test_verify_is_green_on_a_sound_ledger_and_writes_nothing(ledger, home, run):
    """Exit code 0 and one word; a look at it from outside leaves no copy."""
    code, out, _ = run("ledger", "verify", "feed", "--no-registry")
    assert code == 0
    assert out.splitlines() == ["feed: reading 4 rows and their copy", "sound"]
    assert [path.name for path in home.iterdir()] == ["ledger.db"]


def test_verify_names_each_fault_on_a_line_of_its_own(ledger, run):
    """Exit code 1, a line for each fault with its epoch, and the same as JSON."""
    ledger_kit.by_hand(
        ledger,
        "UPDATE slipway_transitions SET reason = 'nicer' WHERE epoch = 2",
        "DELETE FROM slipway_transitions WHERE epoch = 3",
    )
    code, out, _ = run("ledger", "verify", "feed", "--no-registry")
    assert code == 1
    lines = out.splitlines()[1:]
    assert lines[0].startswith("feed epoch 2: edited")
    assert any(line.startswith("feed epoch 4: gap: epoch 3 is missing") for line in lines)
    assert "slipway ledger repair" in lines[-1]
    code, out, _ = run("ledger", "verify", "feed", "--no-registry", "--json")
    assert code == 1
    assert {fault["kind"] for fault in json.loads(out)} == {"edited", "gap", "columns"}


def test_an_exported_ledger_is_verified_without_the_database(ledger, home, run):
    """The file proves itself; one digit changed in it is named, and no file is written over."""
    path = home / "events.jsonl"
    assert run("ledger", "export", "feed", "--to", str(path))[0] == 0
    code, out, _ = run("ledger", "export", "feed")
    assert (code, out) == (0, path.read_text())
    assert run("ledger", "verify", "--file", str(path))[:2] == (0, "sound\n")
    path.write_text(out.replace('"epoch": 2', '"epoch": 12', 1))
    code, said, _ = run("ledger", "verify", "--file", str(path))
    assert code == 1
    assert "edited" in said


def test_verify_says_when_the_registry_could_not_be_asked(ledger, run):
    """A registry that is away is an error, not a sound ledger."""
    code, _, err = run("ledger", "verify", "feed")
    assert code == 2
    assert "MLflow at http://127.0.0.1:9" in err


def test_migrate_goes_down_and_up(ledger, run):
    """One version down for an older Slipway, and up again with all rows."""
    code, out, _ = run("ledger", "migrate", "--down")
    assert code == 0
    assert f"at version {REVISIONS[-2]}; they were at {HEAD}" in out
    assert ledger.database.revision() == REVISIONS[-2]
    raised = json.loads(run("ledger", "migrate", "--json")[1])
    assert raised == {"before": REVISIONS[-2], "after": HEAD}
    assert ledger.database.revision() == HEAD
    assert len(ledger.transitions("feed")) == 4


def test_repair_proposes_in_words_and_as_a_file_and_a_person_decides(ledger, home, run):
    """Nothing changes before --apply; then who decided and why stands in the history."""
    ledger_kit.by_hand(ledger, "DELETE FROM slipway_transitions WHERE epoch = 3")
    before = ledger.rows("feed")
    code, out, _ = run("ledger", "repair", "feed", "--no-registry")
    assert code == 0
    assert "epoch 4: the gap before it is accepted" in out
    assert ledger.rows("feed") == before
    path = str(home / "ledger" / "feed.0.proposal.json")
    assert path in out
    said = json.loads(run("ledger", "repair", "feed", "--no-registry", "--json")[1])
    assert (said["file"], said["applied"]) == (path, False)
    assert "epoch 4: the gap before it is accepted" in said["steps"]
    code, _, err = run("ledger", "repair", "feed", "--apply", path, "--name", "ann")
    assert code == 2
    assert "it stands in the ledger for good" in err
    decided = ("--name", "ann", "--reason", "row 3 [lost]")
    code, out, _ = run("ledger", "repair", "feed", "--apply", path, *decided)
    assert code == 0
    assert "is sound" in out
    assert run("ledger", "verify", "feed", "--no-registry")[0] == 0
    history = run("history", "feed")[1]
    assert "repaired by ann" in history
    assert "row 3 [lost]" in history
    assert "nothing to repair" in run("ledger", "repair", "feed", "--no-registry")[1]
    said = json.loads(run("ledger", "repair", "feed", "--no-registry", "--json")[1])
    assert (said["faults"], said["file"]) == ([], None)


def test_an_emptied_ledger_is_not_taken_for_a_new_one(ledger, home, run):
    """Where the file is gone, status and history say so; they do not say that nothing was offered alone."""
    from slipway.steps import ledger_check

    ledger_check.after_step("feed", ())
    (home / "ledger.db").unlink()
    for words in (("status", "feed"), ("history", "feed")):
        code, out, _ = run(*words)
        assert code == 0
        assert "gone: 4 epochs were seen here and none is left" in out
    (state,) = json.loads(run("status", "feed", "--json")[1])
    assert len(state["ledger_faults"]) == 1

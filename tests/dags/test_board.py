"""The page of releases: whole and escaped."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import slipway_board
from fastapi import HTTPException
from slipway.domain.release import Candidate, Origin, Transition, fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.settings import settings

sys.path.append(str(Path(__file__).parents[1]))

import lines_kit

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
STEPS = [Stage.OFFERED, Stage.SHADOW, Stage.CANARY_1, Stage.RETURNED]


def story(version="7", author="adam"):
    """A release that ended in a return."""
    steps = []
    for epoch, stage in enumerate(STEPS, start=1):
        candidate = Candidate(version, "f" * 64, author, Origin.MANUAL, MONDAY, stage, MONDAY)
        verdict = Verdict("harm", Conclusion.FAIL, "10 % fewer clicks")
        before = STEPS[epoch - 2] if epoch > 1 else None
        steps.append(
            Transition("feed", epoch, MONDAY, "release_feed", before, stage,
                       0.01 if stage is Stage.CANARY_1 else 0.0, f"reason {epoch}",
                       candidate, None, (verdict,))
        )  # fmt: skip
    return tuple(steps)


def page(steps, faults=()):
    """The page of one line."""
    found = {"feed": (fold("feed", steps), steps)}
    return slipway_board.board(found, "http://mlflow", {"feed": list(faults)})


def test_the_page_tells_the_whole_release():
    """Every transition stands there with its reason, its verdicts and the version's page."""
    html = page(story())
    for epoch in range(1, len(STEPS) + 1):
        assert f"reason {epoch}" in html
    assert "10 % fewer clicks" in html
    assert "http://mlflow/#/models/feed/versions/7" in html
    assert "http://mlflow/slipway/review?name=feed&amp;version=7" in html
    assert "the rules" in html  # who serves while there is no champion


def test_a_return_shows_how_far_the_version_came():
    """Stages are marked up to the last stage reached, not up to the end."""
    (release,) = slipway_board.releases(story())
    assert [part["stage"] for part in release["stages"] if part["past"]] == STEPS[:-1]


def test_a_hold_back_is_a_fact_of_its_line():
    """Who is held back, and for how many users, while the champion is watched; nothing without one."""

    def crowned(epoch, version, back):
        who = Candidate(version, version, "adam", Origin.MANUAL, MONDAY, Stage.CHAMPION, MONDAY)
        return Transition(
            "feed", epoch, MONDAY, "t", None, Stage.CHAMPION, 0.9, "so", who, version,
            previous_share=back,
        )  # fmt: skip

    html = page((crowned(1, "1", 0.0), crowned(2, "2", 0.05)))
    assert "Hold-back" in html
    assert "5 % of users until the champion" in html
    assert "Hold-back" not in page((crowned(1, "1", 0.0), crowned(2, "2", 0.0)))


def test_an_empty_ledger_is_a_page_too():
    """Before the first release the page says what has to happen."""
    assert "Nothing was offered for release yet" in page(())


def test_a_line_at_fault_is_a_row_of_its_own(home, tmp_path, monkeypatch):
    """Nothing is imported for the page: a broken line has its ledger there, beside the others."""
    teams = lines_kit.write(tmp_path / "teams", deck_broken=lines_kit.BROKEN)
    monkeypatch.setenv("SLIPWAY_LINES", str(teams))
    settings.cache_clear()
    html = slipway_board.show()
    assert "feed" in html
    assert "deck_broken" in html


def test_what_is_wrong_with_the_ledger_stands_above_everything():
    """Each fault is named with what to do; without one the page says nothing of it."""
    html = page(story(), ["feed epoch 2: edited: <b>"])
    assert "feed epoch 2: edited: &lt;b&gt;" in html
    assert "slipway ledger repair feed" in html
    assert "slipway ledger repair" not in page(story())


def test_a_damaged_row_does_not_take_the_page_away():
    """A version of which no stage is known, or that is no number, is a row as others."""
    last = story()[-1]
    html = page((replace(last, candidate=replace(last.candidate, version="x")),))
    assert "Version" in html


def test_names_are_escaped():
    """An author's name is text, whatever it holds."""
    html = page(story(author="<script>alert(1)</script>"))
    assert "<script>alert" not in html


def test_every_page_of_the_application_asks_for_an_account():
    """What FastAPI adds by itself is open to everybody, so there is nothing but our own pages."""
    assert {route.path for route in slipway_board.app.routes} == {"/", "/needs", "/watch/{line}"}


def test_what_cannot_be_seen_stands_above_the_story():
    """A page that only told the ledger's story would say nothing of a reconciler that died."""
    html = slipway_board.board(
        {"feed": (fold("feed", story()), story())},
        "http://mlflow",
        unseen={"feed": ("no look <b>",)},
    )
    assert "Unseen:</b> no look &lt;b&gt;" in html
    assert "Unseen" not in page(story())


def test_a_line_has_a_page_of_its_watch(tmp_path, monkeypatch):
    """Before anything was compared it says so; a line that is not declared has none."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    said = slipway_board.watch("feed")
    assert "No week was compared yet" in said
    for there in ("../?who=feed", "../needs", "../../dags/drift_feed", "../../dags/watch_feed"):
        assert f'href="{there}"' in said
    assert '<input type="search"' in said
    with pytest.raises(HTTPException, match="no line sofa"):
        slipway_board.watch("sofa")
    settings.cache_clear()
    assert 'href="watch/feed"' in page(story())


def test_a_damaged_file_of_the_watch_is_said_on_its_page(tmp_path, monkeypatch):
    """In one line, and not as an error of the server."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    folder = tmp_path / "work" / "feed" / "watch"
    folder.mkdir(parents=True)
    (folder / "relation.json").write_text("[]")
    with pytest.raises(HTTPException, match="the watch of feed cannot be read"):
        slipway_board.watch("feed")
    settings.cache_clear()


def test_readiness_stands_beside_the_facts_of_a_line():
    """A score is shown of seven; a line that could not be scored says so."""
    found = {"feed": (fold("feed", story()), story())}
    html = slipway_board.board(found, "http://mlflow", ready={"feed": 5.5})
    assert "5.5 of 7" in html
    assert "not known" in page(story())

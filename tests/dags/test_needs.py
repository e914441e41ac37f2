"""The page of what waits: every need with its age, red tasks with their log, escaped and filterable."""

from datetime import UTC, datetime, timedelta

import pytest
import slipway_board
import slipway_needs
from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import Stage
from slipway.release.needs import ENGINEER, LineFacts, NeedKind, WaitingTask, needs_of
from slipway.settings import settings
from slipway.steps import context
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def render(facts, tasks):
    """The page of these."""
    return slipway_needs.page(facts, tasks, slipway_board._PAGES.get_template("needs.html").render)


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """Events stand still at noon."""
    monkeypatch.setattr(context, "now", lambda: NOW)


def approval(line="feed", *, waited=timedelta(days=3)):
    """A line whose version 7 waits for its reviewer."""
    who = Candidate("7", "f", "<b>adam</b>", Origin.MANUAL, NOW, Stage.APPROVAL, NOW - waited)
    return LineFacts(line, LineState(line, 5, candidate=who))


def test_an_approval_stands_there_with_its_age_and_whom_it_waits_for():
    """Names are text, whatever they hold."""
    facts = [approval()]
    html = render(facts, needs_of(facts[0]))
    assert "for 3 days, waits for a reviewer" in html
    assert "slipway approve-url feed" in html
    assert "&lt;b&gt;adam" in html
    assert "<b>adam" not in html
    assert 'data-who="a reviewer" data-kind="Approval"' in html


@pytest.mark.parametrize(
    ("waited", "said"),
    [
        (timedelta(seconds=-5), "for 0 minutes"),
        (timedelta(minutes=1), "for 1 minute"),
        (timedelta(hours=30), "for 30 hours"),
        (timedelta(days=2), "for 2 days"),
    ],
)
def test_ages_are_said_in_the_unit_that_people_would_use(waited, said):
    """Also where a clock went back."""
    (card,) = slipway_needs.cards(needs_of(approval(waited=waited)))
    assert card.age == said


def test_nothing_to_do_is_said():
    """An empty list is no empty page."""
    assert "Nothing waits for anybody" in render([LineFacts("feed", LineState("feed"))], [])


def test_a_red_task_of_the_newest_run_leads_to_its_log(tmp_path):
    """Of each DAG the newest ended run counts: one that went well since hides an older failure."""
    engine = create_engine(f"sqlite:///{tmp_path}/airflow.db")
    runs = (("watch_feed", "failed"), ("watch_feed", "success"), ("retrain_feed", "failed"))
    with Session(engine) as session:
        for statement in (
            "CREATE TABLE dag_run (id, dag_id, run_id, state, end_date)",
            "CREATE TABLE task_instance (id, dag_id, run_id, task_id, map_index, state, end_date)",
            "CREATE TABLE task_instance_note (ti_id, user_id, content, created_at, updated_at)",
            f"INSERT INTO task_instance_note VALUES ('{3:032d}', NULL, 'no rows', NULL, NULL)",
        ):
            session.execute(text(statement))
        for number, (dag_id, state) in enumerate(runs, 1):
            row = {
                "n": number,
                "id": f"{number:032d}",
                "dag": dag_id,
                "run": f"r:{number}",
                "state": state,
            }
            session.execute(text("INSERT INTO dag_run VALUES (:n, :dag, :run, :state, NULL)"), row)
            session.execute(
                text(
                    "INSERT INTO task_instance VALUES (:id, :dag, :run, 'validate', 2, :state, NULL)"
                ),
                row,
            )
        (task,) = slipway_needs.red_tasks(session, "feed")
    assert (task.kind, task.words) == (NeedKind.RED, "validate of retrain_feed failed: no rows")
    assert task.link == "../dags/retrain_feed/runs/r%3A3/tasks/validate/mapped/2"


def test_runs_that_cannot_be_read_are_said(tmp_path):
    """A database without tables is no line without red tasks."""
    with Session(create_engine(f"sqlite:///{tmp_path}/empty.db")) as session:
        found = slipway_needs.red_tasks(session, "feed")
    assert {task.kind for task in found} == {NeedKind.UNSEEN}
    assert "could not be read" in found[0].words


def test_the_whole_page_is_made_of_what_the_installation_says(home, monkeypatch):
    """Every line in use stands there; nobody answers here, and that waits for an engineer."""
    monkeypatch.setenv("SLIPWAY_ROUTER_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    with Session(create_engine("sqlite://")) as session:
        html = slipway_board.show_needs(session)
    assert "the router is not ready for feed" in html
    assert 'data-who="an engineer"' in html


def test_a_task_has_what_a_card_shows():
    """Nothing of it is empty but what is not known."""
    task = WaitingTask("feed", NeedKind.PLAN, ENGINEER, "declared", "slipway plan feed --apply")
    (card,) = slipway_needs.cards([task])
    assert (card.heading, card.age) == ("Not in use", "found just now")

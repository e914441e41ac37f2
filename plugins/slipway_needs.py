"""The page *What needs me now*: over all lines, whatever waits for a person, with its age and where to go."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance, TaskInstanceNote
from slipway.domain.errors import SlipwayError
from slipway.domain.in_words import counted
from slipway.registry.page import version_url
from slipway.release.needs import (
    ENGINEER,
    LineFacts,
    NeedKind,
    WaitingTask,
    by_urgency,
    needs_of,
    standing_in_words,
)
from slipway.settings import settings
from slipway.steps import context, needs
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

DAGS = ("retrain", "release", "watch", "drift", "retention", "approval")
"""What a line's DAGs are called before its name."""
ENDED = ("success", "failed")
HEADINGS = {
    NeedKind.LEDGER: "Ledger damaged",
    NeedKind.FAULT: "Line at fault",
    NeedKind.UNSEEN: "Not seen",
    NeedKind.RED: "Red task",
    NeedKind.APPROVAL: "Approval",
    NeedKind.DRILL: "Drill due",
    NeedKind.PLAN: "Not in use",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that waits, as the page shows it."""

    task: WaitingTask
    heading: str
    age: str


def task_link(dag_id: str, run_id: str, task_id: str = "", map_index: int = -1) -> str:
    """Where Airflow shows a run, or a task's log; relative to the page.

    >>> task_link("retrain_feed", "manual__1", "validate")
    '../dags/retrain_feed/runs/manual__1/tasks/validate'
    """
    run = f"../dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"
    if not task_id:
        return run
    mapped = "" if map_index < 0 else f"/mapped/{map_index}"
    return f"{run}/tasks/{quote(task_id)}{mapped}"


def red_tasks(session: Session, line: str) -> list[WaitingTask]:
    """The failed tasks of each DAG's newest ended run; what cannot be read is said, not left out."""
    found = []
    for dag_id in (f"{kind}_{line}" for kind in DAGS):
        try:
            found += _red_of(session, line, dag_id)
        except SQLAlchemyError as error:
            words = f"the runs of {dag_id} could not be read: {type(error).__name__}"
            found.append(
                WaitingTask(line, NeedKind.UNSEEN, ENGINEER, words, "read the API server's log")
            )
    return found


def _red_of(session: Session, line: str, dag_id: str) -> list[WaitingTask]:
    newest = (
        select(DagRun.run_id, DagRun.state, DagRun.end_date)
        .where(DagRun.dag_id == dag_id, DagRun.state.in_(ENDED))
        .order_by(DagRun.id.desc())
        .limit(1)
    )
    run = session.execute(newest).first()
    if run is None or run.state != "failed":
        return []
    failed = (
        select(
            TaskInstance.task_id,
            TaskInstance.map_index,
            TaskInstance.end_date,
            TaskInstanceNote.content,
        )
        .join(TaskInstanceNote, TaskInstanceNote.ti_id == TaskInstance.id, isouter=True)
        .where(
            TaskInstance.dag_id == dag_id,
            TaskInstance.run_id == run.run_id,
            TaskInstance.state == "failed",
        )
    )
    return [
        WaitingTask(
            line,
            NeedKind.RED,
            ENGINEER,
            _said_of(each.task_id, dag_id, each.content),
            "what its last words say, then clear it in Airflow",
            each.end_date or run.end_date,
            link=task_link(dag_id, run.run_id, each.task_id, each.map_index),
        )
        for each in session.execute(failed)
    ]


def _said_of(task_id: str, dag_id: str, note: str | None) -> str:
    """What failed, and the note that it left: the first line of its log."""
    said = f"{task_id} of {dag_id} failed"
    return f"{said}: {note}" if note else f"{said} without a note: its log says why"


def collect(session: Session, since: float) -> tuple[list[LineFacts], list[WaitingTask]]:
    """The facts of all lines, and everything that waits; ``since`` as in :func:`needs.of_all`."""
    facts = needs.of_all(since=since)
    found = []
    for each in facts:
        found += [_linked(task) for task in needs_of(each)] + red_tasks(session, each.line)
    return facts, by_urgency(found)


def _linked(task: WaitingTask) -> WaitingTask:
    if task.version:
        return replace(task, link=version_url(settings().mlflow_pages, task.line, task.version))
    return task


def cards(tasks: Sequence[WaitingTask]) -> list[Card]:
    """With heading and age: of a red task by the wall clock, of all others by the clock of events."""
    wall = datetime.fromtimestamp(time.time(), UTC)
    try:
        event = context.now()
    except (SlipwayError, OSError, ValueError):  # a clock that cannot be read has no ages
        event = None
    return [
        Card(task, HEADINGS[task.kind], _age(task, wall if task.kind is NeedKind.RED else event))
        for task in tasks
    ]


def _age(task: WaitingTask, now: datetime | None) -> str:
    if task.since is None or now is None:
        return "found just now"
    age = max(timedelta(), now - task.since)
    if age < timedelta(hours=1):
        return f"for {counted(int(age / timedelta(minutes=1)), 'minute')}"
    if age < timedelta(days=2):
        return f"for {counted(int(age / timedelta(hours=1)), 'hour')}"
    return f"for {counted(age.days, 'day')}"


def page(
    facts: Sequence[LineFacts], tasks: Sequence[WaitingTask], render: Callable[..., str]
) -> str:
    """The page as HTML, by ``render`` with the names of its template."""
    return render(
        lines=[{"name": each.line, "stands": standing_in_words(each)} for each in facts],
        cards=cards(tasks),
        whom=sorted({task.who for task in tasks}),
        kinds=list(dict.fromkeys(HEADINGS[task.kind] for task in tasks)),
    )

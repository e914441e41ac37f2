"""What the tasks of Slipway's DAGs share: readable failures, and who started a run."""

import functools
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any, ParamSpec, Protocol, TypeVar

import pendulum
from airflow.sdk import Asset, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from slipway.domain.errors import BadInput, NotEligible, SlipwayError
from slipway.domain.people import SCHEDULER, plain
from slipway.lines import store
from slipway.lines.recipe_form import form_of, recipe_from
from slipway.private_files import create_private
from slipway.settings import settings
from slipway_notes import annotate

P = ParamSpec("P")
R = TypeVar("R")

TASK_DEFAULTS = {
    "owner": "slipway",
    "retries": 2,
    "retry_delay": timedelta(seconds=5),
    "execution_timeout": timedelta(hours=2),
}
# The pool keeps a big backfill from taking every core away from the reconciler.
TRAINING = {"pool": "training"}
# A registry or database that is away for an hour must not cost a week's release: a run that was
# cleared by hand may not be offered any more. Waits double from 5 s up to ten minutes.
PATIENT = {
    "retries": 13,
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
}
# A mapped task shows the gate's name in the grid instead of a number.
BY_GATE = {"map_index_template": "{{ task.op_kwargs['gate'] }}"}


def settings_of(line: str, doc: str | None) -> dict[str, Any]:
    """What every DAG of a line is told, beside its id and its schedule."""
    return {
        "start_date": pendulum.datetime(2000, 1, 1, tz="UTC"),
        "catchup": False,
        "tags": ["slipway", line],
        "doc_md": doc,
        "default_args": TASK_DEFAULTS,
    }


def approval_asked(line: str) -> str:
    """The asset that has an event whenever a release begins to wait for a reviewer."""
    return f"{line}_approval_asked"


class Task(Protocol):
    """What Airflow's ``@task`` makes of a function: called in a graph it gives its future result."""

    def __call__(self, *args: object, **kwargs: object) -> Any:  # an XComArg
        """Put the task into the graph."""

    def override(self, **arguments: object) -> "Task":
        """The same task with other arguments."""

    def expand_kwargs(self, items: object) -> Any:  # an XComArg
        """Put one instance for each item into the graph, known when it runs."""


def step(**arguments: Any) -> Callable[[Callable[..., Any]], Task]:  # of @task
    """A task whose expected errors end it at once, with their one line first in its log.

    ``arguments`` are those of Airflow's ``@task``. An ineligible run is skipped; an error that may
    pass is retried; anything that is no SlipwayError is left to Airflow.
    """

    def decorate(function: Callable[..., Any]) -> Task:
        # one result is one XCom: by default each key of a dict becomes one of its own as well
        made: Task = task(multiple_outputs=False, **arguments)(readable(function))
        return made

    return decorate


def verb(place: str, **arguments: Any) -> Task:  # of @task
    """A task that is one function of ``slipway.steps``, imported when it runs, not at parse.

    ``place`` is ``module.function``; the task is named after the function and takes its inputs by
    position.
    """
    module, name = place.rsplit(".", 1)

    def run(*inputs: Any) -> Any:  # whatever the step takes
        return getattr(import_module(f"slipway.steps.{module}"), name)(*inputs)

    run.__doc__ = f"See ``slipway.steps.{place}``."
    return step(task_id=name, **arguments)(run)


def readable(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` with Slipway's errors said in Airflow's words."""

    @functools.wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        create_private()  # a task is a process of its own, also on a team's own Airflow
        try:
            return function(*args, **kwargs)
        except NotEligible as error:
            annotate(str(error))
            raise AirflowSkipException(str(error)) from None
        except SlipwayError as error:
            _log().error("%s", error)
            annotate(str(error))
            if error.retryable:
                raise
            raise AirflowFailException(str(error)) from None

    return inner


def _log() -> logging.Logger:
    return logging.getLogger("slipway")


def recipe_of(
    line: str, dag_run: Any, params: Mapping[str, Any]
) -> dict[str, Any]:  # Airflow's run
    """What the run overrides of its line's recipe; see :func:`slipway.lines.recipe_form.recipe_from`."""
    used = store.in_use(settings().home, line)
    fields = [field.name for field in form_of(used)] if used else []
    return recipe_from(dag_run.conf or {}, params, fields)


def retrain_asked(line: str) -> Asset:
    """The asset whose event asks for a retrain of a line."""
    return Asset(f"{line}_retrain_asked")


def ask_of(dag_run: Any) -> Mapping[str, Any] | None:  # Airflow's run, of several classes
    """What the watch said when it asked for the run, the newest ask; None for a run that nobody asked for.

    Raises BadInput for an event that no task of the watch sent: whoever makes one by hand would start a run
    that names nobody as its author.
    """
    if dag_run.run_type != "asset_triggered":
        return None
    line = dag_run.dag_id.removeprefix("retrain_")
    sender = (f"drift_{line}", "ask_retrain")
    events = sorted(dag_run.consumed_asset_events, key=lambda event: event.timestamp)
    for event in events:
        source = (event.source_dag_id, event.source_task_id)
        if source != sender or not {"asked_by", "start", "end"} <= event.extra.keys():
            raise BadInput(
                f"event of {event.asset.name}",
                found=f"sent by {' '.join(filter(None, source)) or 'hand'}",
                expected=f"sent by {' '.join(sender)}",
                next_step=f"trigger {dag_run.dag_id} by hand: the run names who started it",
            )
    return dict(events[-1].extra) if events else None


def interval_of(dag_run: Any) -> tuple[str, str]:  # Airflow's run, of several classes
    """Start and end of the run's data interval, as ISO times; of a run that was asked for what the ask says.

    Raises NotEligible for a run of the wall clock's schedule where events have a clock of their
    own (a demo), and BadInput for a run without an interval.
    """
    if ask := ask_of(dag_run):
        return str(ask["start"]), str(ask["end"])
    if dag_run.run_type == "scheduled" and settings().clock_file:
        raise NotEligible(
            "scheduled run",
            found="a week of the wall clock",
            expected="a week of the event clock",
            next_step="whoever drives the event clock triggers the weekly runs",
        )
    if dag_run.data_interval_start is None:
        raise BadInput(
            "logical date",
            found=None,
            expected="a date",
            next_step="trigger the run with one; it takes the last complete week before it",
        )
    return dag_run.data_interval_start.isoformat(), dag_run.data_interval_end.isoformat()


def origin_of(dag_run: Any) -> str:  # Airflow's run, of several classes
    """``scheduled``, ``manual``, ``requested`` or ``backfill``; a run's id would lie about a reprocessed run."""
    for kind, origin in (
        ("scheduled", "scheduled"),
        ("manual", "manual"),
        ("asset_triggered", "requested"),
    ):
        if dag_run.run_type == kind:
            return origin
    return "backfill"  # and whatever else Airflow invents: it gets no traffic


def author_of(dag_run: Any) -> str:  # Airflow's run, of several classes
    """Who started the run: a person's account, or ``scheduler``, who is nobody's reviewer.

    Of the scheduler's own runs and of those that the watch asked for: neither an account of that name nor a
    run that names nobody is it.
    """
    account: str = (getattr(dag_run, "triggering_user_name", None) or "").strip()
    if not account:
        nobody = dag_run.run_type == "scheduled" or ask_of(dag_run)
        return SCHEDULER if nobody else "unknown"
    return account if plain(account) != SCHEDULER else f"account {account}"


def was_cleared(dag_run: Any) -> bool:  # Airflow's run, of several classes
    """Whether the run was cleared and runs again; its run type does not tell."""
    return bool(dag_run.clear_number)

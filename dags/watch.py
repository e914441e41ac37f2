"""Watch a line: whether all of it can be seen at each look, and harm after promotion once an hour.

**Red?** A part is silent (router, reconciler, log), or a number could not be computed; the first line of
the log says which. A champion that does harm is taken back to the previous one by this run, with its reason
in the ledger; once the watch saw enough, this run ends the previous champion's hold-back.
"""

from datetime import timedelta

from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway.settings import settings
from slipway_lines import each_line
from slipway_tasks import settings_of, verb


def watch(line: str) -> None:
    """One task: it measures, and may only hold or return."""
    verb("watch.watch")(line)


def pace() -> timedelta:
    """As often as a release is looked at, and no less than once an hour."""
    return timedelta(seconds=min(3600.0, max(60.0, settings().release_every_s)))


def declare(line: Definition) -> None:
    """The watch of a line that has traffic."""
    if not line.has_traffic:
        return
    with DAG(
        dag_id=f"watch_{line.name}",
        schedule=DeltaTriggerTimetable(pace()),
        max_active_runs=1,
        allowed_run_types=["scheduled", "manual"],
        **settings_of(line.name, __doc__),
    ):
        watch(line.name)


each_line(declare)

"""Watch a line's champion every hour: router health, sample ratio, harm after promotion.

**Red?** The router does not answer, or a number could not be computed; the first line of the log
says which. A champion that does harm is taken back to the previous one by this run, with its reason
in the ledger.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway_lines import each_line
from slipway_tasks import TASK_DEFAULTS, verb


def watch(line: str) -> None:
    """One task: it measures, and may only hold or return."""
    verb("watch.watch")(line)


def declare(line: Definition) -> None:
    """The watch of a line that has traffic."""
    if not line.has_traffic:
        return
    with DAG(
        dag_id=f"watch_{line.name}",
        schedule=DeltaTriggerTimetable(timedelta(hours=1)),
        start_date=pendulum.datetime(2000, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        allowed_run_types=["scheduled", "manual"],
        tags=["slipway", line.name],
        doc_md=__doc__,
        default_args=TASK_DEFAULTS,
    ):
        watch(line.name)


each_line(declare)

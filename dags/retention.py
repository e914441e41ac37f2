"""Once a day: delete what is older than it is kept, finish erasures that were stopped, and compare.

What a standing version needs stays, however old. **Red `apply`?** The retention of the line
would lose what it still reads; the first line of the log says the least value. `slipway retention` says what
would go. **Red `compare_day`?** Rows of the day before were logged otherwise than they are computed
again; the first line of the log names the columns, and `slipway consistency` shows rows of them.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway_lines import each_line
from slipway_tasks import TASK_DEFAULTS, verb


def declare(line: Definition) -> None:
    """One task deletes, and says what; another compares, where answers are logged with features."""
    with DAG(
        dag_id=f"retention_{line.name}",
        schedule=DeltaTriggerTimetable(timedelta(days=1)),
        start_date=pendulum.datetime(2000, 1, 1, tz="UTC"),
        catchup=False,
        max_active_runs=1,
        allowed_run_types=["scheduled", "manual"],
        tags=["slipway", line.name],
        doc_md=__doc__,
        default_args=TASK_DEFAULTS,
    ):
        verb("retention.apply")(line.name)
        if line.has_traffic:
            verb("consistency.compare_day")(line.name)


each_line(declare)

"""Once a day: delete what is older than it is kept, and finish erasures that were stopped.

What a standing version needs stays, however old. **Red?** The retention of the line would lose what
it still reads; the first line of the log says the least value. `slipway retention` says what would go.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway_lines import each_line
from slipway_tasks import TASK_DEFAULTS, verb


def declare(line: Definition) -> None:
    """One task: it deletes, and says what."""
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


each_line(declare)

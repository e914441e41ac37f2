"""Once a day: delete what is older than it is kept, finish erasures that were stopped, and compare.

What a standing version needs stays, however old. **Red `apply`?** The retention of the line
would lose what it still reads; the first line of the log says the least value. `slipway retention` says what
would go. **Red `compare_day`?** Rows of the day before were logged otherwise than they are computed
again; the first line of the log names the columns, and `slipway consistency` shows rows of them.
"""

from datetime import timedelta

from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway_lines import each_line
from slipway_tasks import settings_of, verb


def declare(line: Definition) -> None:
    """One task deletes, and says what; another compares, where answers are logged with features."""
    with DAG(
        dag_id=f"retention_{line.name}",
        schedule=DeltaTriggerTimetable(timedelta(days=1)),
        max_active_runs=1,
        allowed_run_types=["scheduled", "manual"],
        **settings_of(line.name, __doc__),
    ):
        verb("retention.apply")(line.name)
        if line.has_traffic:
            verb("consistency.compare_day")(line.name)


each_line(declare)

"""Once a day: delete what is older than it is kept, and finish erasures that were stopped.

What a standing version needs stays, however old. **Red?** The retention of that line would lose what
it still reads; the first line of the log says the least value. `slipway retention` says what would go.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway import lines
from slipway_tasks import TASK_DEFAULTS, verb

with DAG(
    dag_id="retention",
    schedule=DeltaTriggerTimetable(timedelta(days=1)),
    start_date=pendulum.datetime(2000, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    tags=["slipway", "housekeeping"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
):
    for name in lines.all_names():
        verb("retention.apply").override(task_id=name)(name)

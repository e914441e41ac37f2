"""Look at a line's release and take at most one step: the reconciler.

Each run looks again, so restarting, retrying or clearing one is harmless; the ledger refuses a
step that was taken already. **Red `compare`?** A number could not be computed: the candidate stays
where it is and the reason is the first line of the log. The whole story of a release is on the page
*Releases* and in `slipway history`.
"""

from datetime import timedelta

from airflow.sdk import DAG, Asset, AssetAlias, AssetOrTimeSchedule, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway.settings import settings
from slipway_lines import each_line
from slipway_tasks import approval_asked, settings_of
from slipway_verbs import apply, compare, decide, observe


def release(line: str) -> None:
    """Every comparison stands before the step it may lead to."""
    panel = observe(line)
    seen = panel["seen"]
    asks = apply.override(outlets=[AssetAlias(approval_asked(line))])
    asks(line, decide(seen, compare.expand_kwargs(panel)))


def pace(line: Definition) -> timedelta:
    """How often a line is looked at; without traffic only a reviewer's word is waited for."""
    every = timedelta(seconds=settings().release_every_s)
    return every if line.has_traffic else max(every, timedelta(minutes=5))


def declare(line: Definition) -> None:
    """The reconciler of a line."""
    with DAG(
        dag_id=f"release_{line.name}",
        schedule=AssetOrTimeSchedule(
            timetable=DeltaTriggerTimetable(pace(line)),
            assets=[Asset(f"{line.name}_candidate")],
        ),
        max_active_runs=1,
        allowed_run_types=["scheduled", "asset_triggered", "manual"],
        **settings_of(line.name, __doc__),
    ):
        release(line.name)


each_line(declare)

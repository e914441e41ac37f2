"""Once a day: sketch the days of a line's log that are complete, compare its weeks, note what moved.

One task does so for columns and predictions, another for what came of them beside what was predicted; a third
says how good the champion is in days whose outcomes have not come. Where the relation changed or a promise was
broken the asset `<line>_retrain_asked` has an event, and `retrain_<line>` runs on it; **pink** `ask_retrain` is the rule: nothing asks. Drift explains and never returns a model. **Red?** The log could not be read: the first line of the task's
log says where. What was found stands in `slipway watch` and on the line's page *Watch*.
"""

from datetime import timedelta

from airflow.sdk import DAG, DeltaTriggerTimetable
from slipway.lines.definition import Definition
from slipway_lines import each_line
from slipway_tasks import retrain_asked, settings_of, verb
from slipway_verbs import ask_retrain


def declare(line: Definition) -> None:
    """One task; of a line that has traffic."""
    if not line.has_traffic:
        return
    with DAG(
        dag_id=f"drift_{line.name}",
        schedule=DeltaTriggerTimetable(timedelta(days=1)),
        max_active_runs=1,
        allowed_run_types=["scheduled", "manual"],
        **settings_of(line.name, __doc__),
    ):
        verb("drift.update")(line.name)
        compared = verb("relation.compare_outcomes")(line.name)
        verb("quality.expect_quality")(line.name)
        compared >> ask_retrain.override(outlets=[retrain_asked(line.name)])(line.name)
        verb("loop.judge_loop")(line.name)


each_line(declare)

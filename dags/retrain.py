"""Retrain a line on one weekly interval, judge the result, register it and offer it for release.

**Red?** The first line of the failed task's log says what was found and what to do: `snapshot` rows
are missing or all of one class; `validate` the data or the recipe broke an expectation; `judge` a
number could not be computed. **Pink?** `offer` is skipped for a backfill, a cleared run or an old
interval: such a version is registered and never gets traffic. A run of type `asset_triggered` was asked for
by the watch: the note of its `snapshot` says by what.
"""

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronDataIntervalTimetable, Param
from slipway.lines.definition import Definition
from slipway.lines.recipe_form import form_of
from slipway_lines import each_line
from slipway_tasks import retrain_asked, settings_of
from slipway_verbs import evaluate, judge, offer, register, snapshot, train, validate

RECIPE = Param(
    {},
    type=["null", "object"],
    section="Recipe",
    description='Any other word of the recipe, for example {"category_boost": {"drama": 0.2}}',
)


def form(line: Definition) -> dict[str, Param]:
    """What an engineer is asked for who triggers or backfills: nothing that has to be filled in."""
    fields = {
        field.name: Param(
            None, title=field.title, description=field.about, section="Recipe", **field.schema
        )
        for field in form_of(line)
    }
    return {**fields, "recipe": RECIPE}


def retrain(line: str) -> None:
    """The graph: every comparison stands before registration and offer."""
    panel = evaluate(train(validate(snapshot(line))))
    verdicts = judge.expand_kwargs(panel)
    version = register(panel, verdicts)
    offer.override(outlets=[Asset(f"{line}_candidate")])(version, verdicts)


def declare(line: Definition) -> None:
    """The weekly run of a line; of one that is watched also the run that its watch asks for."""
    weekly = CronDataIntervalTimetable(line.cron, timezone=line.zone)
    asked = [retrain_asked(line.name)]
    with DAG(
        dag_id=f"retrain_{line.name}",
        schedule=AssetOrTimeSchedule(timetable=weekly, assets=asked)
        if line.has_traffic
        else weekly,
        params=form(line),
        **settings_of(line.name, __doc__),
    ):
        retrain(line.name)


each_line(declare, placeholder="retrain")

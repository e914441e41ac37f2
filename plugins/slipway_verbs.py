"""The tasks that need more of Airflow than their inputs: the run's dates and origin, mapping.

Imports of ``slipway.steps`` stand inside the tasks: they are heavy, and DAG files are parsed often.
"""

from typing import Any

from airflow.sdk import Asset, AssetAlias
from slipway_notes import annotate
from slipway_tasks import (
    BY_GATE,
    PATIENT,
    TRAINING,
    approval_asked,
    ask_of,
    author_of,
    interval_of,
    origin_of,
    recipe_of,
    retrain_asked,
    step,
    was_cleared,
)

Json = dict[str, Any]
"""The dict form of a run or a look, as it crosses from task to task."""


@step(**TRAINING)
def snapshot(line: str, dag_run: Any, params: Json) -> Json:  # Airflow's run
    """Freeze the interval's training table as of its cut; what asked for the run stands in the task's note."""
    from slipway.steps.snapshot import snapshot as act

    interval, asked_by = interval_of(dag_run), (ask_of(dag_run) or {}).get("asked_by", ())
    if asked_by:
        annotate(f"the watch asked for this run: {'; '.join(asked_by)}")
    recipe = recipe_of(line, dag_run, params)
    return act(line, *interval, recipe, dag_run.run_id, asked_by=asked_by).to_dict()


@step(**TRAINING)
def validate(run: Json) -> Json:
    """Prove the run's tables; inputs that its audit accuses stand in the task's note."""
    from slipway.domain.run import Run
    from slipway.steps.context import read_run
    from slipway.steps.validate import validate as act

    validated = act(read_run(Run, run))
    if validated.validation.accused:
        annotate(validated.validation.suspicions)
    return validated.to_dict()


@step(**TRAINING)
def train(run: Json) -> Json:
    """Fit the run's recipe on its frozen table; how it stands to earlier runs is in the task's note."""
    from slipway.domain.run import ValidatedRun
    from slipway.steps.context import read_run
    from slipway.steps.train import train as act

    trained = act(read_run(ValidatedRun, run))
    annotate(f"model {trained.model.fingerprint[:12]}: {trained.model.reproducibility}")
    return trained.to_dict()


@step(**TRAINING, **PATIENT)
def evaluate(run: Json) -> list[Json]:
    """Measure candidate, champion and rules on the same rows; one item for each gate."""
    from slipway.domain.run import TrainedRun
    from slipway.steps.context import read_run
    from slipway.steps.evaluate import evaluate as act
    from slipway.steps.evaluate import offline_gates

    measured = act(read_run(TrainedRun, run))
    return [{"run": measured.to_dict(), "gate": gate} for gate in offline_gates(measured)]


@step(**BY_GATE)
def judge(run: Json, gate: str) -> Json:
    """The verdict of one offline gate."""
    from slipway.domain.run import EvaluatedRun
    from slipway.steps.context import read_run
    from slipway.steps.evaluate import judge as act

    return act(read_run(EvaluatedRun, run), gate)


@step(**PATIENT)
def register(panel: list[Json], verdicts: list[Json], dag_run: Any) -> Json:  # Airflow's run
    """Register the version with its evidence and where it came from; the task's note leads to its page."""
    from slipway.domain.release import Origin
    from slipway.domain.run import EvaluatedRun
    from slipway.registry.page import version_url
    from slipway.settings import settings
    from slipway.steps.context import read_run
    from slipway.steps.register import register as act

    run, origin = read_run(EvaluatedRun, panel[0]["run"]), Origin(origin_of(dag_run))
    registered = act(run, list(verdicts), origin, author_of(dag_run))
    page = version_url(settings().mlflow_pages, registered.line, registered.version)
    annotate(f"registered as version {registered.version} of {registered.line}: {page}")
    return registered.to_dict()


@step(**PATIENT)
def offer(run: Json, verdicts: list[Json], dag_run: Any) -> Json:  # Airflow's run
    """Put the version on the slipway, if this run may touch live traffic."""
    from slipway.domain.run import RegisteredRun
    from slipway.steps.context import read_run
    from slipway.steps.offer import offer as act

    return act(read_run(RegisteredRun, run), list(verdicts), cleared=was_cleared(dag_run))


@step()
def observe(line: str, ti: Any) -> list[Json]:  # Airflow's task instance
    """Lay out one look at the release; one item for each gate to compare, the look beside them."""
    from slipway.steps.release import observe as act

    seen = act(line)
    ti.xcom_push(key="seen", value=seen)
    return [{"seen": seen, "gate": gate} for gate in seen["gates"]]


@step(**BY_GATE)
def compare(seen: Json, gate: str) -> Json:
    """The verdict of one gate on the look."""
    from slipway.steps.release import compare as act

    return act(seen, gate)


@step(trigger_rule="all_done")
def decide(seen: Json, verdicts: list[Json] | None) -> Json | None:
    """The next step of the release, or none: no candidate, or not enough evidence.

    A comparison that could not be computed is red and its verdict is missing: nothing advances on
    such a panel, and proven harm is returned all the same.
    """
    from slipway.steps.release import decide as act

    return act(seen, list(verdicts or ()))


@step()
def apply(line: str, decided: Json | None, outlet_events: Any) -> Json:
    """Take the step, which its note says; one that begins to wait for a reviewer is told to whoever shows it."""
    from slipway.steps.release import apply as act

    done = act(line, decided)
    if done["moved"]:
        annotate(f"epoch {done['epoch']} of {line}: {done['reason']}")
    if done["asks_approval"]:
        name = approval_asked(line)
        outlet_events[AssetAlias(name)].add(Asset(name))
    return done


@step()
def ask_retrain(line: str, dag_run: Any, outlet_events: Any) -> Json:  # Airflow's own
    """Ask for a retrain where the watch found a reason; the asset's event says by what."""
    from slipway.steps.retrain_ask import ask_retrain as act

    asked = act(line, dag_run.run_id)
    outlet_events[retrain_asked(line)].extra = asked
    return asked

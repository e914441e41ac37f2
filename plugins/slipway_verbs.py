"""The tasks that need more of Airflow than their inputs: the run's dates and origin, mapping.

Imports of ``slipway.steps`` stand inside the tasks: they are heavy, and DAG files are parsed often.
"""
# ruff: noqa: PLC0415 - see above

from typing import Any

from slipway_tasks import (
    BY_GATE,
    PATIENT,
    TRAINING,
    author_of,
    interval_of,
    origin_of,
    step,
    was_cleared,
)

Ref = dict[str, Any]


@step(**TRAINING)
def snapshot(line: str, dag_run: Any, params: Ref) -> Ref:  # noqa: ANN401 - Airflow's run
    """Freeze the interval's training table as of its cut."""
    from slipway.steps.snapshot import snapshot as act

    return act(line, *interval_of(dag_run), params["recipe"], dag_run.run_id)


@step(**TRAINING, **PATIENT)
def evaluate(ref: Ref) -> list[Ref]:
    """Measure candidate, champion and rules on the same rows; one item for each gate."""
    from slipway.steps.evaluate import evaluate as act
    from slipway.steps.evaluate import offline_gates

    measured = act(ref)
    return [{"ref": measured, "gate": gate} for gate in offline_gates(measured)]


@step(**BY_GATE)
def judge(ref: Ref, gate: str) -> Ref:
    """The verdict of one offline gate."""
    from slipway.steps.evaluate import judge as act

    return act(ref, gate)


@step(**PATIENT)
def register(panel: list[Ref], verdicts: list[Ref], dag_run: Any) -> Ref:  # noqa: ANN401 - as above
    """Register the version with its evidence and where it came from."""
    from slipway.steps.register import register as act

    return act(panel[0]["ref"], list(verdicts), origin_of(dag_run), author_of(dag_run))


@step(**PATIENT)
def offer(ref: Ref, verdicts: list[Ref], dag_run: Any) -> Ref:  # noqa: ANN401 - as above
    """Put the version on the slipway, if this run may touch live traffic."""
    from slipway.steps.offer import offer as act

    return act(ref, list(verdicts), cleared=was_cleared(dag_run))


@step()
def observe(line: str, ti: Any) -> list[Ref]:  # noqa: ANN401 - Airflow's task instance
    """Lay out one look at the release; one item for each gate to compare, the look beside them."""
    from slipway.steps.release import observe as act

    seen = act(line)
    ti.xcom_push(key="seen", value=seen)
    return [{"seen": seen, "gate": gate} for gate in seen["gates"]]


@step(**BY_GATE)
def compare(seen: Ref, gate: str) -> Ref:
    """The verdict of one gate on the look."""
    from slipway.steps.release import compare as act

    return act(seen, gate)


@step(trigger_rule="all_done")
def decide(seen: Ref, verdicts: list[Ref] | None) -> Ref | None:
    """The next step of the release, or none: no candidate, or not enough evidence.

    A comparison that could not be computed is red and its verdict is missing: nothing advances on
    such a panel, and proven harm is returned all the same.
    """
    from slipway.steps.release import decide as act

    return act(seen, list(verdicts or ()))

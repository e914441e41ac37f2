"""A run that validation stopped trains nothing; corrected and cleared, it goes on from there."""

import logging
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

sys.path.append(str(Path(__file__).parents[1]))

import past_kit
import run_kit
from slipway.data import json_file
from slipway.domain.line import Suspicion
from slipway.domain.release import Origin
from slipway.domain.verdict import Conclusion, Verdict
from slipway.settings import settings
from slipway.steps import context, plan
from slipway.validation import generate, suite_files

DOWNSTREAM = ("train", "evaluate", "judge", "register", "offer")


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """Three simulated weeks, written once."""
    return past_kit.write(tmp_path_factory.mktemp("past"))


@pytest.fixture
def stack(past, home, monkeypatch):
    """An installation with a past; what comes after validation is replaced by its shortest form."""
    for name in ("log", "features", "catalog"):
        shutil.copytree(past / name, home / name)
    told = []
    registry = SimpleNamespace(
        log_validation_failure=lambda line, **words: told.append(words) or "http://registry/run"
    )
    monkeypatch.setattr(context, "registry", lambda: registry)
    verdict = Verdict("log_loss", Conclusion.PASS, "better").to_dict()
    for place, value in {
        "train.train": lambda run: run.trained(run_kit.MODEL),
        "evaluate.evaluate": lambda run: run.evaluated(Path("offline.json"), None),
        "evaluate.offline_gates": lambda run: ["log_loss"],
        "evaluate.judge": lambda run, gate: verdict,
        "register.register": lambda run, *_: run.registered("7", Origin.MANUAL, "adam"),
    }.items():
        monkeypatch.setattr(f"slipway.steps.{place}", value)
    return SimpleNamespace(home=home, told=told)


@pytest.fixture
def airflow(dags, monkeypatch):
    """Run the weekly DAG, whole or from a cleared task on; gives the state of each task."""
    import airflow.models.dagrun as dagruns
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    initdb()
    dag = dags["retrain_feed"]
    make = dagruns.get_or_create_dagrun

    def states(run):
        return {ti.task_id: ti.state for ti in run.get_task_instances()}

    def start():
        run = dag.test(logical_date=past_kit.MONDAY, run_conf={"recipe": {}})
        return run, states(run)

    def go_on(run, task):
        def cleared(*, dag, session, **_):
            chosen = [task, *dag.get_task(task).get_flat_relative_ids()]
            dag.clear(
                run_id=run.run_id,
                task_ids=chosen,
                dag_run_state=DagRunState.RUNNING,
                session=session,
            )
            again = session.get(dagruns.DagRun, run.id)
            again.dag = dag
            return again

        with monkeypatch.context() as patch:
            patch.setattr(dagruns, "get_or_create_dagrun", cleared)
            patch.setattr(SerializedDAG, "clear_dags", lambda *_, **__: 0)
            return start()

    yield SimpleNamespace(start=start, go_on=go_on)
    monkeypatch.setattr(dagruns, "get_or_create_dagrun", make)
    with create_session() as session:
        session.query(dagruns.DagRun).delete()


def spoil(home):
    """A part of the log whose genres are no genres."""
    part = max((home / "log" / "exposures").rglob("*.parquet"))
    table = pq.read_table(part, partitioning=None)
    place = table.column_names.index("genre")
    part.rename(part.with_suffix(".good"))
    pq.write_table(table.set_column(place, "genre", pa.array([99.0] * table.num_rows)), part)
    return part


def write_with_the_outcome(home, column):
    """The log as it is where ``column`` of an exposure is only set once its outcome is known."""
    seen = pq.read_table(home / "log" / "outcomes", columns=["request_id", "item"])
    clicked = set(zip(*(seen[name].to_pylist() for name in seen.column_names), strict=True))
    for part in (home / "log" / "exposures").rglob("*.parquet"):
        table = pq.read_table(part, partitioning=None)
        rows = zip(table["request_id"].to_pylist(), table["item"].to_pylist(), strict=True)
        known = pa.array([float(row in clicked) for row in rows])
        place = table.column_names.index(column)
        pq.write_table(
            table.set_column(place, table.field(place), pc.cast(known, table.field(place).type)),
            part,
        )


def test_a_stopped_run_is_corrected_and_goes_on(stack, airflow, caplog):
    """Nothing runs after a failed validation; its first line names column and next step; cleared
    after the table was corrected, the run is trained, registered and offered.
    """
    part = spoil(stack.home)
    with caplog.at_level(logging.INFO):
        run, states = airflow.start()
    assert not [r for r in caplog.records if r.name.startswith("great_expectations")]
    assert states["snapshot"] == "success"
    assert states["validate"] == "failed"
    assert {states[name] for name in DOWNSTREAM} == {"upstream_failed"}
    assert run.state == "failed"
    first = next(r.getMessage() for r in caplog.records if r.name == "slipway")
    assert first.startswith("column genre of feed exposures")
    assert "nothing was trained; read http://registry/run" in first
    assert len(stack.told) == 1

    part.with_suffix(".good").replace(part)
    run, states = airflow.go_on(run, "snapshot")
    assert set(states.values()) == {"success"}
    assert run.clear_number == 1
    assert context.ledger().state("feed").candidate.version == "7"
    (beside,) = (stack.home / "snapshots" / "feed").glob("*.validation.json")
    kept = json_file.read(beside)
    assert kept["success"]
    assert set(kept["docs"]) == {"exposures", "outcomes", "training", "proofs"}


def test_a_run_that_was_not_stopped_is_not_offered_again(stack, airflow):
    """Cleared without having been stopped, the run is a second one: registered, never offered."""
    run, states = airflow.start()
    assert states["offer"] == "success"
    run, states = airflow.go_on(run, "validate")
    assert states["register"] == "success"
    assert states["offer"] == "skipped"


def test_a_leaking_recipe_names_column_kind_and_next_step(stack):
    """The line that a person reads first says what leaked, how, and what to do."""
    from slipway.domain.errors import ValidationFailed
    from slipway.steps.snapshot import snapshot
    from slipway.steps.validate import validate

    start = past_kit.MONDAY - timedelta(weeks=1)
    inputs = [*past_kit.LINE.recipe.inputs, "position"]
    run = snapshot("feed", start.isoformat(), past_kit.MONDAY.isoformat(), {"inputs": inputs}, "r")
    with pytest.raises(ValidationFailed) as stopped:
        validate(run)
    said = str(stopped.value)
    assert said.startswith("column position of feed training, set by the ranking itself: ")
    assert "take it out of the inputs; it may only debias" in said
    assert "\n" not in said
    assert "position" in stack.told[0]["reason"]
    pages = {path.name for path in (run.work / "validation").iterdir()}
    assert {"validation.html", "validation.json", "datadocs_training.html"} <= pages


def test_an_audit_of_the_inputs_goes_with_the_run(stack):
    """A sound week: no input is suspected, the run says so, and the audit's page lies beside it."""
    from slipway.steps.snapshot import snapshot
    from slipway.steps.validate import validate

    start = past_kit.MONDAY - timedelta(weeks=1)
    run = validate(snapshot("feed", start.isoformat(), past_kit.MONDAY.isoformat(), {}, "r"))
    found = run.validation
    assert found.suspicions == "no input is suspected of a leak"
    assert not found.accused
    assert "most suspicious first" in (found.folder / "validation.html").read_text()
    assert (found.folder / "audit.html").is_file()


def test_an_input_that_knows_the_outcome_stops_the_run(stack, airflow, monkeypatch, caplog):
    """A line may ask that its audit stops: an input that every declaration calls honest, and that is
    written with the outcome, is named with kind and next step before anything is trained.
    """
    write_with_the_outcome(stack.home, "editors_pick")
    line = replace(past_kit.LINE, suspicion=Suspicion.STOP)
    monkeypatch.setattr("slipway.examples.films.line.LINE", line)
    plan.use_bundled(stack.home)
    suite_files.write("feed", generate.suites(line), stack.home / "expectations")
    monkeypatch.setenv("SLIPWAY_SUITES", str(stack.home / "expectations"))
    settings.cache_clear()
    with caplog.at_level(logging.INFO):
        _, states = airflow.start()
    assert (states["snapshot"], states["validate"]) == ("success", "failed")
    assert {states[name] for name in DOWNSTREAM} == {"upstream_failed"}
    first = next(r.getMessage() for r in caplog.records if r.name == "slipway")
    assert first.startswith("column editors_pick of feed proofs, stands in for the label: ")
    assert "ask its owner when it is filled in, and from what" in first
    assert "\n" not in first

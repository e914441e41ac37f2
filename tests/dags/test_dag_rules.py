"""House rules of the DAG files."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from slipway import lines
from slipway.stack.health import expected_dags
from slipway.steps.plan import use_bundled

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
KINDS = ("retrain", "release", "retention", "approval", "watch", "drift")
HEAVY = (
    "pandas", "numpy", "pyarrow", "duckdb", "ibis", "scipy", "sklearn", "numba", "mlflow",
    "great_expectations", "matplotlib", "slipway.steps", "slipway.data", "slipway.release",
    "slipway.examples",
)  # fmt: skip


def test_every_line_has_its_dags(dags):
    """A line in use is retrained, released and kept in bounds, and watched where it has traffic; no other DAG."""
    on_the_road = {f"{kind}_{line}" for kind in KINDS for line in lines.names()}
    clusters = {f"{kind}_{line}" for kind in KINDS[:4] for line in lines.cluster_names()}
    assert set(dags) == on_the_road | clusters


def test_an_example_that_nobody_planned_has_no_dag(parse, tmp_path):
    """A new stack has the DAGs of the lines that it uses unasked, and of no other bundled one."""
    assert use_bundled(tmp_path)
    assert {dag.split("_", 1)[1] for dag in parse(tmp_path)} == set(lines.unasked_names())
    assert expected_dags(tmp_path) <= set(parse(tmp_path))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_dag_file_is_thin(file):
    """A DAG file is a graph: under 60 lines, and it imports no step."""
    text = file.read_text()
    assert len(text.splitlines()) < 60
    assert "slipway.steps" not in text


def test_parsing_imports_nothing_heavy(planned):
    """Each task parses its DAG file again, so a parse may not load what only tasks need, nor any line."""
    script = (
        "import sys; import airflow.sdk; before = set(sys.modules)\n"
        f"sys.path[:0] = [{str(ROOT / 'plugins')!r}, {str(ROOT / 'dags')!r}]\n"
        "import approval, drift, retention, retrain, release, watch\n"
        f"print([m for m in {HEAVY!r} if m in set(sys.modules) - before])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"SLIPWAY_HOME": str(planned)},
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_dag_tells_what_red_means(dags):
    """Whoever is woken at night reads in the DAG itself what happened and what to do."""
    for dag in dags.values():
        assert "**Red" in dag.doc_md
        assert {"slipway"} < dag.tags


def test_every_task_is_retried(dags):
    """A task that lost its process or its server is tried again, twice at least."""
    for dag in dags.values():
        assert all(task.retries >= 2 for task in dag.tasks)
        assert all(task.owner == "slipway" for task in dag.tasks)


@pytest.mark.parametrize("line", lines.names())
def test_an_hour_without_registry_costs_no_release(dags, line):
    """What a week's run asks of registry and ledger is tried for an hour before it is red."""
    for task_id in ("evaluate", "register", "offer"):
        task = dags[f"retrain_{line}"].get_task(task_id)
        waits = [
            min(task.retry_delay.total_seconds() * 2**n, task.max_retry_delay.total_seconds())
            for n in range(task.retries)
        ]
        assert sum(waits) >= 3600


def test_no_dag_catches_up_by_itself(dags):
    """Past weeks are retrained when an engineer asks for them, not when a DAG is switched on."""
    assert not any(dag.catchup for dag in dags.values())


@pytest.mark.parametrize("kind", ["release", "watch"])
@pytest.mark.parametrize("line", lines.names())
def test_what_moves_traffic_cannot_be_backfilled(dags, kind, line):
    """A backfill of the reconciler or the watch is refused by Airflow itself, and runs never overlap."""
    dag = dags[f"{kind}_{line}"]
    assert "backfill" not in {str(each.value) for each in dag.allowed_run_types}
    assert dag.max_active_runs == 1


@pytest.mark.parametrize("line", lines.names())
def test_comparisons_stand_before_every_step(dags, line):
    """Nothing is applied, registered or offered that was not compared before."""
    release, retrain = dags[f"release_{line}"], dags[f"retrain_{line}"]
    assert release.get_task("compare").is_mapped
    assert "compare" in release.get_task("decide").upstream_task_ids
    assert release.get_task("apply").upstream_task_ids == {"decide"}
    assert retrain.get_task("judge").is_mapped
    for task_id in ("register", "offer"):
        assert "judge" in retrain.get_task(task_id).get_flat_relative_ids(upstream=True)


@pytest.mark.parametrize("line", lines.names())
def test_only_the_offer_wakes_the_reconciler(dags, line):
    """The asset event belongs to the one task that is skipped where a run may not be released."""
    retrain, release = dags[f"retrain_{line}"], dags[f"release_{line}"]
    assert [task.task_id for task in retrain.tasks if task.outlets] == ["offer"]
    assert retrain.get_task("offer").trigger_rule == "all_success"
    (emitted,) = retrain.get_task("offer").outlets
    assert release.timetable.asset_condition.objects == (emitted,)


@pytest.mark.parametrize("line", [*lines.names(), *lines.cluster_names()])
def test_only_a_release_that_asks_is_shown_as_a_required_action(dags, line):
    """The step to the approval, taken by the reconciler, starts the run that shows it; nothing hangs on it."""
    shown, apply = dags[f"approval_{line}"], dags[f"release_{line}"].get_task("apply")
    (asked,) = shown.timetable.asset_condition.objects
    assert [alias.name for alias in apply.outlets] == [asked.name]
    (task,) = shown.tasks
    assert (task.defaults, task.options) == (["Look again"], ["Look again"])
    assert not task.downstream_task_ids
    assert not task.outlets


@pytest.mark.parametrize("line", lines.names())
def test_the_interval_is_what_the_line_declares(dags, line):
    """A run's data interval lies between two ticks of the line's cron; ``@weekly`` would mean an empty one."""
    timetable = dags[f"retrain_{line}"].timetable.timetable
    assert type(timetable).__name__ == "CronDataIntervalTimetable"
    assert timetable.expression == lines.load(line).cron


@pytest.mark.parametrize("line", lines.names())
def test_the_watchs_ask_wakes_the_retrain(dags, line):
    """The one task that asks for a retrain has the asset that the retrain listens to, and no other task has it."""
    (emitted,) = dags[f"drift_{line}"].get_task("ask_retrain").outlets
    assert dags[f"retrain_{line}"].timetable.asset_condition.objects == (emitted,)
    assert [t.task_id for dag in dags.values() for t in dag.tasks if emitted in t.outlets] == [
        "ask_retrain"
    ]


def test_every_verb_is_a_function_of_the_steps():
    """A task that is named in a DAG file by place exists there under that name."""
    places = {m for file in FILES for m in re.findall(r'verb\("([\w.]+)"', file.read_text())}
    assert places
    for place in places:
        module, name = place.rsplit(".", 1)
        assert callable(getattr(import_module(f"slipway.steps.{module}"), name))


@pytest.mark.parametrize("line", lines.names())
def test_the_form_asks_for_nothing(dags, line):
    """Who triggers or backfills sees every number of the recipe in words, and has to fill in none."""
    params = dags[f"retrain_{line}"].params
    shown = [params.get_param(name) for name in params]
    assert params.get_param("recipe").value == {}
    assert all(param.description for param in shown)
    assert [param.value for param in shown if param.value] == []
    params.validate()

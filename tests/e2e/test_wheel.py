"""The wheel in a bare environment, away from any checkout, beside a plain Airflow and a team's package."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from slipway.demo import pace

sys.path.append(str(Path(__file__).parents[1]))

import wheel_kit
from posts_kit import BEGIN, QUICK, write_posts

pytestmark = pytest.mark.e2e

LINE = "deck_topics"
"""The line of a team, in a package that ``slipway new`` wrote."""
SLIPWAY = "import sys; from slipway.cli import main; sys.exit(main())"
DAG_FILE = "from slipway.bundled import airflow_dags\nairflow_dags()\n"
END = BEGIN + timedelta(weeks=9)

# What runs in the bare environment. Nothing but the registry's kit comes from the tests.
WEEK = """
import json, os, subprocess, sys
tests, home, line, interval_end, recipe = sys.argv[1:]
sys.path.append(tests)
import registry_kit
from pathlib import Path
import slipway
airflow = [sys.executable, "-m", "airflow"]
migrate = subprocess.Popen([*airflow, "db", "migrate"])
with registry_kit.running(Path(home, "registry")) as desk:
    assert migrate.wait() == 0
    told = {"URL": desk.url, "USER": "slipway", "PASSWORD": desk.words["slipway"]}
    mlflow = {f"SLIPWAY_MLFLOW_{name}": value for name, value in told.items()}
    done = subprocess.run(
        [*airflow, "dags", "test", f"retrain_{line}", interval_end, "--conf", recipe],
        env=os.environ | mlflow,
    )
    facts = desk.as_user().facts(line, "1")
    Path(home, "found.json").write_text(json.dumps(
        {"code": done.returncode, "package": slipway.__file__, "tags": dict(facts.tags)}
    ))
"""

PLUGINS = """
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
print(sorted(p.name for p in plugins if p.name.startswith("slipway")), errors)
"""


DAGS = """
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
print(sorted(bag.dags), bag.import_errors)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment with the wheel, and the package of a team's line."""
    wheel, team = (
        wheel_kit.build(tmp_path_factory.mktemp("wheel")),
        tmp_path_factory.mktemp("team"),
    )
    python = wheel_kit.environment(wheel, tmp_path_factory.mktemp("bare") / "environment")
    wheel_kit.run(str(python), "-c", SLIPWAY, "new", LINE, "--kind", "topics", cwd=team)
    wheel_kit.install(python, team / LINE)
    return python


@pytest.fixture
def run(python, tmp_path):
    """Runs code in the bare environment with an Airflow that knows one DAG file; returns its words."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "models.py").write_text(DAG_FILE)
    foreign = ("AIRFLOW_", "MLFLOW_", "SLIPWAY_", "PYTHON", "PYTEST_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(foreign)} | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "SLIPWAY_HOME": str(tmp_path),
        "SLIPWAY_PUBLIC_KEY": str(tmp_path / "registry" / "keys" / "review.pub"),
        "SLIPWAY_CLOCK": str(tmp_path / "clock.json"),
        "OMP_NUM_THREADS": "1",
    }

    def run(code, *words, **more):
        done = subprocess.run(
            [python, "-c", code, *words],
            cwd=tmp_path,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout

    return run


def test_a_dag_file_of_two_lines_retrains_a_teams_line(run, python, tmp_path):
    """The week goes from its snapshot to a registered version that is offered, all from wheel and package."""
    assert len(DAG_FILE.splitlines()) == 2
    write_posts(tmp_path, name=LINE)
    pace.start_clock(tmp_path / "clock.json", END + timedelta(hours=1), speed=0.0)
    assert f"{LINE} is in use" in run(SLIPWAY, "plan", LINE, "--apply")
    tests = str(Path(wheel_kit.__file__).parent)
    said = run(WEEK, tests, str(tmp_path), LINE, END.isoformat(), json.dumps({"recipe": QUICK}))
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["code"] == 0, said[-4000:]
    assert Path(found["package"]).is_relative_to(python.parents[1])
    assert found["tags"]["offline"] == "PASS"
    assert found["tags"]["interval_end"] == END.isoformat()
    assert (tmp_path / "ledger.db").is_file()


def test_dags_are_those_of_the_lines_in_use(run):
    """A team's line has a DAG that says what to do until it is planned; bundled lines nobody planned
    have none.
    """
    assert run(DAGS).splitlines()[-1] == f"['retrain_{LINE}'] {{}}"
    run(SLIPWAY, "plan", LINE, "--apply")
    assert (
        run(DAGS).splitlines()[-1]
        == f"['approval_{LINE}', 'release_{LINE}', 'retention_{LINE}', 'retrain_{LINE}'] {{}}"
    )


@pytest.mark.parametrize("named", [False, True])
def test_airflow_has_each_plugin_once(run, python, named):
    """From the entry points, or from the folder where Airflow's configuration names it."""
    (folder,) = python.parents[1].glob("lib/python*/site-packages/slipway/bundled/plugins")
    more = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(folder)} if named else {}
    assert run(PLUGINS, **more).splitlines()[-1] == "['slipway_board', 'slipway_turns'] {}"

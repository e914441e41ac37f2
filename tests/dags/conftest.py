"""Airflow in a folder of its own, configured before anybody imports it."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_HOME = tempfile.mkdtemp(prefix="slipway-airflow-")
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
}
sys.path.append(str(ROOT / "plugins"))


@pytest.fixture(scope="session")
def planned(tmp_path_factory):
    """An installation whose bundled lines are in use."""
    from slipway import lines
    from slipway.lines import apply
    from slipway.steps.plan import plan_of, use_bundled

    home = tmp_path_factory.mktemp("planned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_HOME", str(home))
        _afresh()
        assert use_bundled(home)
        for name in set(lines.bundled_names()) - set(lines.unasked_names()):
            apply.apply(plan_of(name), home)
    _afresh()
    return home


@pytest.fixture(scope="session")
def dags(planned, parse):
    """Every DAG of the repository, by its id."""
    return parse(planned)


@pytest.fixture(scope="session")
def parse():
    """Parses the DAG files in an installation, with more variables if need be; gives DAGs by id."""
    return _parsed


def _afresh():
    """Let ``settings()`` read the environment again."""
    from slipway.settings import settings

    settings.cache_clear()


def _parsed(home, **env):
    """The DAGs that the DAG files declare in an installation."""
    from airflow.dag_processing.dagbag import DagBag
    from slipway.settings import settings

    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("SLIPWAY_")]:
            patch.delenv(name)
        for name, value in {"SLIPWAY_HOME": str(home), **env}.items():
            patch.setenv(name, value)
        settings.cache_clear()
        bag = DagBag(ROOT / "dags")
    settings.cache_clear()
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture
def home(planned, tmp_path, monkeypatch):
    """An installation that ``settings()`` speaks of: empty, but for the bundled lines in use."""
    from slipway.settings import settings

    for name in [n for n in os.environ if n.startswith("SLIPWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    shutil.copytree(planned, tmp_path, dirs_exist_ok=True)
    yield tmp_path
    settings.cache_clear()

"""Airflow in a folder of its own, configured before anybody imports it."""

import os
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
def dags():
    """Every DAG of the repository, by its id."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty installation that ``settings()`` speaks of."""
    from slipway.settings import settings

    for name in [n for n in os.environ if n.startswith("SLIPWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()

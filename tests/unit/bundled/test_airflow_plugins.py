"""Airflow's entry points name each plugin once, however Airflow is configured."""

import sys
import tomllib
from pathlib import Path

import pytest
from slipway import bundled
from slipway.bundled import airflow_plugins

ROOT = Path(__file__).resolve().parents[3]
NAMES = sorted(airflow_plugins.MODULES)


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Stand-ins for the plugins, in a folder that is not on the path; nothing of them remains."""
    (tmp_path / "plugins").mkdir()
    monkeypatch.setattr(bundled, "_HERE", tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    stand_ins = {name: f"stand_in_of_{module}" for name, module in airflow_plugins.MODULES.items()}
    for name, module in stand_ins.items():
        (tmp_path / "plugins" / f"{module}.py").write_text(f"class {name}:\n    pass\n")
    monkeypatch.setattr(airflow_plugins, "MODULES", stand_ins)
    airflow_plugins._plugin.cache_clear()
    yield stand_ins
    airflow_plugins._plugin.cache_clear()
    for module in stand_ins.values():
        sys.modules.pop(module, None)


def test_the_entry_points_name_all_plugins():
    """What Airflow is told at installation is what there is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = project["entry-points"]["airflow.plugins"]
    place = "slipway.bundled.airflow_plugins"
    assert found == {module: f"{place}:{name}" for name, module in airflow_plugins.MODULES.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_airflow_gets_the_plugins(stand_ins, name):
    """Where the plugins folder is another, the entry points bring them, whoever asks and how often."""
    found = getattr(airflow_plugins, name)
    assert found.__name__ == name
    assert getattr(airflow_plugins, name) is found


@pytest.mark.parametrize("name", NAMES)
def test_an_airflow_that_has_them_from_its_folder_gets_none_twice(stand_ins, name, monkeypatch):
    """A second plugin of one name would stand among Airflow's import errors."""
    monkeypatch.setitem(sys.modules, stand_ins[name], object())
    assert getattr(airflow_plugins, name) is None


def test_nothing_else_is_a_plugin():
    """A misspelt name is an error as in any module."""
    with pytest.raises(AttributeError):
        _ = airflow_plugins.RelaseBoard

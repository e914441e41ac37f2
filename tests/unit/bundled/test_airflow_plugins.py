"""Airflow's entry points name each plugin once, however Airflow is configured."""

import sys
from importlib import reload

import pytest
from slipway import bundled
from slipway.bundled import airflow_plugins

MODULES = {"slipway_board": "ReleaseBoard", "slipway_turns": "OneWriter"}


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """Stand-ins for the plugins; afterwards the real ones are what they were."""
    (tmp_path / "plugins").mkdir()
    for module, name in MODULES.items():
        (tmp_path / "plugins" / f"{module}.py").write_text(f"class {name}:\n    pass\n")
    with monkeypatch.context() as patch:
        patch.setattr(bundled, "_HERE", tmp_path)
        patch.setattr(sys, "path", [str(tmp_path / "plugins"), *sys.path])
        for module in MODULES:
            patch.delitem(sys.modules, module, raising=False)
        yield patch
        for module in MODULES:
            sys.modules.pop(module, None)
    reload(airflow_plugins)


def test_a_plain_airflow_gets_the_plugins(plugins):
    """Where the plugins folder is another, the entry points bring them."""
    reload(airflow_plugins)
    found = (airflow_plugins.ReleaseBoard, airflow_plugins.OneWriter)
    assert [each.__name__ for each in found] == list(MODULES.values())


def test_an_airflow_that_has_them_from_its_folder_gets_none_twice(plugins):
    """A second plugin of one name would stand among Airflow's import errors."""
    for module in MODULES:
        plugins.setitem(sys.modules, module, object())
    reload(airflow_plugins)
    assert (airflow_plugins.ReleaseBoard, airflow_plugins.OneWriter) == (None, None)

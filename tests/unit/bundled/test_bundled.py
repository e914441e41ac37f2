"""Folders of a clone and of a wheel are found by one name."""

import sys

import pytest
from slipway import bundled


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """The package as a wheel has it, with a DAG file that needs a plugin."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "plugin_of_a_wheel.py").write_text("made = []\n")
    (tmp_path / "dags" / "one.py").write_text(
        "import plugin_of_a_wheel as p\np.made.append(__file__)\n"
    )
    monkeypatch.setattr(bundled, "_HERE", tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield tmp_path
    sys.modules.pop("plugin_of_a_wheel", None)


@pytest.mark.parametrize("name", ["dags", "plugins", "expectations"])
def test_a_clone_has_its_folders_at_its_top(name):
    """There is one copy of each, and a clone works on it."""
    found = bundled.folder(name)
    assert any(found.iterdir())
    assert (found.parent / "pyproject.toml").is_file()


def test_a_wheel_has_its_folders_inside(wheel):
    """What the build put there wins over whatever lies beside."""
    assert bundled.folder("dags") == wheel / "dags"


def test_each_call_declares_the_dags_afresh(wheel):
    """Airflow reads a DAG file again and again in one process, and each time finds the DAGs."""
    bundled.airflow_dags()
    bundled.airflow_dags()
    file = str(wheel / "dags" / "one.py")
    assert sys.modules["plugin_of_a_wheel"].made == [file, file]
    assert sys.path.count(str(wheel / "plugins")) == 1

"""Where DAG files, plugins and suites lie: one copy, at the top of a clone or below here in a wheel.

A team's Airflow gets Slipway's DAGs from a DAG file of two lines (Airflow reads files that hold the
words "airflow" and "dag")::

    from slipway.bundled import airflow_dags
    airflow_dags()
"""

import runpy
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_TOP_OF_CLONE = _HERE.parents[2]


def folder(name: str) -> Path:
    """The folder ``dags``, ``plugins`` or ``expectations`` of this installation."""
    built_in = _HERE / name
    return built_in if built_in.is_dir() else _TOP_OF_CLONE / name


def pyproject() -> Path | None:
    """The ``pyproject.toml`` of the clone that this package is in; None for an installed wheel."""
    found = _TOP_OF_CLONE / "pyproject.toml"
    inside = (_TOP_OF_CLONE / "pipeline" / "slipway").is_dir()
    return found if inside and found.is_file() and not (_HERE / "dags").is_dir() else None


def plugins_on_path() -> None:
    """Let the plugins' modules be imported by name, as where Airflow's plugins folder is theirs."""
    plugins = str(folder("plugins"))
    if plugins not in sys.path:
        sys.path.append(plugins)


def airflow_dags() -> None:
    """Declare Slipway's DAGs in the DAG file that calls this; Airflow takes them as that file's own."""
    plugins_on_path()
    for file in sorted(folder("dags").glob("*.py")):
        runpy.run_path(str(file))

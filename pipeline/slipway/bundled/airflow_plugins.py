"""What the entry points ``airflow.plugins`` name: the plugins, unless Airflow has them already.

The embedded stack and the containers name the plugins' folder in Airflow's configuration. Airflow
loads that folder first, calls a second plugin of one name an error, and passes over what is None.
"""

import sys
from importlib import import_module

from slipway.bundled import plugins_on_path


def _plugin(module: str, name: str) -> type | None:
    if module in sys.modules:
        return None
    plugins_on_path()
    found: type = getattr(import_module(module), name)
    return found


ReleaseBoard = _plugin("slipway_board", "ReleaseBoard")
OneWriter = _plugin("slipway_turns", "OneWriter")

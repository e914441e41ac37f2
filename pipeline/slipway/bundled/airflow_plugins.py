"""What the entry points ``airflow.plugins`` name: the plugins, unless Airflow has them already.

The embedded stack and the containers name the plugins' folder in Airflow's configuration. Airflow
loads that folder first, calls a second plugin of one name an error, and passes over what is None.
Nothing is loaded before Airflow asks: whoever only imports this module needs no Airflow.
"""

import sys
from functools import cache
from importlib import import_module

from slipway.bundled import plugins_on_path

MODULES = {"ReleaseBoard": "slipway_board", "OneWriter": "slipway_turns"}


def __getattr__(name: str) -> type | None:
    """The plugin called ``name``; None where Airflow has it from its folder."""
    if name not in MODULES:
        raise AttributeError(name)
    return _plugin(MODULES[name], name)


@cache  # of several parts of one process that ask, each gets the same answer
def _plugin(module: str, name: str) -> type | None:
    if module in sys.modules:
        return None
    plugins_on_path()
    found: type = getattr(import_module(module), name)
    return found

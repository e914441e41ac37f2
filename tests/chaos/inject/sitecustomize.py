"""Lets every Python that is started with this folder on its path be killed at a line (see crash.py)."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "slipway_crash", Path(__file__).parents[1] / "crash.py"
)
_crash = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_crash)
_crash.install()

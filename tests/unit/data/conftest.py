"""The small log of ``tests/log_kit.py`` for the tests of this room."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

import log_kit


@pytest.fixture(scope="session")
def kit():
    return log_kit


@pytest.fixture
def home(tmp_path):
    """A home with a catalogue and an empty log."""
    from slipway.data import catalog

    catalog.write(tmp_path, log_kit.LINE, log_kit.catalogue())
    return tmp_path

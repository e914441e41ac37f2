"""Processes that several end-to-end tests share."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

import registry_kit


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """A guarded MLflow server on SQLite, started once, with reviewers rita and ruth."""
    with registry_kit.running(tmp_path_factory.mktemp("registry")) as desk:
        desk.as_user().ensure_line("feed")
        yield desk

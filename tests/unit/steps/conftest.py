"""An installation of one's own: an empty home, a ledger, no server."""

import json
import shutil

import log_kit
import pytest
import release_kit
from slipway.data import rollup
from slipway.settings import settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder whose event clock stands at two weeks and a bit after the log's first row."""
    clock = tmp_path / "clock.json"
    now = log_kit.at(15 * 24 * 60).timestamp()
    clock.write_text(json.dumps({"wall0": 0.0, "event0": now, "speed": 0.0}))
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_CLOCK", str(clock))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture(scope="session")
def rolled(tmp_path_factory):
    """A folder with the log of a small release, rolled up once for all tests."""
    folder = tmp_path_factory.mktemp("release")
    release_kit.write(folder)
    rollup.update(folder, release_kit.LINE, now=release_kit.NOW)
    return folder


@pytest.fixture
def logged(home, rolled):
    """The log of a small release and its rollup; nobody looked yet."""
    shutil.copytree(rolled, home, dirs_exist_ok=True)
    return home

"""An installation of one's own: an empty home, a ledger, no server."""

import json

import log_kit
import pytest

from pipeline.settings import settings


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

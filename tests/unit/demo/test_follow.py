"""What the demo reads of a run that it watches from outside."""

import pytest
from slipway.data import json_file
from slipway.demo.follow import Follower
from slipway.settings import settings
from slipway.steps import context


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation's home."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_what_stopped_a_run_is_found_in_its_own_folder(home):
    """The reason is that of the run asked for, whatever its folder is called."""
    runs = [f"manual__2026-11-30T14:56:{second}+00:00" for second in (28, 29)]
    for run in runs:
        folder = context.run_folder("feed", run)
        json_file.write(folder / "stopped.json", {"reason": f"of {run}", "url": "u"})
    follower = Follower.__new__(Follower)
    follower._home, follower._line = home, "feed"
    for run in runs:
        assert follower._stop_of(run) == (f"of {run}", "u")
    assert follower._stop_of("manual__another") == (
        "the validating task failed without a reason",
        "",
    )

"""What holds for every test: who runs beside whom (``pytest -n 2``), and that no clock judges."""

import logging
import signal

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["hanging"]

# Whoever starts tests in the background may have them ignore SIGINT, and so would all they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine may take its time for an example, and for making one up; hangs are found by `hanging`.
BY_PROGRESS = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# A commit is judged by the same examples each time; `--hypothesis-profile=search` looks for new ones.
hypothesis.settings.register_profile("same", BY_PROGRESS, derandomize=True)
hypothesis.settings.register_profile("search", BY_PROGRESS)
hypothesis.settings.load_profile("same")


class _FilesStayWhole(LoadScopeScheduling):
    """End-to-end tests go one after another, for each starts a whole stack; other files are shared out."""

    def _split_scope(self, nodeid: str) -> str:
        return "e2e" if nodeid.startswith("tests/e2e/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Asked once, by the process that hands the tests out."""
    return _FilesStayWhole(config, log)


@pytest.fixture(autouse=True)
def _slipway_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow, once a test of DAGs has imported it, lets every logger say errors alone."""
    log = logging.getLogger("slipway")
    monkeypatch.setattr(log, "disabled", False)
    monkeypatch.setattr(log, "propagate", True)
    log.setLevel(logging.WARNING)

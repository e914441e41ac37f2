"""Which tests run beside which when the suite is spread over processes (``pytest -n 2``)."""

import pytest
from xdist.scheduler import LoadScopeScheduling


class _FilesStayWhole(LoadScopeScheduling):
    """End-to-end tests go one after another, for each starts a whole stack; other files are shared out."""

    def _split_scope(self, nodeid: str) -> str:
        return "e2e" if nodeid.startswith("tests/e2e/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Asked once, by the process that hands the tests out."""
    return _FilesStayWhole(config, log)

"""Who runs beside whom when the suite is spread over processes (``pytest -n 2 --dist loadgroup``)."""

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests go one after another, each starts a whole stack; other files stay whole."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        alone = item.get_closest_marker("e2e") is not None
        item.add_marker(pytest.mark.xdist_group("e2e" if alone else str(item.path)))

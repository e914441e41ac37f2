"""Once a day the rows of the day before are computed again, and what differs is named."""

import log_kit
import pytest
from slipway.data import catalog
from slipway.domain.errors import ValidationFailed
from slipway.steps import consistency


def test_columns_that_were_logged_otherwise_are_named(home):
    """Rows that no table and no clock gave are red with the names of their columns."""
    catalog.write(home, log_kit.LINE, log_kit.catalogue())
    noon = 14 * 24 * 60 + 60
    log_kit.write(home, [log_kit.Shown(f"r{k}", minute=float(noon + k)) for k in range(5)])
    with pytest.raises(ValidationFailed) as found:
        consistency.compare_day("feed")
    assert "film_age_days (5 differ" in str(found.value)
    assert "of 5 rows of 2026-01-19" in str(found.value)
    named = str(found.value).partition(":")[0].removeprefix("columns ").split(", ")
    assert {"hour", "item_ctr"} < set(named)
    assert not {"genre", "age_band"} & set(named)
    assert "\n" not in str(found.value)


def test_a_day_without_rows_is_no_fault(home):
    """A line that nobody asked has nothing that differs."""
    catalog.write(home, log_kit.LINE, log_kit.catalogue())
    assert consistency.compare_day("feed") == {"line": "feed", "rows": 0, "columns": 9}

"""The contract at the router: refused or defaulted as declared, and counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from slipway.data.feature_ranges import Guard
from slipway.domain.errors import BadInput
from slipway.domain.line import Unfit
from slipway.examples.films.line import LINE
from slipway.serving import metrics
from slipway.serving.contract import Contract

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMES = [column.name for column in LINE.features]
LENIENT = replace(
    LINE,
    columns=tuple(
        replace(c, unfit=Unfit.DEFAULT) if c.name == "age_band" else c for c in LINE.columns
    ),
)


def count(column, action):
    """What the router's page says now."""
    return metrics.contract("feed", column, action).child()._value.get()


def fitting():
    """Three items whose features are all in range."""
    row = [1, 12, 3, 400, 0, 0.2, 50, 0.2, 0.25, 0.18]
    return np.array([row, row, row], np.float64)


def test_what_fits_passes_untouched():
    """A request and a matrix within the ranges are used as they are, and nothing is counted."""
    before = count("age_band", "refused")
    matrix = fitting()
    contract = Contract(LINE)
    assert contract.context({"age_band": 2}) == {"age_band": 2}
    assert contract.context({"age_band": None}) == {}
    assert contract.features(matrix, NOW, NOW) is matrix
    assert count("age_band", "refused") == before


@pytest.mark.parametrize("value", [3, -1, 1.5, "1", True, float("nan"), [1]])
def test_a_value_that_does_not_fit_is_refused_and_counted(value):
    """The caller hears which word was wrong and what would be right."""
    before = count("age_band", "refused")
    with pytest.raises(BadInput) as refusal:
        Contract(LINE).context({"age_band": value})
    assert "context.age_band" in str(refusal.value)
    assert "a code from 0 to 2" in str(refusal.value)
    assert count("age_band", "refused") == before + 1


def test_where_the_line_says_so_the_value_is_left_out():
    """Declared to be defaulted, the same value is dropped: the request is answered without it."""
    before = count("age_band", "defaulted")
    assert Contract(LENIENT).context({"age_band": 9}) == {}
    assert count("age_band", "defaulted") == before + 1


def test_a_word_that_nobody_declared_is_refused_and_counted():
    """Callers may invent words; they are counted under one name."""
    before = count("undeclared", "refused")
    with pytest.raises(BadInput, match="shoe_size"):
        Contract(LINE).context({"shoe_size": 44})
    assert count("undeclared", "refused") == before + 1


def test_features_out_of_range_become_the_default():
    """Too large, infinite and missing values are replaced where a default is declared, else NaN."""
    matrix = fitting()
    matrix[0, NAMES.index("item_ctr")] = 1.5
    matrix[1, NAMES.index("item_exposures")] = np.nan
    matrix[2, NAMES.index("item_exposures")] = -3
    matrix[2, NAMES.index("film_age_days")] = np.inf
    matrix[2, NAMES.index("user_ctr")] = np.nan
    before = count("item_exposures", "defaulted")
    out = Contract(LINE).features(matrix, NOW, NOW)
    assert np.isnan(out[0, NAMES.index("item_ctr")])
    assert out[:, NAMES.index("item_exposures")].tolist() == [50, 0, 0]
    assert np.isnan(out[2, [NAMES.index("film_age_days"), NAMES.index("user_ctr")]]).all()
    assert count("item_exposures", "defaulted") == before + 2
    assert np.isfinite(out).sum() == out.size - 3


def test_only_misfits_are_counted():
    """A missing value that the model may see as it is, is no misfit."""
    matrix = fitting()
    matrix[0, NAMES.index("user_ctr")] = np.nan
    _, wrong = Guard(LINE).fitted(matrix)
    assert wrong.sum() == 0


def test_stale_features_are_counted_and_served():
    """Features older than the line's lag are better than none, but somebody has to know."""
    before = count("features_as_of", "stale")
    contract, lag = Contract(LINE), LINE.column("item_ctr").lag
    contract.features(fitting(), NOW - lag, NOW)
    assert count("features_as_of", "stale") == before
    contract.features(fitting(), NOW - lag - timedelta(seconds=1), NOW)
    assert count("features_as_of", "stale") == before + 1


def test_a_misfit_in_a_request_is_answered_and_on_the_metrics_page(desk, kit):
    """A whole request whose features do not fit is served with defaults, logged as served, counted."""
    desk.serve([kit.install(desk.home, "feed-rules", "1", kind="rules")], rules="1")
    features = desk.server.features
    features._block[:, NAMES.index("item_ctr")] = 7.0
    desk.rank()
    exposures, _ = desk.logged()
    assert exposures["item_ctr"].isna().all()
    assert b'slipway_contract_total{action="defaulted",column="item_ctr"' in metrics.page()

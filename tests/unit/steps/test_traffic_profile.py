"""A line's traffic as its policy is explained with: the log's own numbers."""

from collections import defaultdict

import numpy as np
import pytest
import release_kit as kit
from slipway.release.forecast_report import forecast_text
from slipway.steps import traffic_profile


def test_traffic_is_what_the_log_holds(logged):
    """Exposures, lists, clicks, rules and genres of a list: counted by hand from the same rows."""
    shown, clicks = kit.rows(np.random.default_rng(4))
    clicked = {(click.request, click.item) for click in clicks}
    rate = {
        arm: np.mean([(row.request, row.item) in clicked for row in shown if row.arm == arm])
        for arm in ("champion", "rules")
    }
    genres = defaultdict(set)
    for row in shown:
        if row.arm == "champion":
            genres[row.request].add(row.genre)
    found = traffic_profile.measure(kit.LINE)
    assert found.exposures_per_day * found.days == pytest.approx(len(shown))
    assert found.lists_per_day * found.days == pytest.approx(len({r.request for r in shown}))
    assert found.click_rate == pytest.approx(len(clicked) / len(shown))
    assert found.rules_ratio == pytest.approx(rate["rules"] / rate["champion"])
    assert found.means["diversity"][0] == pytest.approx(np.mean([len(g) for g in genres.values()]))
    assert found.design_effect >= 1
    assert "CANNOT DECIDE" in forecast_text(found, kit.POLICY)


def test_a_line_without_a_log_has_no_traffic(home):
    """Nothing was rolled up: nothing is known."""
    assert traffic_profile.measure(kit.LINE) is None

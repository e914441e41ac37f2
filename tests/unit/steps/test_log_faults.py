"""What of the log counts nowhere or only once is said by the watch and on its page, as long as it is news."""

import math
from dataclasses import replace

import log_kit as kit
import pytest
from slipway.data import rollup
from slipway.settings import settings
from slipway.steps import blind_spots, context, log_faults


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A home with three requests, rolled up after five hours; returns what writes a part and looks."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    monkeypatch.setattr(context, "judged_line", lambda _: kit.LINE)
    monkeypatch.setattr(context, "now", lambda: kit.at(300))

    def said(*parts, clicks=()):
        for name, shown in enumerate(parts):
            kit.write(tmp_path, shown, clicks, part=f"part-{name}")
        rollup.update(tmp_path, kit.LINE, now=kit.at(300))
        return log_faults.text("feed")

    yield said
    settings.cache_clear()


SHOWN = [kit.Shown(name, minute=30) for name in "abc"]


def test_a_log_in_which_all_stands_once_is_no_news(log):
    """Nothing is said."""
    assert not log(SHOWN)


def test_doubles_and_conflicts_are_said_for_a_day(log, monkeypatch):
    """How many, how many of them contradict, and when; not for ever."""
    text = log(SHOWN, [SHOWN[0], replace(SHOWN[1], user="v")])
    assert text.startswith("2 rows of the log are there already, and 1 of them say something else")
    assert f"{kit.T0:%Y-%m-%d %H:%M}" in text
    monkeypatch.setattr(context, "now", lambda: kit.at(300 + 24 * 60))
    assert not log_faults.text("feed")


def test_values_that_an_outcome_cannot_have_are_counted_and_said_for_a_day(log, monkeypatch):
    """Negative and infinite ones and NaN, those of other events not; a correction to 0 is none of them."""
    values = (-1.0, math.inf, -math.inf, math.nan, 0.0, 1.0)
    clicks = [kit.Click("a", minute=40 + k, value=v) for k, v in enumerate(values)]
    text = log(SHOWN, clicks=[*clicks, kit.Click("a", minute=40, kind="other", value=-1.0)])
    assert text.startswith("4 outcomes clicked of the log have a value that they cannot have")
    assert "a finite number from 0 was expected" in text
    assert "\n" not in text
    monkeypatch.setattr(context, "now", lambda: kit.at(300 + 24 * 60))
    assert not log_faults.text("feed")


def test_one_delivery_with_two_values_is_counted_and_said_for_a_day(log, monkeypatch):
    """The first counts, and that the second says otherwise is heard; the same sent twice is no news."""
    one = kit.Click("a", minute=40, value=1.0, delivery="d")
    again = replace(one, minute=50)
    named = replace(one, request="b")
    text = log(SHOWN, clicks=[one, again, named, replace(named, minute=45, value=7.0)])
    assert text.startswith("1 deliveries of the outcome clicked came with two values or more")
    assert "\n" not in text
    monkeypatch.setattr(context, "now", lambda: kit.at(300 + 24 * 60))
    assert not log_faults.text("feed")


def test_sums_that_cannot_be_read_keep_no_watch_from_its_judgement(log, tmp_path):
    """That nothing is known is said, and nothing is raised."""
    log(SHOWN)
    for commit in (tmp_path / "rollups").rglob("*.json"):
        commit.write_text("{")
    assert "not known" in log_faults.text("feed")


def test_the_watch_says_it_and_a_page_repeats_it(log, monkeypatch):
    """The alarm of the watch is kept for pages that read no log."""
    text = log(SHOWN, SHOWN)
    quiet = type("Ledger", (), {"candidate": None, "epoch": 0, "state": lambda self, _: self})()
    monkeypatch.setattr(context, "ledger", lambda: quiet)
    monkeypatch.setattr(blind_spots, "router_health_of", lambda *_: {})
    assert blind_spots.find("feed") == (text,)
    assert blind_spots.log_faults_when_watched("feed") == [text]

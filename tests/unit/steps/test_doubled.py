"""What stands in the log twice is said by the watch and on its page, as long as it is news."""

from dataclasses import replace

import log_kit as kit
import pytest
from slipway.data import rollup
from slipway.settings import settings
from slipway.steps import blind_spots, context, doubled


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A home with three requests, rolled up after five hours; returns what writes a part and looks."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    monkeypatch.setattr(context, "judged_line", lambda _: kit.LINE)
    monkeypatch.setattr(context, "now", lambda: kit.at(300))

    def said(*parts):
        for name, shown in enumerate(parts):
            kit.write(tmp_path, shown, part=f"part-{name}")
        rollup.update(tmp_path, kit.LINE, now=kit.at(300))
        return doubled.text("feed")

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
    assert not doubled.text("feed")


def test_sums_that_cannot_be_read_keep_no_watch_from_its_judgement(log, tmp_path):
    """That nothing is known is said, and nothing is raised."""
    log(SHOWN)
    for commit in (tmp_path / "rollups").rglob("*.json"):
        commit.write_text("{")
    assert "not known" in doubled.text("feed")


def test_the_watch_says_it_and_a_page_repeats_it(log, monkeypatch):
    """The alarm of the watch is kept for pages that read no log."""
    text = log(SHOWN, SHOWN)
    quiet = type("Ledger", (), {"candidate": None, "epoch": 0, "state": lambda self, _: self})()
    monkeypatch.setattr(context, "ledger", lambda: quiet)
    monkeypatch.setattr(blind_spots, "router_health_of", lambda *_: {})
    assert blind_spots.find("feed") == (text,)
    assert blind_spots.doubled_when_watched("feed") == [text]

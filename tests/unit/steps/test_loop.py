"""The loop of a line's own log: each week is read once, and what chance contradicts is seen."""

import json
from datetime import timedelta
from types import SimpleNamespace

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from log_kit import LINE, T0
from slipway.cli import main
from slipway.cli.schema import schema_of
from slipway.data import parts
from slipway.data.schema import OUTCOMES, log_schema
from slipway.domain.errors import NotComputable
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring import loop_rows
from slipway.monitoring.alerts import Severity
from slipway.monitoring.loop_weeks import item_sums, week_of
from slipway.settings import settings
from slipway.steps import alert_causes, context, loop, watch_facts, watch_page
from slipway.steps.simulate import simulate_line

WEEK = timedelta(weeks=1)
BEGIN = T0.replace(hour=0) - timedelta(days=T0.weekday())
WEEKS, LISTS, ITEMS, LENGTH = 4, 250, 24, 10
ATTRACTION = np.linspace(0.9, 0.1, ITEMS)
BELIEVED = ATTRACTION[::-1]
"""The champion believes the opposite of the truth; the shadow knows it."""
SAME = {
    "version": "1",
    "stage": "shadow",
    "epoch": 3,
    "latency_ms": 1.0,
    "fallback": False,
    "items_offered": ITEMS,
    "shadow_latency_ms": None,
    "shadow_ok": None,
    "shadow_score": None,
}


def places(by, order):
    """Where a ranking by the scores has what is shown, 0 below the list."""
    rank = np.argsort(np.argsort(-by)) + 1
    return np.where(rank <= LENGTH, rank, 0)[order].ravel()


def write_week(home, number):
    """Shuffled lists, and as many of the champion, with the places that the shadow gives."""
    rng = np.random.default_rng(number)
    explored = np.arange(2 * LISTS) < LISTS
    order = np.argsort(rng.random((2 * LISTS, ITEMS)), axis=1)[:, :LENGTH]
    order[~explored] = np.argsort(-BELIEVED)[:LENGTH]
    came = rng.random(order.shape) < ATTRACTION[order] / np.arange(1, LENGTH + 1)
    hit, rows = np.flatnonzero(came.ravel()), order.size
    owner = np.repeat(np.arange(2 * LISTS), LENGTH)
    names = np.array([f"{number}-{n:04d}" for n in owner])
    when = [BEGIN + number * WEEK + timedelta(minutes=18 * int(n)) for n in owner]
    item = np.array([f"film-{i:02d}" for i in order.ravel()])
    shown = {name: [value] * rows for name, value in SAME.items()}
    shown |= {c.name: rng.integers(0, 2, rows).astype(float) for c in LINE.features}
    shown |= {"request_id": names, "user": [f"u{n % 97}" for n in owner], "requested_at": when}
    shown |= {"arrived_at": when, "features_as_of": when, "item": item}
    shown |= {"arm": np.where(explored, "explore", "champion")[owner]}
    shown |= {"shadow_version": [None if explored[n] else "2" for n in owner]}
    shown |= {"position": np.tile(np.arange(1, LENGTH + 1), 2 * LISTS)}
    shown |= {
        "propensity": np.where(explored, 1 / ITEMS, 1.0)[owner],
        "score": BELIEVED[order.ravel()],
    }
    shown |= {
        "model_position": places(BELIEVED, order),
        "shadow_position": places(ATTRACTION, order),
    }
    table = pa.table(
        {f.name: pa.array(list(shown.get(f.name, [None] * rows)), f.type) for f in log_schema(LINE)}
    )
    later = [when[k] + timedelta(minutes=1) for k in hit]
    clicks = {
        "request_id": names[hit],
        "item": item[hit],
        "kind": ["click"] * len(hit),
        "value": [1.0] * len(hit),
        "happened_at": later,
        "arrived_at": later,
        "delivery_id": pa.nulls(len(hit), pa.string()),
    }
    parts.write_parts(home, LINE, table, pa.table(clicks).select(OUTCOMES.names), f"week-{number}")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Four weeks of a log."""
    home = tmp_path_factory.mktemp("home")
    for number in range(WEEKS):
        write_week(home, number)
    return home


def led_since(when):
    """A ledger in which version 1 became champion at that time."""
    who = Candidate("1", "f", "adam", Origin.SCHEDULED, when, Stage.CHAMPION, when)
    promoted = Transition(
        LINE.name, 1, when, "t", Stage.APPROVAL, Stage.CHAMPION, 1.0, "good", who, "1"
    )
    return SimpleNamespace(transitions=lambda _: (promoted,))


@pytest.mark.parametrize(
    ("since", "known"), [(BEGIN, 4), (BEGIN + WEEK / 2, 3), (BEGIN + 9 * WEEK, 0)]
)
def test_rules_feed_on_no_clicks(at_home, tmp_path, monkeypatch, since, known):
    """Only weeks that a model led from end to end are held against it: a line that rules serve is accused of nothing."""
    monkeypatch.setattr(context, "folder", lambda *_: tmp_path)
    monkeypatch.setattr(context, "ledger", lambda: led_since(since))
    said = loop.judge_loop(LINE.name)
    kept = json.loads((tmp_path / "loop-weeks.json").read_text())["weeks"]
    assert [bool(week["sums"]) for week in kept] == [False] * (WEEKS - known) + [True] * known
    assert sum("champion" in week["seen"]["arms"] for week in kept) == known
    assert sum(week["seen"]["gap"] is not None for week in kept) == max(0, known - 2)
    assert said["loop"] == ("FAIL" if known == WEEKS else "UNDECIDED")


@pytest.fixture
def at_home(home, monkeypatch):
    """The line of that log, some days after its weeks."""
    monkeypatch.setenv("SLIPWAY_HOME", str(home))
    settings.cache_clear()
    monkeypatch.setattr(context, "line_of", lambda _: LINE)
    monkeypatch.setattr(context, "now", lambda: BEGIN + WEEKS * WEEK + timedelta(days=3))
    monkeypatch.setattr(context, "ledger", lambda: led_since(BEGIN))
    yield home
    settings.cache_clear()


def test_a_model_that_chance_contradicts_is_named_and_its_shadow_valued(
    at_home, monkeypatch, capsys
):
    """The gate fails, the shadow that knows better is no harm, and page and command say both."""
    said = loop.judge_loop(LINE.name)
    report = watch_facts.of(LINE.name).loop
    assert said["weeks"] == WEEKS
    assert report.verdict.conclusion is Conclusion.FAIL
    assert report.measured.weeks[-1].gap.mean > 0.5
    assert set(report.measured.weeks[0].arms) == {"champion", "explore"}
    assert report.candidate.conclusion is not Conclusion.FAIL
    assert "version 2" in report.candidate.reason
    monkeypatch.setattr("sys.argv", ["slipway", "watch", LINE.name, "--json"])
    with pytest.raises(SystemExit):
        main()
    assert json.loads(capsys.readouterr().out)["loop"]["verdict"]["conclusion"] == "FAIL"
    assert "feedback_loop" in watch_page.html(LINE.name)
    (cause,) = alert_causes.OF_FACTS["loop"](
        watch_facts.of(LINE.name), context.now(), WatchPolicy()
    )
    assert (cause.severity, cause.found) == (Severity.TICKET, report.verdict.reason)


def test_a_simulation_says_where_the_loop_leads(at_home, monkeypatch, capsys):
    """The world has the log's items and looks, a fair model ends near its best, pictures and JSON are written."""
    monkeypatch.setattr("sys.argv", ["slipway", "simulate", LINE.name, "--weeks", "4", "--json"])
    with pytest.raises(SystemExit):
        main()
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, schema_of("simulate"))
    assert said["fitted"]["items"] == said["fitted"]["offered"] == ITEMS
    assert said["learners"]["position_based"]["value"][-1] > 0.9
    folder = at_home / "work" / LINE.name / "simulation"
    names = {
        "simulation.json",
        "simulation.html",
        "loop-value.png",
        "loop-gap.png",
        "loop-gini.png",
    }
    assert names <= {path.name for path in folder.iterdir()}
    assert json.loads((folder / "simulation.json").read_text()) == said


def test_too_few_explored_clicks_simulate_nothing(at_home, monkeypatch):
    """A line that explores hardly at all is told what it needs, and nothing is written."""
    monkeypatch.setattr("slipway.monitoring.loop_world.FEWEST_CLICKS", 10**6)
    with pytest.raises(NotComputable, match="explored clicks of feed"):
        simulate_line(LINE.name, 3, 0, lambda *_: None)


def test_a_week_without_rows_is_a_week_that_says_nothing(at_home):
    """Before the log began nobody was shown anything: no arm, no gap, and no error."""
    week = loop_rows.read_week(at_home, LINE, BEGIN - 2 * WEEK, BEGIN - WEEK)
    assert (week.arms, week.items, week.requests) == ({}, (), 0)
    seen = week_of("w", "", week.lists, [], week.arms, week.theta, LoopPolicy())
    assert seen.gap is None
    assert item_sums(week.lists, 2, 3).clicks.sum() == 0


def test_looking_again_reads_nothing_again(at_home, monkeypatch):
    """A second look reads no week, and says the same."""
    first = loop.judge_loop(LINE.name)
    monkeypatch.setattr("slipway.monitoring.loop_rows.read_week", None)
    assert loop.judge_loop(LINE.name) == first

"""Drift of a line's own log: days are sketched once, weeks are compared, a planted change is named."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from slipway.cli import main
from slipway.data import parts
from slipway.data.schema import OUTCOMES, exposure_schema
from slipway.domain.errors import BadInput
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring import relation_store, store
from slipway.monitoring.store import Watermark
from slipway.settings import settings
from slipway.steps import context, drift, quality, relation, watch_facts, watch_page

from tests.log_kit import LINE, T0

BEGIN = T0.replace(hour=0)
DAY = timedelta(days=1)
WEEKS = 9
ROWS = 120


def write_day(home, day, rng, *, missing=False):
    """A day of requests of one item, with a click in three of ten."""
    at = BEGIN + day * DAY
    names = [f"{day:03d}-{k}" for k in range(ROWS)]
    n = {name: rng.normal(0, 1, ROWS) for name in (c.name for c in LINE.features)}
    n |= {
        "age_band": rng.integers(0, 3, ROWS).astype(float),
        "genre": rng.integers(0, 5, ROWS) * 1.0,
    }
    n["hour"] = np.full(ROWS, np.nan) if missing else rng.integers(0, 24, ROWS) * 1.0
    when = [at + timedelta(seconds=20 * k) for k in range(ROWS)]
    table = pa.table(
        n
        | {"request_id": names, "user": names, "requested_at": when, "arrived_at": when}
        | {"arm": ["champion"] * ROWS, "version": ["1"] * ROWS, "stage": [""] * ROWS}
        | {"epoch": [0] * ROWS, "latency_ms": [1.0] * ROWS, "fallback": [False] * ROWS}
        | {"features_as_of": [at] * ROWS, "item": ["f"] * ROWS, "position": [1] * ROWS}
        | {"propensity": [1.0] * ROWS, "score": rng.uniform(0.2, 0.4, ROWS)}
        | dict.fromkeys(("shadow_version",), pa.nulls(ROWS, pa.string()))
        | dict.fromkeys(("shadow_latency_ms", "shadow_score"), pa.nulls(ROWS, pa.float64()))
        | {"shadow_ok": pa.nulls(ROWS, pa.bool_())}
    ).select(exposure_schema(LINE).names)
    hit = np.flatnonzero(rng.random(ROWS) < 0.3)
    later = [when[k] + timedelta(minutes=1) for k in hit]
    clicks = pa.table(
        {
            "request_id": [names[k] for k in hit],
            "item": ["f"] * len(hit),
            "kind": ["click"] * len(hit),
            "value": [1.0] * len(hit),
            "happened_at": later,
            "arrived_at": later,
            "delivery_id": pa.nulls(len(hit), pa.string()),
        },
    ).select(OUTCOMES.names)
    parts.write_parts(home, LINE, table, clicks, f"day-{day}")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A log of nine weeks; in the last one the feed of a column sends NaN."""
    home = tmp_path_factory.mktemp("home")
    rng = np.random.default_rng(1)
    for day in range(7 * WEEKS):
        write_day(home, day, rng, missing=day >= 7 * (WEEKS - 1))
    return home


@pytest.fixture
def at_home(home, monkeypatch):
    """The line of that log, at the end of its weeks."""
    monkeypatch.setenv("SLIPWAY_HOME", str(home))
    settings.cache_clear()
    monkeypatch.setattr(context, "line_of", lambda _: LINE)
    monkeypatch.setattr(context, "now", lambda: BEGIN + 7 * WEEKS * DAY + timedelta(hours=3))
    yield home
    settings.cache_clear()


@pytest.fixture
def looked(at_home):
    """What the watch says of it."""
    return drift.update(LINE.name)


def test_a_feed_that_sends_nan_is_named(looked):
    """The column, what is wrong and since when; nothing else is said to have moved."""
    (note,) = watch_facts.of(LINE.name).drift.open
    assert (note.column, note.sense, note.since) == ("hour", "missing", "2026-03-02")
    assert looked["open"] == ["hour missing in +100.0% of rows"]
    assert looked["unseen"] == []


def test_looking_again_reads_nothing_again(looked, at_home, monkeypatch):
    """A second look at the same time sketches no day, and says the same."""
    before = watch_facts.of(LINE.name)
    monkeypatch.setattr("slipway.monitoring.collect.sketch_days", None)
    assert drift.update(LINE.name) == looked
    assert watch_facts.of(LINE.name) == before


def test_what_is_kept_is_what_was_counted(looked, at_home):
    """Of each day every row of a column is in a cell, in a value or missing; outcomes are there too."""
    days = store.read_days(store.days(at_home, LINE, Watermark.ARRIVED), BEGIN, BEGIN + 2 * DAY)
    assert len(days) == 2
    for sketch in days[BEGIN].values():
        assert sketch.counts.sum() + sketch.rest + sketch.missing == sketch.rows
    assert {column for column, _ in days[BEGIN]} == {c.name for c in LINE.columns} | {"score"}
    label = store.read_days(store.days(at_home, LINE, Watermark.MATURED), BEGIN, BEGIN + DAY)
    clicked = label[BEGIN][LINE.label.name, "all"]
    counts = dict(zip(clicked.keys.tolist(), clicked.counts.tolist(), strict=True))
    assert sum(counts.values()) == ROWS
    assert 20 < counts["1"] < 55


def test_the_command_says_it(looked, at_home, monkeypatch, capsys):
    """``slipway watch`` says the note and what is not known yet, and prints all of it as JSON."""
    monkeypatch.setattr("sys.argv", ["slipway", "watch", LINE.name])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().out
    assert "drift: hour missing in +100.0% of rows, since the week of 2026-03-02" in said
    assert watch_facts.of(LINE.name).to_dict()["drift"]["notes"][0]["column"] == "hour"


def test_what_came_of_it_is_watched_beside_the_drift(looked, at_home, monkeypatch):
    """A feed of NaN is no changed relation; every row is in one bin of each column, and is read once."""
    said = relation.compare_outcomes(LINE.name)
    assert said == {"line": LINE.name, "weeks": WEEKS, "open": [], "without_outcome": []}
    facts = watch_facts.of(LINE.name)
    assert "the inputs moved, what comes of them did not" in " ".join(facts.sentences)
    assert facts.to_dict()["relation"]["weeks"]["columns"][0] == LINE.label.name
    days = relation_store.read_days(relation_store.chain(at_home, LINE), BEGIN, BEGIN + DAY)
    assert {part[:, 0].sum() for part in days[BEGIN].values()} == {ROWS}
    monkeypatch.setattr("slipway.monitoring.relation_rows.sum_days", None)
    assert relation.compare_outcomes(LINE.name) == said


def test_quality_is_said_before_outcomes_and_held_against_them(looked, at_home, monkeypatch):
    """Where the rules lead it says why not; a NaN feed leaves no row like now's; a week before it was right."""
    assert "rules" in quality.expect_quality(LINE.name)["said"][0]
    leads = SimpleNamespace(state=lambda _: SimpleNamespace(champion="1"))
    monkeypatch.setattr(context, "ledger", lambda: leads)
    now = context.now()
    monkeypatch.setattr(context, "now", lambda: now - 8 * DAY)
    (said,) = quality.expect_quality(LINE.name)["said"]
    assert "version 1, 2026-02-22 to 2026-03-01: expected log loss 0." in said
    assert "blind to a changed relation" in said
    monkeypatch.setattr(context, "now", lambda: now)
    (said,) = quality.expect_quality(LINE.name)["said"]
    assert "UNDECIDED: " in said
    assert "have none like them in the past" in said
    page = watch_page.html(LINE.name)
    assert "have none like them in the past" in page
    assert "the inputs moved, what comes of them did not" in page
    assert "Earlier promises: none yet" in page
    first, _ = watch_facts.of(LINE.name).quality.weeks
    assert first.inside[1] == len(first.found.measures)
    assert 0.2 < first.realised["positive_rate"] < 0.4


def test_a_part_that_cannot_be_read_is_named(looked, at_home):
    """A damaged part of the distances is no quiet week."""
    chain = store.weeks(at_home, LINE, Watermark.ARRIVED)
    path = chain.parts()[-1].file("distances")
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    try:
        with pytest.raises(BadInput, match="distances"):
            drift.judged(LINE, WatchPolicy())
    finally:
        path.write_bytes(whole)


def test_a_line_nobody_looked_at_says_so(tmp_path, monkeypatch):
    """Without a look nothing is known, which is not the same as quiet."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    settings.cache_clear()
    facts = watch_facts.of("feed")
    settings.cache_clear()
    assert not facts.is_quiet
    assert "not looked at yet" in facts.sentences[0]

"""The line ``bike`` goes from its log to the decision of its paired shadow, through the steps of any line."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import offline_kit
import pandas as pd
import pyarrow as pa
import pytest
from slipway import bundled
from slipway.artifact.load import load_ranker
from slipway.data import log, rollup
from slipway.data.schema import OUTCOMES, exposure_schema
from slipway.domain.errors import ValidationFailed
from slipway.domain.release import Candidate, Origin
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion
from slipway.examples.bike import recorded, rules, world
from slipway.examples.bike.line import LINE
from slipway.gates import PAIRED_SHADOW
from slipway.gates import judge as judge_gate
from slipway.kinds import kind_of
from slipway.kinds.prediction import shadow
from slipway.validation import suite_files
from slipway.validation.consistency import consistency

BEGIN = datetime(2025, 1, 6, 6, tzinfo=UTC)
MONTH, TRAINED = timedelta(weeks=4), timedelta(weeks=26)
REAL = Path(os.environ.get("DATA", "")) / "bike_sharing"
SUITES = bundled.folder("expectations")
RECIPE = {"params": {"trees": 25}}


def write(home, table, score, shadowed=None, version="1"):
    """Put hours into the log: answered with ``score``, in the shadow with ``shadowed``, and counted."""
    table = table.reset_index(drop=True)
    n, at = len(table), table["requested_at"].dt.as_unit("us")
    night = at.dt.floor("D") + pd.Timedelta("1D")  # imported by the day: 24 files less
    ids = pd.Series([f"h{when:%Y%m%d%H}" for when in at])
    features = {name: table[name] for name in world.COLUMNS}
    frame = pd.DataFrame(
        {
            "request_id": ids, "user": ids, "requested_at": at,
            "arrived_at": night - pd.Timedelta("1s"), "arm": "champion", "version": version,
            "stage": "shadow" if shadowed is not None else "", "epoch": 1, "latency_ms": 2.0,
            "fallback": False, "shadow_version": "2" if shadowed is not None else None,
            "shadow_latency_ms": 2.0 if shadowed is not None else None,
            "shadow_ok": True if shadowed is not None else None,
            "shadow_score": shadowed if shadowed is not None else None,
            "features_as_of": at.dt.floor("D"), "item": "answer", "position": 1, "propensity": 1.0,
            "score": score, **features,
        }
    )  # fmt: skip
    schema = exposure_schema(LINE)
    shown = pa.Table.from_pandas(frame[schema.names], schema, preserve_index=False)
    came = pd.DataFrame(
        {
            "request_id": ids,
            "item": "answer",
            "kind": "rentals",
            "value": table["rentals"],
            "happened_at": at + pd.Timedelta("1h"),
            "arrived_at": night + pd.Timedelta("30min"),
            "delivery_id": None,
        }
    )
    outcomes = pa.Table.from_pandas(came[OUTCOMES.names], OUTCOMES, preserve_index=False)
    part = f"part-{n}-{at.iloc[0]:%Y%m%d%H}"
    log.write_parts(home, LINE, shown, outcomes, part)


@pytest.fixture
def city(tmp_path):
    """A home of its own, and folders in place of a registry."""
    with offline_kit.office(tmp_path) as office:
        yield office


def month(city, end, key, recipe=None):
    """A monthly run up to its registered version; returns the run and its verdicts."""
    return city.run("bike", end - MONTH, end, key, recipe or RECIPE)


def answers(city, version, table):
    """What a registered version answers to the hours of a table."""
    ranker = load_ranker(city.made[int(version) - 1].model, LINE)
    return ranker.score(table[list(world.COLUMNS)].to_numpy(float))[0]


def released(city, table):
    """Two monthly models and a month in which the second one is the shadow of the first."""
    first, second, last = (BEGIN + TRAINED + k * MONTH for k in (1, 2, 3))
    old = table[table["requested_at"] < second]
    write(city.home, old, rules.score(old[list(world.COLUMNS)].to_numpy(float)))
    champion, beside_rules = month(city, first, "manual__1")
    city.champion = champion.version
    candidate, beside_champion = month(city, second, "manual__2")
    new = table[(table["requested_at"] >= second) & (table["requested_at"] < last)]
    mine, theirs = (answers(city, run.version, new) for run in (candidate, champion))
    write(city.home, new, theirs, mine)
    offered = Candidate(
        "2", candidate.model.fingerprint, "adam", Origin.MANUAL, second, Stage.SHADOW, second
    )
    found = shadow.compare(city.home, LINE, offered, "1", second, last + timedelta(hours=3))
    return beside_rules, beside_champion, found, (new, theirs, mine)


def test_from_the_log_to_the_decision_of_the_paired_shadow(city):
    """Frozen, proven, fitted, measured beside rules and champion, registered, and compared in pairs."""
    table = world.hours(BEGIN, 24 * 7 * 40, seed=3)
    beside_rules, beside_champion, found, (new, theirs, mine) = released(city, table)
    said = {verdict["gate"]: verdict for verdict in (*beside_rules, *beside_champion)}
    for gate in ("parity", "beats_rules_loss", "answer_level", "offline_segments"):
        assert said[gate]["conclusion"] == Conclusion.PASS.name, said[gate]
    assert "rentals" in said["offline_loss"]["reason"]
    evidence = city.made[0].evidence
    page = (evidence / "evidence.html").read_text()
    assert "squared error of rentals" in page
    assert "paired shadow" in page
    assert not {"genre", "click", "film"} & set(page.lower().split())
    errors = [(answer - new["rentals"].to_numpy()) ** 2 for answer in (theirs, mine)]
    until = new["requested_at"].iloc[-1] + timedelta(hours=4) - LINE.maturity
    mature = (new["requested_at"] < until).to_numpy()
    assert found.losses.rows == mature.sum()
    assert found.losses.control == pytest.approx(errors[0][mature].sum())
    assert found.losses.difference == pytest.approx((errors[1] - errors[0])[mature].sum())
    assert (found.losses.days.clusters, found.excluded) == (28, 0)


def test_a_worse_candidate_is_found_in_the_shadow_and_an_equal_one_passes(city):
    """Answers half too high are proven harm in weeks; the champion beside nearly itself is no harm."""
    table = world.hours(BEGIN, 24 * 7 * 6, seed=4)
    usual = rules.score(table[list(world.COLUMNS)].to_numpy(float))
    near = usual * 0.8
    since, now = BEGIN, BEGIN + timedelta(weeks=6, hours=3)
    offered = Candidate("2", "f", "adam", Origin.MANUAL, since, Stage.SHADOW, since)
    for shift, expected in ((1.6, Conclusion.FAIL), (1.001, Conclusion.PASS)):
        shutil.rmtree(city.home / "log", ignore_errors=True)
        write(city.home, table, near, near * shift)
        found = shadow.compare(city.home, LINE, offered, "1", since, now)
        verdict = judge_gate(PAIRED_SHADOW, found, LINE.policy)
        assert verdict.conclusion is expected, verdict.reason


def test_suites_on_disk_are_those_that_the_line_declares():
    """The bundled suites say what the declaration says."""
    assert not suite_files.differences("bike", kind_of(LINE).suites(LINE), SUITES)


def test_logged_hours_are_what_is_computed_again(city):
    """A line without items is recomputed as others are: every row the same, and a wrong zone found."""
    table = world.hours(BEGIN, 24 * 3, seed=6)
    write(city.home, table, rules.score(table[list(world.COLUMNS)].to_numpy(float)))
    found = consistency(city.home, LINE, BEGIN, BEGIN + timedelta(days=2))
    assert (found.holds, found.rows, found.unknown_items) == (True, 48, 0)
    table["hour"] = table["requested_at"].dt.hour.astype(float)
    write(
        city.home,
        table.assign(requested_at=table["requested_at"] + pd.Timedelta("7D")),
        np.ones(len(table)),
    )
    later = BEGIN + timedelta(days=7)
    wrong = consistency(city.home, LINE, later, later + timedelta(days=2))
    assert {column.column for column in wrong.columns if not column.holds} >= {"hour"}


def test_hours_that_nobody_counted_are_summed_all_the_same(city):
    """A request whose measurement never came is a request: the sums of its hour are made, and hold no success."""
    table = world.hours(BEGIN, 24 * 4, seed=7)
    write(city.home, table, rules.score(table[list(world.COLUMNS)].to_numpy(float)))
    for part in (city.home / "log" / "outcomes").rglob("*.parquet"):
        part.unlink()
    rollup.update(city.home, LINE, now=BEGIN + timedelta(days=4))
    blocks = rollup.read(city.home, LINE, BEGIN).blocks
    whole = blocks[blocks["segment"] == "all"]
    assert whole["requests"].sum() > 24
    assert whole["successes"].sum() == 0


def test_an_answer_with_any_rentals_is_one_success(city):
    """Sums of a line whose outcome is an amount count answers, never the amount itself."""
    table = world.hours(BEGIN, 24 * 4, seed=7)
    write(city.home, table, rules.score(table[list(world.COLUMNS)].to_numpy(float)))
    rollup.update(city.home, LINE, now=BEGIN + timedelta(days=4))
    blocks = rollup.read(city.home, LINE, BEGIN).blocks
    whole = blocks[blocks["segment"] == "all"]
    known = table["requested_at"] < blocks["block_start"].max() + pd.Timedelta("1h")
    assert whole["successes"].sum() == (table["rentals"][known] > 0).sum() > 24
    assert table["rentals"].max() > 1


def test_an_hour_in_the_wrong_zone_is_found(city):
    """A caller whose clock is the server's, not the city's, is proven to be skewed."""
    table = world.hours(BEGIN, 24 * 7 * 31, seed=5)
    table["hour"] = table["requested_at"].dt.hour.astype(float)
    write(city.home, table, np.full(len(table), 100.0))
    with pytest.raises(ValidationFailed, match="hour"):
        month(city, BEGIN + TRAINED + MONTH, "manual__1")


@pytest.mark.skipif(not REAL.is_dir(), reason="no real table: set DATA to the folder that holds it")
def test_the_real_city_goes_the_same_road(city):
    """On the recorded hours of two years the first models are judged, and compared in pairs."""
    table = recorded.read(REAL)["visits"].rename(columns={"at": "requested_at"})
    shift = pd.Timestamp(BEGIN) - pd.Timestamp("2011-01-03T06:00Z")
    table = table.assign(requested_at=table["requested_at"] + shift.round("7D"))
    table = table[table["requested_at"] >= BEGIN]
    zone = pd.Series(table["requested_at"]).dt.tz_convert("America/New_York")
    for name in ("hour", "weekday", "month"):
        table[name] = getattr(zone.dt, name).to_numpy().astype(float)
    beside_rules, _, found, _ = released(city, table)
    parity = next(v for v in beside_rules if v["gate"] == "parity")
    assert parity["conclusion"] == Conclusion.PASS.name
    assert found.losses.rows > 500

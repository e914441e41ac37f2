"""A team's own line of strings, 285 categories and hourly statistics goes the whole road."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta

import news_kit as kit
import numpy as np
import pytest
from slipway.artifact.folder import write_rules
from slipway.artifact.load import load_ranker
from slipway.data import engine, feature_table, features, frozen_tables, log, snapshot
from slipway.domain.errors import BadInput
from slipway.domain.leak import LeakKind
from slipway.domain.line import AsOf, Clock, Column
from slipway.evaluation.evaluate import evaluate
from slipway.kinds import leak_proofs
from slipway.registry.state import ReleaseState
from slipway.serving.rank import LineServer
from slipway.serving.request_ids import RequestIds
from slipway.serving.served import Loader
from slipway.serving.state import Known
from slipway.settings import EventClock
from slipway.training import examination
from slipway.training.probe_fit import short_fit
from slipway.training.train import train
from slipway.validation import generate
from slipway.validation.consistency import consistency


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Five days of news."""
    folder = tmp_path_factory.mktemp("news")
    kit.write(folder)
    return folder


@pytest.fixture(scope="module")
def week(home):
    """Four days of it, frozen."""
    end = kit.END
    return snapshot.freeze(home, kit.LINE, end - kit.DAY, end, now=end, recipe=kit.LINE.recipe)


def test_it_is_proven_fitted_measured_and_served(home, week, tmp_path):
    """From the log to an answer: proofs hold, 285 categories are fitted, and the router takes its words."""
    line, con = kit.LINE, engine.connect()
    shown = engine.exposures(
        con, home, line, arrived_before=kit.END, requested_from=kit.T0, requested_to=kit.END
    )
    tables = {"exposures": shown, "training": frozen_tables.verified(week.path)}
    proofs = leak_proofs.prove(con, home, line, line.recipe, tables, short_fit)
    con.disconnect()
    assert proofs["holds"].all(), proofs[~proofs["holds"]].to_string()
    assert set(proofs[proofs["kind"] == LeakKind.SKEW.value]["column"]) == {
        c.name for c in line.columns
    }
    made = train(week, line, line.recipe, tmp_path / "mine", None)
    theta = examination.estimate(np.zeros(0, int), np.zeros(0), np.zeros(0, bool), line.list_length)
    rules = load_ranker(write_rules(tmp_path / "rules", line, theta), line)
    mine = load_ranker(made.folder, line)
    found = evaluate(week, line, line.recipe, mine, None, rules, timer=time.perf_counter)
    assert found.rows > 0
    assert found.parity_mismatches == 0
    answer, logged = served(home, tmp_path)
    assert len(answer["items"]) == line.list_length
    assert logged["device"].tolist() == ["tablet"] * line.list_length
    assert set(logged["country"]) == {"a country nobody knows"}
    assert logged["category"].str.startswith("category ").all()
    assert logged["fresh_on_phone"].eq(0).all()


def served(home, folder):
    """One request to the line's server, and what it logged."""
    line, own = kit.LINE, folder / "router"
    features.compute(home, line, kit.END)
    clock = EventClock(0.0, (kit.END + timedelta(minutes=5)).timestamp(), 0.0)
    writer = log.LogWriter(own, line, "unit", clock)
    table = feature_table.load(home, line)
    server = LineServer(line, RequestIds(own), writer, clock, 3600.0, features=table)
    server.served = Loader(own, line).serve(Known(ReleaseState(line.name)))
    ask = {"user": "u001", "items": [f"a{k:03}" for k in range(20)]}
    context = {"device": "tablet", "country": "a country nobody knows"}
    body = json.dumps({**ask, "context": context}).encode()
    answer = json.loads(asyncio.run(server.rank(body, time.perf_counter())))
    for wrong, said in (
        ({"device": 1}, "one of phone, tablet"),
        ({"age_band": 1}, "one of device, country"),
    ):
        server.contract = server.contract
        with pytest.raises(BadInput, match=said):
            strict(server, {**ask, "context": wrong})
    writer.rotate()
    con = engine.connect()
    rows = engine.exposures(
        con,
        own,
        line,
        arrived_before=kit.END + kit.DAY,
        requested_from=kit.END,
        requested_to=kit.END + kit.DAY,
    )
    return answer, engine.fetch(con, rows, own, line).to_pandas()


def strict(server, body):
    """The request, where the line refuses what does not fit."""
    columns = tuple(replace(c, unfit="refuse") if c.is_sent else c for c in kit.LINE.columns)
    other = type(server.contract)(replace(kit.LINE, columns=columns))
    other.context(body["context"])


def test_what_was_logged_is_what_is_computed_again(home):
    """Every row of every column, bit for bit, from tables counted again."""
    found = consistency(home, kit.LINE, kit.T0, kit.END)
    assert found.holds, found
    assert found.rows == 5 * 2 * 40 * 5
    assert {column.column for column in found.columns} == {c.name for c in kit.LINE.columns}


def changed(line, name, origin):
    """The line, but one column comes about in another way."""
    columns = [replace(c, origin=origin) if c.name == name else c for c in line.columns]
    return replace(line, columns=tuple(columns))


def test_a_wrong_window_is_found(home):
    """A column that was served over a day is not what two days give."""
    origin = kit.LINE.column("article_ctr_24h").origin
    other = changed(kit.LINE, "article_ctr_24h", replace(origin, window=2 * kit.DAY))
    found = {c.column: c for c in consistency(home, other, kit.T0 + 2 * kit.DAY, kit.END).columns}
    assert found["article_ctr_24h"].mismatch > 0
    assert found["article_ctr_24h"].examples
    assert sum(not column.holds for column in found.values()) == 1


def test_a_late_row_that_was_let_in_is_found(home, tmp_path, monkeypatch):
    """Statistics that were served with rows which had not arrived differ from those that had."""
    real = features.count
    later = lambda home_, line, as_of: real(home_, line, as_of + kit.DAY)  # noqa: E731 - a faulty count
    with monkeypatch.context() as patched:
        patched.setattr(features, "count", later)
        found = consistency(home, kit.LINE, kit.T0 + kit.DAY, kit.T0 + 3 * kit.DAY)
    wrong = {column.column for column in found.columns if not column.holds}
    assert wrong == {"article_ctr_24h", "category_device_ctr", "user_recency_hours"}


def test_a_wrong_zone_is_found(tmp_path):
    """An hour that was logged in another zone than is declared differs in every row."""
    served_as = Column("hour", origin=Clock("hour", "UTC"))
    line = replace(kit.LINE, columns=(*kit.LINE.columns, served_as), recipe=kit.LINE.recipe)
    kit.write(tmp_path, line, per_hour=3)
    assert consistency(tmp_path, line, kit.T0, kit.END).holds
    sydney = changed(line, "hour", Clock("hour", "Australia/Sydney"))
    found = consistency(tmp_path, sydney, kit.T0, kit.END)
    (hour,) = [column for column in found.columns if not column.holds]
    assert (hour.column, hour.mismatch) == ("hour", found.rows)


def test_its_suites_speak_its_own_words():
    """No sentence of another team's words stands in the suites that are generated for it."""
    suites = generate.suites(kit.LINE)
    assert "outcomes are opened" in suites["outcomes"]
    assert "device is one of its words" in suites["training"]
    assert not any(word in text for text in suites.values() for word in ("click", "genre", "film"))


def test_a_column_that_is_counted_anew_joins_the_kept_tables(home):
    """A statistic that is declared later is due at once; what was counted before stays as it is."""
    more = Column("views", origin=AsOf(("item", "device"), kit.DAY, "count", refresh="hour"))
    line = replace(kit.LINE, columns=(*kit.LINE.columns, more))
    now = kit.T0 + 4 * kit.DAY + timedelta(hours=20, minutes=30)
    assert features.refresh_due(home, line, now) == now.replace(minute=0)

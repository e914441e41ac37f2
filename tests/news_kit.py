"""A log of the news line as its router would have written it: hours, readers and articles of one seed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from slipway.data import catalog, feature_table, features, log
from slipway.data.feature_ranges import Guard
from slipway.data.schema import OUTCOMES, exposure_schema, type_of
from slipway.data.times import micros
from slipway.data.words import codes_of, words_of
from slipway.domain.line import Recipe, Schedule
from support import news

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
T0 = datetime(2026, 1, 5, tzinfo=UTC)
LINE = replace(
    news.LINE,
    schedule=Schedule(train=3 * DAY, holdout=DAY),
    recipe=Recipe("small", (), max_iter=6, max_leaf_nodes=6, max_rows=20_000, seeds=(1, 2, 3)),
)
COUNTRIES = [f"country {k:03}" for k in range(249)]
CATEGORIES = [f"category {k:03}" for k in range(285)]
ARTICLES, USERS = 900, 150
DEVICES = ("phone", "tablet", "desktop")
END = T0 + 5 * DAY


def write(home, line=LINE, per_hour=40):
    """Five days with two busy hours each; every list has five articles."""
    rng = np.random.default_rng(4)
    table = {
        "item": [f"a{k:03}" for k in range(ARTICLES)],
        "headline": [f"Headline {k}" for k in range(ARTICLES)],
        "category": [CATEGORIES[k % len(CATEGORIES)] for k in range(ARTICLES)],
        "published_at": [T0 - timedelta(hours=float(h)) for h in rng.uniform(1, 300, ARTICLES)],
    }
    catalog.write(home, line, pa.table(table))
    home_of = rng.integers(0, len(COUNTRIES), USERS)
    for day in range(5):
        for hour in (8, 20):
            as_of = T0 + day * DAY + hour * HOUR
            features.compute(home, line, as_of)
            _hour(home, line, rng, as_of, home_of, per_hour)


def _hour(home, line, rng, as_of, home_of, lists):
    served = feature_table.load(home, line, as_of)
    n = lists * line.list_length
    users = np.repeat(rng.integers(0, USERS, lists), line.list_length)
    items = np.concatenate(
        [rng.choice(ARTICLES, line.list_length, replace=False) for _ in range(lists)]
    )
    asked = np.repeat(np.sort(rng.integers(0, 3500, lists)), line.list_length) + 1
    times = [as_of + timedelta(seconds=int(s)) for s in asked]
    device = np.repeat(rng.integers(0, 3, lists), line.list_length)
    country = [COUNTRIES[home_of[u]] for u in users]
    sent = {"device": codes_of([DEVICES[d] for d in device]), "country": codes_of(country)}
    who = [f"u{u:03}" for u in users]
    matrix = served.rows(who, sent, items, np.array([micros(at) for at in times]))
    matrix, _ = Guard(line).fitted(matrix)
    fixed = {
        "request_id": [f"{as_of:%d%H}-{k // line.list_length:04}" for k in range(n)],
        "user": who,
        "requested_at": times,
        "arrived_at": times,
        "item": [f"a{i:03}" for i in items],
        "position": list(np.tile(np.arange(1, line.list_length + 1), lists)),
        "arm": list(
            np.repeat(np.where(rng.random(lists) < 0.1, "explore", "champion"), line.list_length)
        ),
    }
    same = {"version": "1", "stage": "", "epoch": 0, "latency_ms": 1.0, "fallback": False}
    same |= {"features_as_of": as_of, "propensity": 1.0, "score": 0.5}
    values = {
        c.name: matrix[:, at] if type_of(c) != pa.string() else words_of(matrix[:, at].tolist())
        for at, c in enumerate(line.columns)
    }
    columns = {**fixed, **{k: [v] * n for k, v in same.items()}, **values}
    exposures = pa.table(
        {f.name: pa.array(columns.get(f.name, [None] * n), f.type) for f in exposure_schema(line)},
        schema=exposure_schema(line),
    )
    chance = 0.1 + 0.3 * (items % 7 == 0) + 0.1 * (device == 0)
    opened = np.flatnonzero(rng.random(n) < chance)
    outcomes = [
        {
            "request_id": fixed["request_id"][k],
            "item": fixed["item"][k],
            "kind": "opened",
            "value": 1.0,
            "happened_at": times[k] + timedelta(minutes=3),
            "arrived_at": times[k] + timedelta(minutes=3),
        }
        for k in opened
    ]
    table = pa.Table.from_pylist(outcomes, OUTCOMES)
    log.write_parts(home, line, exposures, table, f"h{as_of:%d%H}")

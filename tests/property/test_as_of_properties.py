"""Every as-of statistic, on every way, is what a beginner's loop over the log gives."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slipway.data import catalog, feature_table, features, log
from slipway.data.schema import OUTCOMES, exposure_schema
from slipway.data.times import micros
from slipway.data.words import codes_of
from slipway.domain.line import AsOf, Column, Entity, Field, Line, Listed, Outcome, Sent
from support import naive_features

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
AS_OF = datetime(2026, 1, 12, tzinfo=UTC)
ROOT = AsOf((), 2 * DAY, of="opened", prior=0.1)
KIND = AsOf("sort", 2 * DAY, of="opened", prior=ROOT)
STATISTICS = {
    "item_rate": AsOf("item", DAY, of="opened", prior=0.2, strength=5),
    "kind_rate": KIND,
    "kind_device_rate": AsOf(("sort", "device"), 2 * DAY, of="opened", prior=KIND, missing=ROOT),
    "user_kind_rate": AsOf(("user", "sort"), 2 * DAY, of="opened", prior=KIND),
    "band_rate": AsOf("band", 2 * DAY, of="opened", prior=ROOT),
    "shown": AsOf("item", DAY, "count"),
    "opened_here": AsOf(("user", "device"), 2 * DAY, "count", of="opened"),
    "price_sum": AsOf("device", DAY, "sum", of="price"),
    "price_mean": AsOf("user", DAY, "mean", of="price", prior=1.5),
    "readers": AsOf("item", 2 * DAY, "distinct", of="user"),
    "last_price": AsOf("user", 2 * DAY, "last", of="price"),
    "since": AsOf("user", 2 * DAY, "time_since"),
    "since_open": AsOf(("user", "sort"), 2 * DAY, "time_since", of="opened", prior=99.0),
    "hour_count": AsOf("device", 3 * HOUR, "count", refresh="hour"),
}
LINE = Line(
    "everything",
    "Every statistic, by strings and codes.",
    entities=(Entity("item", {"sort": "category"}),),
    columns=(
        Column("device", "category", Sent()),
        Column("band", "code", Sent(of="user"), words=("young", "old")),
        Column("price", origin=Sent()),
        Column("sort", "category", Field("item.sort")),
        *(Column(name, origin=origin) for name, origin in STATISTICS.items()),
    ),
    outcomes=(Outcome("opened", event="open", window=HOUR),),
    exposure=Listed(2, category_of="sort"),
    rules="none",
)
KINDS = {"a": "news", "b": "news", "c": "sport", "d": "sport"}
USERS, DEVICES = ("u", "v", "w"), ("phone", "desk", None)

rows = st.tuples(
    st.sampled_from(USERS),
    st.sampled_from("abcd"),
    st.sampled_from(DEVICES),
    st.sampled_from((0, 1, None)),
    st.sampled_from((0.0, 1.25, -2.0, None)),
    st.integers(-3 * 1440, 30),
    st.sampled_from((0, 0, 1, 45, 400)),
)
outcomes = st.tuples(
    st.integers(0, 40), st.integers(-10, 90), st.sampled_from((1.0, 1.0, 0.0)), st.booleans()
)


def written(home, told, came):
    """The log of these rows as the naive side sees it, and in ``home``."""
    shown, events = [], []
    for k, (user, item, device, band, price, minute, delay) in enumerate(told):
        asked = AS_OF + minute * MINUTE
        shown.append({
            "request_id": f"r{k:02}", "user": user, "item": item, "device": device, "band": band,
            "price": price, "sort": KINDS[item], "requested_at": asked,
            "arrived_at": asked + delay * MINUTE, "position": 1,
        })  # fmt: skip
    for k, after, value, twice in came:
        if not shown:
            break
        row = shown[k % len(shown)]
        at = row["requested_at"] + after * MINUTE
        one = {"request_id": row["request_id"], "item": row["item"], "kind": "open", "value": value}
        events += [{**one, "happened_at": at, "arrived_at": at}] * (2 if twice else 1)
    same = {"arm": "champion", "version": "1", "stage": "", "epoch": 0, "latency_ms": 1.0}
    same |= {"fallback": False, "features_as_of": AS_OF, "propensity": 1.0, "score": 0.5}
    table = pa.Table.from_pylist([row | same for row in shown], exposure_schema(LINE))
    log.write_parts(home, LINE, table, pa.Table.from_pylist(events, OUTCOMES), "part")
    return shown, events


def expected(shown, came, ask, now):
    """What each statistic is for one request and item, by the naive loop."""
    user, item, device, band = ask
    keys = {"user": user, "item": item, "device": device, "band": band, "sort": KINDS[item]}
    known = naive_features.known(LINE, shown, came, AS_OF)
    found = [naive_features.value(one, keys, known, AS_OF, now) for one in STATISTICS.values()]
    return np.array([np.nan if one is None else one for one in found], float)


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(rows, max_size=14), st.lists(outcomes, max_size=14))
def test_counted_served_and_rebuilt_are_what_a_naive_loop_gives(told, came):
    """Late, double, early and out-of-order rows: one request, many rows and the naive loop agree."""
    asks = [
        (u, "abcd", d, b) for u, d, b in (("u", "phone", 0), ("v", None, None), ("nobody", "tv", 1))
    ]
    now = AS_OF + 3 * HOUR
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        items = [{"item": item, "sort": sort} for item, sort in KINDS.items()]
        catalog.write(home, LINE, pa.Table.from_pylist(items))
        shown, events = written(home, told, came)
        features.compute(home, LINE, AS_OF)
        table = feature_table.load(home, LINE, AS_OF)
        for user, offered, device, band in asks:
            context = {"device": device, "band": band, "price": 2.0}
            one = table.matrix(user, context, list(offered), now)
            n = len(offered)
            sent = {
                "device": codes_of([device] * n),
                "price": np.full(n, 2.0),
                "band": np.full(n, np.nan if band is None else band),
            }
            many = table.rows([user] * n, sent, np.arange(n), np.full(n, micros(now)))
            assert np.array_equal(one, many, equal_nan=True)
            naive = [expected(shown, events, (user, item, device, band), now) for item in offered]
            assert one[:, 4:] == pytest.approx(np.array(naive), rel=1e-9, abs=1e-9, nan_ok=True)


def test_what_arrives_later_changes_nothing(tmp_path):
    """A table counted again after late rows and outcomes came in is the same table."""
    catalog.write(tmp_path, LINE, pa.table({"item": list("abcd"), "sort": ["x"] * 4}))
    told = [("u", "a", "phone", 0, 1.0, -60, 0), ("v", "b", "desk", 1, 2.0, -30, 60)]
    written(tmp_path, told, [(0, 5, 1.0, True), (0, 70, 1.0, False), (1, 10, 1.0, False)])
    first = features.count(tmp_path, LINE, AS_OF)
    late = [("u", "a", "phone", 0, 1.0, -50, 90)]
    written(tmp_path / "more", late, [(0, 55, 1.0, False)])
    for kind in ("exposures", "outcomes"):
        for path in (tmp_path / "more").rglob(f"{kind}/**/*.parquet"):
            target = tmp_path / path.relative_to(tmp_path / "more")
            target = target.with_name(f"late-{target.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    again = features.count(tmp_path, LINE, AS_OF)
    assert {n: t.to_pylist() for n, t in again.items()} == {
        n: t.to_pylist() for n, t in first.items()
    }

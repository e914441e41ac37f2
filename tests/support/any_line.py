"""Lines that a team could declare, drawn at random, and what a beginner would say each column is.

The oracle reads the same declaration as the product and shares no code with it: entities are lists of
rows, times are datetimes, and every value is looked up afresh.
"""

import inspect
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from slipway.domain.line import (
    Age,
    AsOf,
    Clock,
    Column,
    Derived,
    Entity,
    Field,
    Line,
    Listed,
    Outcome,
    Recipe,
    Schedule,
    Sent,
    Single,
    Supplied,
)
from support import naive_features

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
T0 = datetime(2026, 3, 28, tzinfo=UTC)  # Berlin's clocks go forward in the night to the 29th
WORDS = ("first", "second", "third")
TEXTS = ("", "a plain note", "zwölf Boxkämpfer 🥊", "x" * 300)
TIMES = ("2026-03-01T12:30:00+00:00", "2026-03-28T23:59:59.999999+02:00")
VALUES = {
    "number": (0, -2.5, 1e9, 3),
    "category": (*WORDS, "a word nobody knows"),
    "code": (0, 1, 2),
    "text": TEXTS,
    "time": TIMES,
}
FIELDS = {
    "item": {
        "sort": "category",
        "title": "text",
        "price": "number",
        "born": "time",
        "size": "code",
    },
    "person": {"plan": "category", "since": "time", "age": "number", "band": "code"},
    "store": {"city": "category", "opened": "time", "area": "number", "note": "text"},
}
KEYS = {"item": "item", "person": "user", "store": "store"}
NAMES = {"item": ("i0", "i1", "i2", "i3"), "person": ("u0", "u1"), "store": ("s0", "s1")}
UNITS = {"days": DAY, "hours": HOUR, "minutes": HOUR / 60, "seconds": HOUR / 3600}
BIRTHS = (T0 - 400 * DAY, T0 - 3 * HOUR, T0 + 5 * DAY, None)
STATISTICS = ("rate", "count", "sum", "mean", "distinct", "last", "time_since")


def derived(names):
    """A function of the columns ``names`` with their names as parameters, as a team would write it."""

    def known(**given):
        return sum((pd.notna(each).astype(float) for each in given.values()), 0.0)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    known.__signature__ = inspect.Signature(parameters)
    return known


@st.composite
def _sent(draw, name, makes):
    dtype = draw(st.sampled_from(tuple(VALUES)))
    more = {"words": WORDS} if dtype == "code" else {}
    if draw(st.booleans()):
        more["default"] = WORDS[0] if dtype == "category" else draw(st.sampled_from(VALUES[dtype]))
    return Column(name, dtype, makes, **more)


@st.composite
def _field(draw, name, tables):
    table = draw(st.sampled_from(tables))
    field, dtype = draw(st.sampled_from(tuple(FIELDS[table].items())))
    if dtype == "time" and draw(st.booleans()):
        return Column(name, origin=Age(f"{table}.{field}", draw(st.sampled_from(tuple(UNITS)))))
    usual = {"category": "first", "text": "nothing", "time": TIMES[0], "code": 1}
    more = {"default": usual[dtype]} if dtype in usual and draw(st.booleans()) else {}
    return Column(name, dtype, Field(f"{table}.{field}"), **more)


@st.composite
def _clock(draw, name):
    part, zone = (
        draw(st.sampled_from(("hour", "weekday", "day", "month", "time"))),
        draw(st.sampled_from(("UTC", "Europe/Berlin", "Asia/Kolkata"))),
    )
    return Column(name, "time" if part == "time" else "number", Clock(part, zone))


@st.composite
def _as_of(draw, name, earlier, single):
    keys = [c.name for c in earlier if c.dtype.is_category and c.available == "request"]
    some = st.lists(st.sampled_from(keys), max_size=2, unique=True) if keys else st.just([])
    owner = draw(st.sampled_from(((), ("user",)) if single else ((), ("user",), ("item",))))
    by = (*owner, *draw(some))
    statistic = draw(st.sampled_from(STATISTICS))
    of = "bought" if statistic in ("rate", "count", "sum", "mean", "time_since") else None
    if statistic == "distinct":
        of = "user"
    if statistic == "last":
        of = "amount"
    prior = 0.25 if statistic in ("rate", "mean") else None
    origin = AsOf(by, DAY, statistic, of=of, prior=prior, strength=3)
    return Column(name, origin=origin)


@st.composite
def lines(draw):
    """A line of either kind with up to twelve columns beside the key of a store and an amount."""
    single = draw(st.booleans())
    tables = ["person", "store"] if single else ["item", "person", "store"]
    columns = [] if single else [Column("sort", "category", Field("item.sort"))]
    late = draw(st.booleans())  # whether the key is declared after what is looked up by it
    key = Column("store", "category", Sent(), default=draw(st.sampled_from((None, "s0"))))
    columns += [Column("amount", origin=Sent())] + ([] if late else [key])
    for place in range(draw(st.integers(4, 12))):
        name = f"c{place}"
        kind = draw(st.sampled_from(("sent", "supplied", "field", "clock", "as_of", "derived")))
        plain = [c for c in columns if not isinstance(c.origin, AsOf)]
        columns.append(
            {
                "sent": lambda n=name: draw(
                    _sent(n, Sent(draw(st.sampled_from(("request", "user")))))
                ),
                "supplied": lambda n=name: draw(_sent(n, Supplied(f"store:{n}"))),
                "field": lambda n=name: draw(_field(n, tables)),
                "clock": lambda n=name: draw(_clock(n)),
                "as_of": lambda n=name, p=plain: draw(_as_of(n, p, single)),
                "derived": lambda n=name, p=columns: Column(
                    n, origin=Derived(derived([c.name for c in p[-2:]]))
                ),
            }[kind]()
        )
    columns += [key] if late else []
    histories = {table: draw(st.booleans()) for table in tables}
    return Line(
        name="any",
        about="Whatever a team declares.",
        entities=tuple(Entity(t, FIELDS[t], KEYS[t], histories[t]) for t in tables),
        columns=tuple(columns),
        outcomes=(Outcome("bought", window=HOUR),),
        exposure=Single() if single else Listed(2, category_of="sort"),
        schedule=Schedule(train=DAY, holdout=DAY),
        recipe=Recipe("unused", ()),
        rules="support.any_line",
    )


@st.composite
def rows_of(draw, line, table):
    """The rows of an entity's table, as a list of dicts; a key may be missing, and have a history."""
    entity = next(e for e in line.entities if e.name == table)
    found = []
    for name in NAMES[table] if table == "item" else NAMES[table][: draw(st.integers(1, 2))]:
        starts = (T0 - 300 * DAY, T0 + 12 * HOUR) if entity.history else (None,)
        for start in starts:
            row = {table: name} | ({"valid_from": start} if entity.history else {})
            for field, dtype in entity.fields.items():
                some = {"time": BIRTHS, "code": (0, 1, None), "number": (1.5, -7.0, None)}
                row[field] = draw(st.sampled_from(some.get(dtype, ("red", "green", None))))
            if table == "item":
                row["sort"] = draw(st.sampled_from(("red", "green")))
            found.append(row)
    return found


@st.composite
def context_of(draw, line):
    """What a caller sends: some columns left out."""
    found = {}
    for column in line.context:
        if draw(st.integers(0, 4)) == 0:
            continue
        values = NAMES["store"] if column.name == "store" else VALUES[column.dtype]
        value = draw(st.sampled_from(values))
        if isinstance(column.origin, Supplied):
            value = {"value": value, "as_of": "2026-03-27T00:00:00+00:00"}
        found[column.name] = value
    return found


def score(features):
    """The rules of these lines: everybody alike."""
    return np.full(len(features), 0.5)


def _field_at(line, tables, path, row, now):
    entity = next(e for e in line.entities if e.name == path.entity)
    key = (
        row["item"]
        if entity.key == "item"
        else row["user"]
        if entity.key == "user"
        else row["store"]
    )
    mine = [r for r in tables[path.entity] if r[path.entity] == key]
    mine = [r for r in mine if r.get("valid_from", now) <= now]
    return mine[-1][path.field] if mine else None


def expected(line, tables, row, sent, log):
    """What each column of a logged ``row`` must be, by name; NaN and missing are None.

    ``row`` is one of the log, a pair of its exposures and outcomes; ``sent`` is the context of its request.
    """
    now, found = row["requested_at"], {}
    for column in line.columns:
        origin, value = column.origin, None
        match origin:
            case Sent():
                value = sent.get(column.name)
            case Supplied():
                value = sent.get(column.name, {}).get("value")
            case Clock():
                local = now.astimezone(ZoneInfo(origin.zone))
                value = now if origin.part == "time" else getattr(local, origin.part)
                value = value() if callable(value) else value
            case Field():
                value = _field_at(line, tables, origin, row, now)
            case Age():
                born = _field_at(line, tables, origin.source, row, now)
                value = None if born is None else max((now - born) / UNITS[origin.unit], 0.0)
            case AsOf():
                known = naive_features.known(line, *log, row["features_as_of"])
                keys = {key: row[key] for key in origin.by}
                value = naive_features.value(origin, keys, known, row["features_as_of"], now)
            case Derived():
                value = float(sum(row[name] is not None for name in origin.inputs))
        value = column.default if value is None else value
        if column.dtype == "time" and isinstance(value, str):
            value = datetime.fromisoformat(value)
        found[column.name] = value
    return found

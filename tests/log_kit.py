"""A small log for tests: few rows, told in minutes after ``T0``, with every column in place."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from slipway.data import log
from slipway.data.schema import OUTCOMES, log_schema
from slipway.domain.release import Candidate, Origin, Transition
from slipway.examples.films.catalog import CATALOG
from slipway.lines import load


def with_window(line, window, **changes):
    """The line, but its outcome's window is another."""
    outcomes = (replace(line.outcomes[0], window=window),)
    return replace(line, outcomes=outcomes, **changes)


LINE = with_window(load("feed"), timedelta(hours=1))  # what the tests count in
T0 = datetime(2026, 1, 5, 6, tzinfo=UTC)  # a Monday, when a week of the line begins
WEEK = timedelta(weeks=1)
FEATURES = [column.name for column in LINE.features]


def at(minutes: float) -> datetime:
    """The time ``minutes`` after T0, to the microsecond."""
    return T0 + timedelta(microseconds=round(minutes * 60e6))


@dataclass(frozen=True)
class Shown:
    """One exposure; ``minute`` of its request and the delay of its arrival, both in minutes."""

    request: str
    item: str = "film-0"
    minute: float = 0.0
    delay: float = 0.0
    user: str = "u"
    position: int = 1
    arm: str = "champion"
    version: str = "1"
    stage: str = ""
    epoch: int = 0
    genre: float | None = 0.0
    age_band: float | None = 0.0
    latency_ms: float = 1.0
    fallback: bool = False
    shadow_version: str | None = None
    shadow_latency_ms: float | None = None
    shadow_ok: bool | None = None
    shadow_score: float | None = None
    drafted: str | None = None


@dataclass(frozen=True)
class Click:
    """One click and the minute of its arrival."""

    request: str
    item: str = "film-0"
    minute: float = 0.0
    kind: str = "click"
    value: float = 1.0
    delivery: str | None = None


def exposures(shown: list[Shown]) -> pa.Table:
    """Rows of the log's schema."""
    same = ("user", "arm", "version", "stage", "epoch", "latency_ms", "fallback", "item",
            "position", "shadow_version", "shadow_latency_ms", "shadow_ok", "shadow_score",
            "drafted")  # fmt: skip
    rows = [
        dict.fromkeys(FEATURES, 0.0)
        | {name: getattr(row, name) for name in same}
        | {"genre": row.genre, "age_band": row.age_band, "request_id": row.request}
        | {"requested_at": at(row.minute), "arrived_at": at(row.minute + row.delay)}
        | {"propensity": 1.0, "score": 0.5, "features_as_of": T0}
        for row in shown
    ]
    return pa.Table.from_pylist(rows, schema=log_schema(LINE))


def outcomes(clicks: list[Click]) -> pa.Table:
    """Rows of the log's schema."""
    rows = [
        {"request_id": c.request, "item": c.item, "kind": c.kind, "value": c.value}
        | {"happened_at": at(c.minute), "arrived_at": at(c.minute), "delivery_id": c.delivery}
        for c in clicks
    ]
    return pa.Table.from_pylist(rows, schema=OUTCOMES)


def write(home, shown: list[Shown], clicks: list[Click] = (), part: str = "part") -> None:
    """Put rows into the log of ``home`` as one part."""
    log.write_parts(home, LINE, exposures(list(shown)), outcomes(list(clicks)), part)


def catalogue(items: int = 4) -> pa.Table:
    """Films ``film-0``, ... of genres 0, 1, ..., a day apart before T0; the first is a pick."""
    rows = [
        {"item": f"film-{k}", "title": f"Film {k}", "genre": k, "editors_pick": k == 0}
        | {"released_at": T0 - timedelta(days=k + 1)}
        for k in range(items)
    ]
    return pa.Table.from_pylist(rows, schema=CATALOG)


def two_weeks() -> tuple[list[Shown], list[Click]]:
    """Eight requests of two films in each of two weeks; every other request is clicked."""
    shown, clicks = [], []
    for k in range(16):
        minute = (k // 8) * 10_080 + (k % 8) * 600.0
        first = Shown(f"r{k:02d}", minute=minute, user=f"u{k % 3}", age_band=float(k % 3))
        shown += [first, replace(first, item="film-1", position=2, genre=1.0)]
        if k % 2:
            clicks.append(Click(first.request, minute=minute + 5))
    return shown, clicks


def step(epoch, stage, minute, share=0.0):
    """One line of the ledger of version 2."""
    when = at(minute)
    live = when if stage.is_live else None
    who = Candidate("2", "f", "adam", Origin.MANUAL, T0, stage, when, live)
    return Transition("feed", epoch, when, "t", None, stage, share, "because", who, "1")


def set_clock(home, minute):
    """Let event time stand."""
    now = at(minute).timestamp()
    (home / "clock.json").write_text(json.dumps({"wall0": 0.0, "event0": now, "speed": 0.0}))

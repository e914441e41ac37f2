"""Small worlds in which the truth about positions, tastes and clicks is known."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from slipway.data.frozen_tables import digest_of
from slipway.data.snapshot import schema
from slipway.examples.films.line import LINE

THETA = 1 / np.arange(1, 11) ** 0.6


@dataclass(frozen=True)
class FrozenTable:
    """A snapshot's file, digest and interval, as training and evaluation ask for them."""

    path: Path
    digest: str
    end: datetime = datetime(2026, 1, 26, 6, tzinfo=UTC)


def freeze(frame: pd.DataFrame, path: Path) -> FrozenTable:
    """Write ``frame`` as a snapshot's file."""
    table = pa.Table.from_pandas(
        frame[schema(LINE).names], schema=schema(LINE), preserve_index=False
    )
    pq.write_table(table, path)
    ordered = table.sort_by([("request_id", "ascending"), ("position", "ascending")])
    return FrozenTable(path, digest_of(ordered))


def exposures(requests: int, seed: int, *, explore_share: float = 0.1) -> pd.DataFrame:
    """A snapshot with the declared columns; ``gamma`` holds the true click probability if seen."""
    rng = np.random.default_rng(seed)
    n = requests * 10
    film = rng.random((requests, 300)).argpartition(10)[:, :10].ravel()
    trained_on = np.repeat(np.arange(requests) < requests * 2 // 3, 10)
    seconds = np.sort(rng.integers(0, 14 * 86_400, requests)).repeat(10)
    quality = np.random.default_rng(1).normal(0, 0.8, 300)
    genre, age_band = film % 14, np.repeat(np.arange(requests) % 500 * 7 % 3, 10)
    taste = ((genre + age_band) % 3 == 0) * 1.2
    age_days = (film * 37 % 3000).astype(float)
    logit = -1.2 + quality[film] + taste + 0.6 * np.exp(-age_days / 180)
    gamma = 1 / (1 + np.exp(-logit))
    explore = np.repeat(rng.random(requests) < explore_share, 10)
    order = np.where(explore, rng.random(n), -gamma + rng.normal(0, 0.05, n)).reshape(-1, 10)
    position = order.argsort(axis=1).argsort(axis=1).ravel() + 1
    clicked = rng.random(n) < THETA[position - 1] * gamma
    request = np.repeat([f"r{i:07d}" for i in range(requests)], 10)
    frame = pd.DataFrame(
        {
            "request_id": request,
            "user": np.repeat([f"u{i % 500:05d}" for i in range(requests)], 10),
            "requested_at": pd.Timestamp("2026-01-05T05:00Z")
            + pd.to_timedelta(seconds // 2 + (~trained_on) * 14 * 86_400, unit="s"),
            "arm": np.where(explore, "explore", "champion"),
            "version": "1",
            "item": [f"f{i:04d}" for i in film],
            "position": position.astype(np.int16),
            "propensity": np.where(explore, 0.1, 1.0),
            "score": gamma,
            "age_band": age_band.astype(float),
            "hour": np.repeat(rng.integers(0, 24, requests), 10).astype(float),
            "genre": genre.astype(float),
            "film_age_days": age_days,
            "editors_pick": (film % 11 == 0).astype(float),
            "item_ctr": np.clip(gamma * 0.5 + rng.normal(0, 0.05, n), 0.01, 0.9),
            "item_exposures": rng.integers(10, 900, n).astype(float),
            "genre_age_ctr": 0.15 + 0.12 * (taste > 0),
            "user_genre_ctr": 0.2 + 0.05 * rng.normal(size=n).clip(-2, 2),
            "user_ctr": np.repeat(rng.uniform(0.1, 0.3, requests), 10),
            "clicked": clicked.astype(np.int8),
            "split": np.where(trained_on, "train", "holdout"),
            "gamma": gamma,
        }
    )
    frame["features_as_of"] = frame["requested_at"].dt.floor("D")
    return frame.sort_values(["request_id", "position"], ignore_index=True)


@pytest.fixture(scope="session")
def line():
    return LINE


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return exposures(3000, 5)


@pytest.fixture(scope="session")
def snapshot(frame, tmp_path_factory) -> FrozenTable:
    return freeze(frame, tmp_path_factory.mktemp("snapshot") / "week.parquet")


@pytest.fixture(scope="session")
def freeze_table():
    return freeze


@pytest.fixture(autouse=True)
def _no_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of an end-to-end test beside may listen where a router is looked for by default."""
    monkeypatch.setenv("SLIPWAY_ROUTER_URL", "http://127.0.0.1:9")

"""A small home in which one person stands in every kind of file, and what is left of that person."""

from datetime import datetime

import log_kit
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from slipway.data import catalog, features, rollup, snapshot
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UserSums
from slipway.steps import context, evidence_store, rollup_arrays

PERSON, OTHER = "p-17@example", "q-18@example"
WEEK_MIN = 7 * 24 * 60
CUT = log_kit.T0 + 2 * log_kit.WEEK


def rows():
    """Two weeks, in each one hour with two requests of the person and two of somebody else."""
    shown, clicks = [], []
    for week in range(2):
        for k, user in enumerate((PERSON, OTHER, PERSON, OTHER)):
            minute = week * WEEK_MIN + 10.0 * k
            shown.append(log_kit.Shown(f"r{week}{k}", minute=minute, user=user))
            if k in {0, 3}:
                clicks.append(log_kit.Click(f"r{week}{k}", minute=minute + 5))
    return shown, clicks


def build(home):
    """Log, features, sums, training table, evidence and a page; returns the frozen table."""
    catalog.write(home, log_kit.LINE, log_kit.catalogue())
    log_kit.write(home, *rows())
    features.compute(home, log_kit.LINE, CUT)
    rollup.update(home, log_kit.LINE, now=CUT)
    keys = np.sort(keys_of(PERSON, OTHER))
    none = np.zeros((2, 3))
    kept = ReleaseEvidence(
        "k" * 64, CUT, UserSums(keys, none), UserSums(keys[:0], none[:0]), np.eye(5)
    )
    evidence_store.save(log_kit.LINE, "2", kept)
    pages = home / "datadocs" / "feed"
    pages.mkdir(parents=True)
    (pages / "page.html").write_text(f"<td>{PERSON}</td><td>{OTHER}</td> user={PERSON}")
    return freeze(home)


def freeze(home):
    """The training table of the second week."""
    start = log_kit.T0 + log_kit.WEEK
    recipe = log_kit.LINE.recipe
    return snapshot.freeze(home, log_kit.LINE, start, CUT, now=CUT, recipe=recipe)


def keys_of(*users):
    """The numbers that evidence knows users by."""
    return rollup_arrays.keys_of(pd.DataFrame({"user": list(users)}))


def left_of(home, user):
    """Where a user still stands: file by file, Parquet by its values, all others by their bytes."""
    key = keys_of(user)[0].tobytes()
    found = []
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path).read()
            named = "user" in table.column_names and user in table["user"].to_pylist()
            asked = "request_id" in table.column_names and any(
                request in {f"r{w}{k}" for w in (0, 1) for k in (0, 2)}
                for request in table["request_id"].to_pylist()
            )
            if named or (asked and user == PERSON):
                found.append(path)
        elif user.encode() in path.read_bytes() or key in path.read_bytes():
            found.append(path)
    return [str(path.relative_to(home)) for path in found]


def totals(home):
    """The hourly sums that hold no person."""
    since = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    found = rollup.read(home, log_kit.LINE, since)
    return found.blocks.drop(columns=["latency_hist", "shadow_latency_hist"]), found.users


def evidence_files():
    """What is kept of the release."""
    return sorted(path.name for path in context.folder("feed", "evidence").iterdir())

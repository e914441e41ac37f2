"""Leaks that a declaration proves: planted into a small log, beside clean columns of the same kind."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import log_kit
import numpy as np
import pandas as pd
from proof_kit import find
from slipway.data import engine, features, labels
from slipway.domain.leak import LeakKind
from slipway.validation import kept_features
from slipway.validation.contract import absent_at_serving
from slipway.validation.fitted import fitted_on_test
from slipway.validation.parity import served_otherwise
from slipway.validation.time_checks import ColumnToBeKnownBefore, LabelsToHaveMatured

BLATANT, MODERATE, FAINT = "blatant", "moderate", "faint"
STRENGTHS = (BLATANT, MODERATE, FAINT)
GOALS = {BLATANT: 0.99, MODERATE: 0.90}
HOUR = pd.Timedelta("1h")


class Task(NamedTuple):
    """One proof of ``kind`` on the log of ``seed``."""

    kind: str
    strength: str
    seed: int


class Proof(NamedTuple):
    """Whether the planted column was named, how many clean ones were, of how many."""

    task: Task
    found: bool
    false: int
    columns: int


def log(rng: np.random.Generator, rows: int = 600) -> pd.DataFrame:
    """Requests over ten days, outcomes known an hour later."""
    at = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(
        np.sort(rng.choice(864_000, rows, replace=False)), unit="s"
    )
    return pd.DataFrame(
        {
            "request_id": [f"r{k}" for k in range(rows)],
            "at": at,
            "known_at": at - pd.to_timedelta(rng.integers(0, 90_000, rows), unit="s"),
            "label_at": at + HOUR,
            "item": rng.integers(0, 20, rows),
            "price": rng.normal(10, 3, rows),
            "age": rng.integers(18, 80, rows).astype(float),
            "clicked": (rng.random(rows) < 0.3).astype(int),
            "split": np.where(np.arange(rows) < 0.8 * rows, "train", "holdout"),
        }
    )


def absent(strength, rng):
    """An input that no exposure has; one that the router refuses; one without a value in all but 1 %."""
    n = int(rng.integers(100, 1000))
    without = {BLATANT: 0, MODERATE: n, FAINT: n - max(1, n // 100)}[strength]
    served = ["age", "price", "z"] if strength != BLATANT else ["age", "price"]
    found = absent_at_serving(
        ["age", "price", "z"], served, missing={"z": (without, n), "age": (n // 10, n)}
    )
    return {leak.column for leak in found}, 2


def written_later(strength, rng):
    """Times after the request in 30, 1, .2 % of the rows."""
    frame = log(rng)
    count = {BLATANT: 180, MODERATE: 6, FAINT: 1}[strength]
    late = rng.choice(len(frame), count, replace=False)
    frame["z"] = frame["known_at"]
    frame.loc[late, "z"] = frame.loc[late, "at"] + pd.to_timedelta(
        rng.integers(1, 90_000, count), unit="s"
    )
    broken = {
        n for n in ("known_at", "z") if find(ColumnToBeKnownBefore(earlier=n, later="at"), frame)
    }
    return broken, 1


def served(strength, rng):
    """Values served otherwise in half, in 1 %, in one row by the last bit."""
    frame = log(rng).assign(z=rng.normal(10, 3, 600))
    rebuilt = frame.copy()
    count = {BLATANT: 300, MODERATE: 6, FAINT: 1}[strength]
    other = rng.choice(len(frame), count, replace=False)
    was = frame.loc[other, "z"].to_numpy()
    rebuilt.loc[other, "z"] = np.nextafter(was, np.inf) if strength == FAINT else was * 1.01
    tolerance = {"z": 0.0, "price": 0.0, "age": 0.0}
    found = served_otherwise(frame, rebuilt, keys=["request_id"], tolerance=tolerance)
    return {leak.column for leak in found}, 2


def clicks_from_later(strength):
    """A count of items, in which the cut of their clicks is off: by two days of rows, a day, a tick."""
    later = {BLATANT: timedelta(days=2), MODERATE: timedelta(days=1), FAINT: engine.TICK}[strength]

    def count(home, line, as_of):
        con = engine.connect()
        rows = labels.with_outcomes(
            con,
            home,
            line,
            (line.primary,),
            requested_from=as_of - features.WINDOW,
            requested_to=as_of + later if strength == BLATANT else as_of,
            cut=as_of + later,
        )
        sums = rows.group_by("item").aggregate(
            exposures=rows.count(), clicks=rows.clicked.sum().cast("int64")
        )
        items = engine.fetch(con, sums.order_by("item"), home, line)
        con.disconnect()
        return features.count(home, line, as_of)._replace(items=items)

    return count


def ahead(strength, rng):
    """Feature tables of items counted with rows of two more days; clicks of a day more, a tick more."""
    cut = log_kit.T0 + timedelta(days=9, minutes=int(rng.integers(0, 1440)))
    last = (cut - log_kit.T0) / timedelta(minutes=1)
    minutes = np.append(rng.uniform(0, last + 2000, 200), last - rng.uniform(1, 55, 12))
    shown = [
        log_kit.Shown(f"r{k}", f"film-{rng.integers(4)}", float(minute), user=f"u{rng.integers(9)}")
        for k, minute in enumerate(minutes)
    ]
    clicks = [
        log_kit.Click(row.request, row.item, row.minute + float(rng.uniform(0, 60)))
        for row in shown
        if rng.random() < 0.3
    ]
    count = clicks_from_later(strength)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        log_kit.write(home, shown, clicks)
        features.keep(home, log_kit.LINE, cut, count(home, log_kit.LINE, cut))
        found = kept_features.look_ahead(home, log_kit.LINE, [cut], count)
    return {leak.column.replace("items", "z") for leak in found}, 3


def fitted(strength, rng):
    """A mean over all rows; a quantile; the place of the highest value, if it is a tested one."""
    frame = log(rng)
    train = frame["split"] == "train"
    if strength == FAINT:
        frame.loc[rng.choice(np.flatnonzero(~train)), "price"] = 99.0

    def fit(table):
        of = {BLATANT: np.mean, MODERATE: lambda x: np.quantile(x, 0.9), FAINT: np.max}[strength]
        kept = table.loc[table["split"] == "train", "price"]
        return {"z": of(table["price"]), "honest": of(kept), "words": sorted(set(kept.round()))}

    return {leak.column for leak in fitted_on_test(fit, frame)}, 2


def immature(strength, rng):
    """30, 1, .2 % of the rows younger than the outcome window at the cut."""
    frame = log(rng)
    count = {BLATANT: 180, MODERATE: 6, FAINT: 1}[strength]
    cut = frame["at"].iloc[-count - 1] + 6 * HOUR
    young = LabelsToHaveMatured(time="at", seconds=6 * 3600, cut=cut.isoformat())
    fine = find(young, frame.iloc[:-count])
    return ({"z"} if find(young, frame) else set()) | ({"honest"} if fine else set()), 1


KINDS: dict[str, Callable] = {
    LeakKind.ABSENT: absent,
    LeakKind.LATER: written_later,
    LeakKind.SKEW: served,
    LeakKind.LOOK_AHEAD: ahead,
    LeakKind.FITTED: fitted,
    LeakKind.IMMATURE: immature,
}


def tasks(plants: int) -> list[Task]:
    """``plants`` of each kind and strength."""
    return [Task(k, s, seed) for k in KINDS for s in STRENGTHS for seed in range(plants)]


def run(task: Task) -> Proof:
    """Plant, prove, compare."""
    rng = np.random.default_rng([task.seed, *f"{task.kind}{task.strength}".encode()])
    named, columns = KINDS[task.kind](task.strength, rng)
    return Proof(task, "z" in named, len(named - {"z"}), columns)


def _hits(proofs: Sequence[Proof], kind: str, strength: str) -> tuple[int, int]:
    some = [p for p in proofs if (p.task.kind, p.task.strength) == (kind, strength)]
    return sum(p.found for p in some), len(some)


def rows(proofs: Sequence[Proof]) -> Iterator[str]:
    """Rows of the Markdown table."""
    for kind, way in KINDS.items():
        cells = []
        for strength in STRENGTHS:
            hits, of = _hits(proofs, kind, strength)
            cells.append(f"{hits / of:.1%} ({hits}/{of})" if of else "-")
        some = [p for p in proofs if p.task.kind == kind]
        false, columns = sum(p.false for p in some), sum(p.columns for p in some)
        yield f"| {kind} | {way.__doc__} | {' | '.join(cells)} | {false / max(columns, 1):.2%} ({false}/{columns}) |"


def missed(proofs: Sequence[Proof]) -> list[str]:
    """Goals that were not reached."""
    return [
        f"{kind} {strength}: {hits}/{of}"
        for kind in KINDS
        for strength, goal in GOALS.items()
        for hits, of in [_hits(proofs, kind, strength)]
        if hits < goal * of
    ]

"""Leaks planted into clean tables, kind by kind, from blatant to faint."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.domain.leak import LeakKind

BLATANT, MODERATE, FAINT = "blatant", "moderate", "faint"
STRENGTHS = (BLATANT, MODERATE, FAINT)
WHOLE_TABLE = ""
LEAK = "z"


@dataclass(frozen=True)
class Planted:
    """A table with a leak: ``where`` is accused if it is found ("" is the table as a whole)."""

    frame: pd.DataFrame
    where: str = LEAK
    words: dict[str, Any] = field(default_factory=dict)


def _yes(frame):
    label = frame["label"].to_numpy()
    return label > np.median(label) if len(np.unique(label)) > 2 else label == label.max()


def _with(frame, values):
    return Planted(frame.assign(z=values))


def power(frame, strength, rng):
    """A number that moves with the label; AUC .995, .96, .85."""
    auc = {BLATANT: 0.995, MODERATE: 0.96, FAINT: 0.85}[strength]
    return _with(frame, np.sqrt(2) * ndtri(auc) * _yes(frame) + rng.normal(size=len(frame)))


def words(frame, strength, rng):
    """A code that is written with the outcome; wrong in 0, 5, 20 % of the rows."""
    wrong = rng.random(len(frame)) < {BLATANT: 0.0, MODERATE: 0.05, FAINT: 0.2}[strength]
    return _with(frame, np.where(_yes(frame) ^ wrong, "done", "open"))


def missing(frame, strength, rng):
    """Filled in only once the outcome is there: in all, 60 %, or 60 % and 10 % of the others."""
    yes = _yes(frame)
    share = np.where(yes, 1.0 if strength == BLATANT else 0.6, 0.1 if strength == FAINT else 0.0)
    return _with(
        frame, np.where(rng.random(len(frame)) < share, rng.gamma(2, 9, len(frame)), np.nan)
    )


def rare(frame, strength, rng):
    """A rare code that means yes: in 700, 350, 40 rows."""
    hits = np.flatnonzero(_yes(frame))
    count = min({BLATANT: 700, MODERATE: 350, FAINT: 40}[strength], len(hits))
    code = np.array(["A", "B", "C"], dtype=object)[rng.integers(0, 3, len(frame))]
    code[rng.choice(hits, count, replace=False)] = "X9"
    return _with(frame, code)


def sums(frame, strength, rng):
    """Two parts whose sum decides: exact, with 0.2 %, with 5 % of the rows beside it."""
    yes = _yes(frame)
    total = np.where(yes, 1, -1) * np.abs(rng.normal(size=len(frame)))
    wrong = rng.random(len(frame)) < {BLATANT: 0.0, MODERATE: 0.002, FAINT: 0.05}[strength]
    total = np.where(wrong, -total, total)
    part = rng.normal(0, 1.5, len(frame))
    return Planted(frame.assign(z=part, z2=total - part + 3), "z2")


def later(frame, strength, rng):
    """The time of an update, after the row in 30, 3, .1 % of the rows."""
    share = {BLATANT: 0.3, MODERATE: 0.03, FAINT: 0.001}[strength]
    days = np.where(rng.random(len(frame)) < share, 1, -1) * rng.exponential(5, len(frame))
    return _with(frame, frame["at"] + pd.to_timedelta(days + np.sign(days), unit="D"))


def closed(frame, strength, rng):
    """The day on which a case was closed: within 3 days of yes, later else; blurred by 0, 3, 20 days."""
    days = np.where(_yes(frame), rng.uniform(0, 3, len(frame)), rng.uniform(3, 40, len(frame)))
    days += rng.exponential({BLATANT: 1e-3, MODERATE: 2.0, FAINT: 20.0}[strength], len(frame))
    return _with(frame, frame["at"] + pd.to_timedelta(days, unit="D"))


def place(frame, strength, rng):
    """The place in a list of eight: exact, 1/place with a third of the lists cut, in 5 % of the lists."""
    size = 8
    n = len(frame) // size * size
    frame = frame.iloc[:n].reset_index(drop=True)
    lists = np.arange(n) // size
    at = frame["at"].to_numpy()[lists * size]
    spot = rng.permuted(np.tile(np.arange(1.0, size + 1), (n // size, 1)), axis=1).ravel()
    other = rng.integers(1, 60, n).astype(float)
    kept = rng.random(n // size) < {BLATANT: 1.0, MODERATE: 0.6, FAINT: 0.05}[strength]
    shown = 1 / spot if strength == MODERATE else spot
    values = np.where(kept[lists], shown, 1 / other if strength == MODERATE else other)
    return Planted(frame.assign(z=values, at=at, list=lists), LEAK, {"group": "list"})


def _late_rows(frame):
    return np.flatnonzero((frame["at"] > frame["at"].quantile(0.8)).to_numpy())


def copies(frame, strength, rng):
    """Test rows that are copies of training rows: 20, 3, .2 %."""
    return _copied(frame, {BLATANT: 0.2, MODERATE: 0.03, FAINT: 0.002}[strength], 0.0, rng)


def near(frame, strength, rng):
    """Near copies, all numbers moved by .01, .1, .5 % of their spread: 20, 8, 3 % of the test rows."""
    share, jitter = {BLATANT: (0.2, 1e-4), MODERATE: (0.08, 1e-3), FAINT: (0.03, 5e-3)}[strength]
    return _copied(frame, share, jitter, rng)


def _copied(frame, share, jitter, rng):
    # a copy is told from a stranger only in a table whose columns tell rows apart
    fine = {f"n{k}": rng.normal(size=len(frame)) for k in range(4)}
    frame = frame.assign(**fine).copy()
    late = _late_rows(frame)
    early = np.flatnonzero(~np.isin(np.arange(len(frame)), late))
    count = max(1, int(share * len(late)))
    there, here = rng.choice(late, count, replace=False), rng.choice(early, count, replace=False)
    for name in frame.columns:
        if name == "at":
            continue
        values = frame[name].to_numpy().copy()
        values[there] = values[here]
        if jitter and name != "label" and values.dtype.kind == "f":
            values[there] += rng.normal(0, jitter * np.nanstd(values), count)
        frame[name] = values
    return Planted(frame, WHOLE_TABLE)


def _groups(frame, rng, count):
    tilt = np.cumsum(rng.dirichlet(np.ones(count)))
    return np.searchsorted(tilt, rng.random(len(frame))).clip(0, count - 1)


def encoded(frame, strength, rng):
    """The label's mean per group over all rows: plain, smoothed and rounded, blurred by half the noise."""
    group = _groups(frame, rng, 150)
    label = frame["label"].to_numpy(dtype=float)
    n, total = np.bincount(group, minlength=150), np.bincount(group, label, 150)
    prior = {BLATANT: 0.0, MODERATE: 20.0, FAINT: 0.0}[strength]
    mean = (total + prior * label.mean()) / np.maximum(n + prior, 1)
    if strength == FAINT:
        mean = mean + rng.normal(0, 0.5 * label.std() / np.sqrt(np.maximum(n, 1)))
    if strength == MODERATE:
        mean = np.round(mean, 3 if label.std() < 1 else 2)
    return Planted(frame.assign(group_name=[f"g{k}" for k in group], z=mean[group]))


def rolling(frame, strength, rng):
    """A mean per group in time: own label in it, a window around the row, own label at one tenth."""
    frame = frame.sort_values("at", kind="stable").reset_index(drop=True)
    group = _groups(frame, rng, 40)
    label = pd.Series(frame["label"].to_numpy(dtype=float))
    by = label.groupby(group)
    past = by.transform(
        lambda y: (y.shift().fillna(0).cumsum() + label.mean() * 5) / (np.arange(len(y)) + 5)
    )
    if strength == BLATANT:
        value = by.transform(
            lambda y: (y.cumsum() + label.mean() * 5) / (np.arange(1, len(y) + 1) + 5)
        )
    elif strength == MODERATE:
        value = by.transform(lambda y: y.rolling(21, center=True, min_periods=1).mean())
    else:
        value = past + 0.1 * (label - past) * rng.random(len(frame))
    return Planted(frame.assign(group_name=[f"g{k}" for k in group], z=value.to_numpy()))


def scaled(frame, strength, rng):
    """Standardised; ranked, filled or stretched to 0..1; standardised and rounded: over all rows."""
    raw = rng.gamma(2, 3, len(frame)) + np.linspace(0, rng.uniform(0.5, 2), len(frame))
    late = _late_rows(frame)
    if strength in {BLATANT, FAINT}:
        value = (raw - raw.mean()) / raw.std()
        return _with(frame, value.round(2) if strength == FAINT else value)
    how = rng.integers(0, 3)
    if how == 0:
        value = (pd.Series(raw).rank() / len(raw)).to_numpy()
    elif how == 1:
        gone = rng.random(len(raw)) < 0.1
        value = np.where(gone, raw[~gone].mean(), raw)
    else:
        raw[rng.choice(late)] = raw.max() * 1.05
        value = (raw - raw.min()) / np.ptp(raw)
    return _with(frame, value)


def immature(frame, strength, rng):
    """Outcomes of the newest rows that have not come: 95 %, a growing part, 30 % of 3, 6, 2 % of the rows (or of as many as held 30, 40 outcomes; a restless history is dealt out anew)."""
    frame = frame.sort_values("at", kind="stable").reset_index(drop=True)
    yes = _yes(frame)
    rows, hits = {BLATANT: (0.03, 30), MODERATE: (0.06, 40), FAINT: (0.02, 0)}[strength]
    share = min(max(rows, hits / yes.sum()), 0.15)
    if _restless(yes, int(share * len(yes))):
        at = frame["at"].to_numpy()
        frame = frame.sample(frac=1, random_state=rng).reset_index(drop=True).assign(at=at)
        yes = _yes(frame)
    frame["label"] = yes.astype(int)
    age = 1 - frame["at"].rank(method="max", pct=True).to_numpy()
    lost = {BLATANT: 0.95, MODERATE: 0.95 * (1 - age / share / 2), FAINT: 0.3}[strength]
    frame.loc[(age < share) & (rng.random(len(frame)) < lost), "label"] = 0
    return Planted(frame, WHOLE_TABLE)


def _restless(yes, width):
    """Whether a stretch of the history holds less than half of the usual outcomes by itself."""
    hits = yes[len(yes) % width :].reshape(-1, width).sum(axis=1)
    return hits.min() < hits.mean() / 2


def digits(frame, strength, rng):
    """An identifier whose last digit is odd for yes: always, in 85, in 55 % of the rows."""
    right = rng.random(len(frame)) < {BLATANT: 1.0, MODERATE: 0.85, FAINT: 0.55}[strength]
    odd = _yes(frame) == right
    return _with(frame, rng.permutation(len(frame)) * 20 + 2 * rng.integers(0, 5, len(frame)) + odd)


def letters(frame, strength, rng):
    """An identifier whose first letter differs by outcome: always, in 85, in 55 % of the rows."""
    right = rng.random(len(frame)) < {BLATANT: 1.0, MODERATE: 0.85, FAINT: 0.55}[strength]
    first = np.where(_yes(frame) == right, "q", "r")
    return _with(
        frame, [f"{a}{k:06x}" for a, k in zip(first, rng.permutation(len(frame)), strict=True)]
    )


def glued(frame, strength, rng):
    """A file glued from one part per outcome; per day; per day with a third of the rows out of place."""
    yes = _yes(frame)
    if strength == BLATANT:
        order = np.argsort(yes, kind="stable")
        return Planted(frame.iloc[order].drop(columns="at"), WHOLE_TABLE, {"time": ()})
    key = np.where(
        rng.random(len(frame)) < (0.65 if strength == FAINT else 0.05),
        rng.random(len(frame)),
        yes * 1.0,
    )
    day = frame["at"].dt.floor("3D")
    frame = frame.assign(at=day, key=key).sort_values(["at", "key"], kind="stable")
    return Planted(frame.drop(columns="key"), WHOLE_TABLE)


PLANTS: dict[str, tuple[Callable, ...]] = {
    LeakKind.LATER: (later, closed),
    LeakKind.PROXY: (power, words, missing, rare, sums),
    LeakKind.DECISION: (place,),
    LeakKind.OVERLAP: (copies, near),
    LeakKind.LOOK_AHEAD: (encoded, rolling),
    LeakKind.FITTED: (scaled,),
    LeakKind.IMMATURE: (immature,),
    LeakKind.HIDDEN: (digits, letters, glued),
}

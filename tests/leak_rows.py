"""Leaks planted into rows, means, fits and order, from blatant to faint."""

import numpy as np
import pandas as pd
from leak_planting import BLATANT, FAINT, MODERATE, WHOLE_TABLE, Planted, with_column, yes_of


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
            known = values[np.isfinite(values)]
            values[there] += rng.normal(0, jitter * known.std() if len(known) else 0.0, count)
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
        return with_column(frame, value.round(2) if strength == FAINT else value)
    how = rng.integers(0, 3)
    if how == 0:
        value = (pd.Series(raw).rank() / len(raw)).to_numpy()
    elif how == 1:
        gone = rng.random(len(raw)) < 0.1
        value = np.where(gone, raw[~gone].mean(), raw)
    else:
        raw[rng.choice(late)] = raw.max() * 1.05
        value = (raw - raw.min()) / np.ptp(raw)
    return with_column(frame, value)


def immature(frame, strength, rng):
    """Outcomes of the newest rows that have not come: 95 %, a growing part, 30 % of 3, 6, 2 % of the rows (or of as many as held 30, 40 outcomes; a restless history is dealt out again)."""
    frame = frame.sort_values("at", kind="stable").reset_index(drop=True)
    yes = yes_of(frame)
    rows, hits = {BLATANT: (0.03, 30), MODERATE: (0.06, 40), FAINT: (0.02, 0)}[strength]
    share = min(max(rows, hits / yes.sum()), 0.15)
    if _restless(yes, int(share * len(yes))):
        at = frame["at"].to_numpy()
        frame = frame.sample(frac=1, random_state=rng).reset_index(drop=True).assign(at=at)
        yes = yes_of(frame)
    frame["label"] = yes.astype(int)
    age = 1 - frame["at"].rank(method="max", pct=True).to_numpy()
    lost = {BLATANT: 0.95, MODERATE: 0.95 * (1 - age / share / 2), FAINT: 0.3}[strength]
    frame.loc[(age < share) & (rng.random(len(frame)) < lost), "label"] = 0
    return Planted(frame, WHOLE_TABLE)


def _restless(yes, width):
    """Whether a stretch of the history holds less than half of the usual outcomes by itself."""
    hits = yes[len(yes) % width :].reshape(-1, width).sum(axis=1)
    return hits.min() < hits.mean() / 2


def glued(frame, strength, rng):
    """A file glued from one part per outcome; per day; per day with a third of the rows out of place."""
    yes = yes_of(frame)
    if strength == BLATANT:
        order = np.argsort(yes, kind="stable")
        return Planted(frame.iloc[order].drop(columns="at"), WHOLE_TABLE, {"time": ()}, noted=True)
    key = np.where(
        rng.random(len(frame)) < (0.65 if strength == FAINT else 0.05),
        rng.random(len(frame)),
        yes * 1.0,
    )
    day = frame["at"].dt.floor("3D")
    frame = frame.assign(at=day, key=key).sort_values(["at", "key"], kind="stable")
    return Planted(frame.drop(columns="key"), WHOLE_TABLE)

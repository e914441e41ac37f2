"""Recorded experiments as the gates see them: ASOS over time, Open Bandit in one week."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from slipway.domain.measurement import Counts, LiveMeasurements, MeanTotals, StageUsers
from slipway.domain.stage import Stage

START = datetime(2026, 1, 5, tzinfo=UTC)
STAGE = Stage.CANARY_50
MEANS = {2: "metric 2", 3: "metric 3", 4: "metric 4"}
CELL_S = 900


class Experiment(NamedTuple):
    """Checkpoints of one variant: days, and cumulative counts, means and variances by metric."""

    name: str
    days: np.ndarray
    rows: dict[int, pd.DataFrame]


def experiments(folder: Path) -> list[Experiment]:
    """Every variant of every experiment, in the order of its name."""
    path = folder / "asos_ab_experiments" / "asos_digital_experiments_dataset.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        table = pd.read_csv(file).dropna()
    found = []
    for (experiment, variant), part in table.groupby(["experiment_id", "variant_id"]):
        by_metric = {
            int(k): of.set_index("time_since_start") for k, of in part.groupby("metric_id")
        }
        days = by_metric[1].index.sort_values()
        rows = {k: of.sort_index().reindex(days, method="ffill") for k, of in by_metric.items()}
        found.append(
            Experiment(
                f"{experiment}/{variant}",
                days.to_numpy(),
                {k: of.reset_index(drop=True) for k, of in rows.items()},
            )
        )
    return found


def conversions(experiment: Experiment) -> Counts:
    """First conversions of users who had none, between checkpoints: metric 1 is yes or no per user.

    Trials are the users at risk, as in a log-rank test: users keep converting long after they came.
    """
    rows, parts = experiment.rows[1], {}
    for arm in ("c", "t"):
        users = np.rint(rows[f"count_{arm}"].to_numpy())
        converted = np.maximum.accumulate(np.rint(users * rows[f"mean_{arm}"].to_numpy()))
        before = np.concatenate(([0.0], converted[:-1]))
        parts[arm] = np.maximum(users - before, 0), converted - before
    nothing = np.zeros(len(rows))
    trials, clicks = (
        np.stack((parts["c"][place], parts["t"][place], nothing), axis=1) for place in (0, 1)
    )
    begins = np.concatenate(([0.0], experiment.days[:-1]))
    starts = (START.timestamp() + begins * 86_400).astype(np.int64)
    return Counts(starts, np.full(len(rows), STAGE.value), trials, np.minimum(clicks, trials))


def totals(row: pd.Series) -> MeanTotals:
    """A mean over users at one checkpoint; a user is one list. Not measured yet: nothing."""
    if row.isna().any() or not min(row["count_c"], row["count_t"]) > 0:
        return MeanTotals()
    users, candidate = row["count_c"], row["count_t"]
    weight = users * candidate / (users + candidate)
    return MeanTotals(
        lists=candidate,
        weight=weight,
        difference=weight * (row["mean_t"] - row["mean_c"]),
        level=weight * row["mean_c"],
        yy=row["variance_c"] * users,
        control_lists=users,
        users=users,
    )


def look(experiment: Experiment, place: int) -> LiveMeasurements:
    """What the gates see at a checkpoint; users are independent: a design effect of 1."""
    counts, row = conversions(experiment), experiment.rows[1].loc[place]
    users = (int(row["count_c"]), int(row["count_t"]), 0, 0)
    return LiveMeasurements(
        line="asos",
        version=experiment.name,
        stage=STAGE,
        now=START + timedelta(days=float(experiment.days[place])),
        stage_since=START,
        live_since=START,
        has_champion=True,
        clicks=counts.among(np.arange(len(counts.start_s)) <= place),
        user_trials=np.array([1, 1]),
        user_successes=np.array([0, 1]),
        arrivals=(StageUsers(STAGE, (0.5, 0.5, 0.0, 0.0), users),),
        means={
            MEANS[metric]: totals(rows.loc[place])
            for metric, rows in experiment.rows.items()
            if metric in MEANS
        },
    )


def bandit(folder: Path, campaign: str) -> LiveMeasurements:
    """Bernoulli Thompson sampling as candidate beside the uniform policy as champion and rules."""
    start, arms = None, []
    for policy in ("random", "bts"):
        path = folder / "open_bandit" / f"{policy}_{campaign}.csv.gz"
        table = pd.read_csv(path, usecols=["timestamp", "click"])
        at = pd.to_datetime(table["timestamp"], format="ISO8601", utc=True)
        seconds = at.to_numpy("datetime64[s]").astype(np.int64)
        arms.append((seconds // CELL_S * CELL_S, table["click"].to_numpy()))
    long = [(s, arm, c) for arm, part in enumerate(arms) for s, c in zip(*part, strict=True)]
    long += [(s, 2, c) for s, c in zip(*arms[0], strict=True)]
    starts, arm, click = (np.array(column) for column in zip(*long, strict=True))
    stages = np.full(len(starts), STAGE.value)
    counts = Counts.from_long(starts, stages, arm, np.ones(len(starts)), click)
    start = datetime.fromtimestamp(int(starts.min()), UTC)
    return LiveMeasurements(
        line="open bandit",
        version=campaign,
        stage=STAGE,
        now=datetime.fromtimestamp(int(starts.max()) + CELL_S, UTC),
        stage_since=start,
        live_since=start,
        has_champion=True,
        clicks=counts,
        user_trials=np.array([1, 1]),
        user_successes=np.array([0, 1]),
    )

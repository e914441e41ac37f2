"""Both policies of the Open Bandit Dataset, each valued from the other's log: their own logs know the values."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
from slipway.domain.loop_policy import LoopPolicy
from slipway.stats.weighted_value import weighted_value


def table(folder: Path):
    """Lines of the page: value by the other policy's log, its interval, and the value in its own log."""
    yield "| campaign | policy | from the log of | value | 90 % interval | its own log says | held | support | effective |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for campaign in ("men", "women"):
        logs = {
            policy: _read(folder / f"{policy}_{campaign}.csv.gz") for policy in ("random", "bts")
        }
        for policy, other in (("bts", "random"), ("random", "bts")):
            yield _line(campaign, policy, other, logs)


def _read(path: Path):
    with gzip.open(path) as file:
        return pd.read_csv(file)


def _line(campaign, policy, other, logs):
    log, own = logs[other], logs[policy]
    target = _chosen(own, log)
    weight = target / log["propensity_score"].to_numpy()
    knobs = LoopPolicy()
    users = log.filter(like="user_feature").astype(str).agg("|".join, axis=1)
    codes = pd.factorize(users)[0]
    found = weighted_value(
        log["click"].to_numpy(float), weight, codes, knobs.clip, knobs.off_policy_alpha
    )
    known = own["click"].mean()
    held = "yes" if found.lower <= known <= found.upper else "no"
    if found.effective < knobs.least_effective:
        held += ", and UNDECIDED: too few effective"
    return (
        f"| {campaign} | {policy} | {other} | {found.value:.4f} | {found.lower:.4f} to {found.upper:.4f} | {known:.4f} | {held} | "
        f"{found.support:.2f} | {found.effective:.0f} |"
    )


def _chosen(own, log):
    """P(the policy shows this item at this place), as often as its own log has it."""
    items = int(max(own["item_id"].max(), log["item_id"].max())) + 1
    places = int(own["position"].max()) + 1
    counts = np.zeros((places, items))
    np.add.at(counts, (own["position"], own["item_id"]), 1)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return share[log["position"], log["item_id"]]

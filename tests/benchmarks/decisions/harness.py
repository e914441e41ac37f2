"""One batch of one cell: Slipway and its peers on the same crowd; the rows of the table."""

from pathlib import Path

import numpy as np
import pandas as pd

from .cells import Cell
from .crowd import Crowd
from .fleet import Fleet
from .peers import STAGES, Peer
from .scene import wald_unit
from .tools import all_peers

SLIPWAY = "Slipway"


def run(cell: Cell, seed: int, releases: int, *, beside: bool = True) -> pd.DataFrame:
    """One row for each rule and release, of peers too where ``beside``; equal seeds, equal rows."""
    crowd, policy = Crowd(cell.scene, cell.policy, seed=seed, releases=releases), cell.policy
    fleet = Fleet(crowd, policy)
    peers = all_peers(cell.scene, policy, releases) if cell.peers and beside else []
    number = 0
    while len(rows := _under_way(fleet, peers if number < STAGES else [])):
        day = crowd.day(number, rows)
        fleet.day(day, number)
        for peer in peers:
            peer.day(day, number)
        number += 1
    unit, found = wald_unit(policy), fleet.outcomes()
    tables = [
        pd.DataFrame(found._asdict()).assign(
            rule=SLIPWAY, over_wald=found.nats / found.design_effect / unit, release=range(releases)
        )
    ]
    tables += [
        pd.DataFrame(
            {
                "rule": peer.name,
                "ending": np.where(peer.returned, "returned", "champion"),
                "days": peer.days,
                "exposures": peer.exposures,
                "over_wald": peer.nats / unit,
                "release": range(releases),
            }
        )
        for peer in peers
    ]
    return pd.concat(tables, ignore_index=True).assign(cell=cell.name, seed=seed)


def _under_way(fleet: Fleet, peers: list[Peer]) -> np.ndarray:
    """Releases that some rule has not ended yet."""
    return np.flatnonzero(np.any([fleet.alive, *(peer.alive for peer in peers)], axis=0))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One line for each cell and rule, in the order of ``rows``."""
    return pd.DataFrame([_line(part) for _, part in rows.groupby(["cell", "rule"], sort=False)])


def _line(part: pd.DataFrame) -> dict[str, object]:
    back, ahead = part[part["ending"] == "returned"], part[part["ending"] == "champion"]
    over = back["over_wald"] if part["over_wald"].gt(0).any() else pd.Series(dtype=float)
    causes = back["cause"].value_counts() if "cause" in back else {}
    return {
        "cell": part["cell"].iloc[0],
        "rule": part["rule"].iloc[0],
        "releases": len(part),
        "released": len(ahead) / len(part),
        "returned": len(back) / len(part),
        "timed out": (part["ending"] == "timed_out").mean(),
        "days to release": ahead["days"].mean(),
        "hours to return": back["days"].mean() * 24,
        "impressions to return": back["exposures"].mean(),
        "over Wald": over.mean(),
        "over Wald, 95th": over.quantile(0.95) if len(over) else np.nan,
        "looks": part["looks"].mean() if "looks" in part else np.nan,
        "design_effect": part["design_effect"].mean() if "design_effect" in part else np.nan,
        "causes": ", ".join(f"{name} {n}" for name, n in dict(causes).items()),
    }


def path_of(folder: Path, cell: Cell, batch: int) -> Path:
    """The file of one finished batch."""
    plain = "".join(
        c if c.isalnum() else "_" for c in cell.name.replace("+", "p").replace("-", "m")
    )
    return folder / f"{plain}-{batch:03d}.parquet"

"""One hour of the declared means: totals of blocks, and how users lie off them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.schema import MICRO, amount_column
from pipeline.domain.mean import Mean
from pipeline.domain.past import MeanTotals
from pipeline.stats import keyed
from pipeline.stats.keyed import Keyed, Keys
from pipeline.stats.means import mean_sums
from pipeline.steps import tables


def entered(
    means: Sequence[Mean],
    totals: Sequence[MeanTotals],
    history: Keyed,
    exposed: pd.DataFrame,
) -> tuple[tuple[MeanTotals, ...], Keyed]:
    """Totals with this hour in them, and by how much control users lie off their block's mean.

    ``exposed`` are rows by user (``key``) and epoch of the arms control and candidate, ``history``
    amounts per list before the release. A block is an hour of one epoch, so the stage is one too.
    The users' sums are their lists, and for each mean two columns: of the amount, and of its history.
    """
    away = keyed.none(1 + 2 * len(means))
    if not len(exposed) or not means:
        return tuple(totals), away
    keys, more = exposed["key"].to_numpy(), list(totals)
    usual = history.sums.mean(axis=0) if len(history.keys) else np.zeros(len(means))
    known = keyed.look_up(history, keys, usual)
    lists = exposed["lists"].to_numpy(np.float64)
    arm = exposed["arm"].map(tables.PAIR).to_numpy()
    epochs, block = np.unique(exposed["epoch"].to_numpy(), return_inverse=True)
    off = np.zeros((len(keys), 2 * len(means)))
    add_up = partial(np.bincount, 2 * block + arm, minlength=2 * len(epochs))
    for place, mean in enumerate(means):
        amount = exposed[amount_column(mean.name)].to_numpy(np.float64) / MICRO
        rows = np.stack((lists, amount, lists * known[:, place]), axis=1)
        sums = np.stack([add_up(weights=column) for column in rows.T], axis=1).reshape(-1, 2, 3)
        control, candidate = sums[:, 0], sums[:, 1]
        more[place] = _more(more[place], mean_sums(control, candidate))
        level = control[:, 1:] / np.maximum(control[:, :1], 1)
        off[:, 2 * place : 2 * place + 2] = rows[:, 1:] - level[block] * lists[:, None]
    there = arm == 0
    return tuple(more), keyed.summed(keys[there], np.column_stack((lists, off))[there])


def spread(
    table: Keyed, totals: Sequence[MeanTotals]
) -> tuple[tuple[float, ...], tuple[MeanTotals, ...]]:
    """What control users differ by: sums 1, N, C, N^2, N C, C^2, and the totals with theirs.

    ``table`` has trials N, successes C, lists, then two deviations for each mean.
    """
    squares = table.sums.T @ table.sums  # all squares and products over users at once
    trials, successes, lists = table.sums[:, :3].sum(axis=0).tolist()
    (nn, nc), (_, cc) = squares[:2, :2].tolist()
    there = float((table.sums[:, 2] > 0).sum())
    found = []
    for place, total in enumerate(totals):
        at = slice(3 + 2 * place, 5 + 2 * place)
        (yy, yc), (_, hh) = squares[at, at].tolist()
        found.append(replace(total, yy=yy, yc=yc, cc=hh, control_lists=lists, users=there))
    return (float(len(table.keys)), trials, successes, nn, nc, cc), tuple(found)


def keys_of(rows: pd.DataFrame) -> Keys:
    """Users as numbers of 64 bits: of a million users two share one once in 40 million releases."""
    return pd.util.hash_array(rows["user"].to_numpy(dtype=object), categorize=False)


def _more(total: MeanTotals, hour: Any) -> MeanTotals:  # noqa: ANN401 - a named tuple of arrays
    return replace(
        total, **{name: getattr(total, name) + float(x) for name, x in hour._asdict().items()}
    )

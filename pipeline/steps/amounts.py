"""One hour of the declared means: totals of blocks, and how users lie off them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pipeline.domain.past import MeanTotals
from pipeline.domain.release import Arm
from pipeline.stats import keyed
from pipeline.stats.keyed import Keyed
from pipeline.stats.means import mean_sums
from pipeline.steps import tables
from pipeline.steps.tables import Came


def entered(
    totals: Sequence[MeanTotals], history: Keyed, exposed: Came
) -> tuple[tuple[MeanTotals, ...], Keyed]:
    """Totals with this hour in them, and by how much control users lie off their block's mean.

    ``exposed`` are rows of the arms control and candidate, ``history`` amounts per list before the
    release. A block is an hour of one epoch, so the stage is one too. The users' sums are their
    lists, and for each mean two columns: of the amount, and of its history.
    """
    away = keyed.none(1 + 2 * len(totals))
    if not len(exposed.key) or not totals:
        return tuple(totals), away
    usual = history.sums.mean(axis=0) if len(history.keys) else np.zeros(len(totals))
    known = keyed.look_up(history, exposed.key, usual)
    lists, more = exposed.counts[:, 2], list(totals)
    epochs, block = np.unique(exposed.epoch, return_inverse=True)
    off = np.zeros((len(lists), 2 * len(totals)))
    add_up = partial(np.bincount, 2 * block + exposed.arm, minlength=2 * len(epochs))
    for place, total in enumerate(totals):
        rows = np.stack((lists, exposed.amounts[:, place], lists * known[:, place]), axis=1)
        sums = np.stack([add_up(weights=column) for column in rows.T], axis=1).reshape(-1, 2, 3)
        control, candidate = sums[:, 0], sums[:, 1]
        more[place] = _more(total, mean_sums(control, candidate))
        level = control[:, 1:] / np.maximum(control[:, :1], 1)
        off[:, 2 * place : 2 * place + 2] = rows[:, 1:] - level[block] * lists[:, None]
    there = exposed.arm == tables.PAIR[Arm.CHAMPION.value]
    return tuple(more), keyed.summed(exposed.key[there], np.column_stack((lists, off))[there])


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


def _more(total: MeanTotals, hour: Any) -> MeanTotals:  # noqa: ANN401 - a named tuple of arrays
    return replace(
        total, **{name: getattr(total, name) + float(x) for name, x in hour._asdict().items()}
    )

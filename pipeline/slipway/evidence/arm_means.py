"""Declared means of both arms' users: sums of blocks, and how users lie off them. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from slipway.domain.accumulated_evidence import MeanTotals
from slipway.evidence import user_table
from slipway.evidence.comparisons import CANDIDATE, CONTROL
from slipway.evidence.user_table import Ints, UserHours, UserSums
from slipway.stats.means import MeanSums, mean_sums
from slipway.stats.split import Floats

LISTS = 2
NO_LESS = ((0.0, -np.inf), (-np.inf, 0.0))
"""A sum of squares that rounding left below zero is none."""


class MeanSumsOfBlocks(NamedTuple):
    """Of B blocks, each an hour of one epoch: ``start_s`` int64[B] and the ``sums`` [B] of each mean.

    ``control`` and ``candidate`` are the users' lists and, for each mean, by how much their amount and its
    history lie off their own arm's blocks.
    """

    start_s: Ints
    sums: tuple[MeanSums, ...]
    control: UserSums
    candidate: UserSums


def blocks_of(exposed: UserHours, history: UserSums) -> MeanSumsOfBlocks:
    """Sums of rows of the arms control and candidate; ``history`` are amounts per list before the release."""
    means = exposed.amounts.shape[1]
    usual = history.sums.mean(axis=0) if len(history.keys) else np.zeros(means)
    known = user_table.look_up(history, exposed.key, usual)
    lists = exposed.counts[:, LISTS]
    of_block, block = np.unique(
        np.stack((exposed.hour_s, exposed.epoch), axis=1), axis=0, return_inverse=True
    )
    place = 2 * block.reshape(-1) + exposed.arm
    deviation, found = np.zeros((len(lists), 2 * means)), []
    for at in range(means):
        rows = np.stack((lists, exposed.amounts[:, at], lists * known[:, at]), axis=1)
        columns = [np.bincount(place, column, minlength=2 * len(of_block)) for column in rows.T]
        arms = np.stack(columns, axis=1)
        control, candidate = arms[::2, None], arms[1::2, None]
        found.append(mean_sums(control, candidate))
        level = arms[:, 1:] / np.maximum(arms[:, :1], 1)
        deviation[:, 2 * at : 2 * at + 2] = rows[:, 1:] - level[place] * lists[:, None]
    users = np.column_stack((lists, deviation))
    of_arms = (
        user_table.summed(exposed.key[there], users[there])
        for there in (exposed.arm == CONTROL, exposed.arm == CANDIDATE)
    )
    return MeanSumsOfBlocks(of_block[:, 0], tuple(found), *of_arms)


def added(
    totals: Sequence[MeanTotals], found: MeanSumsOfBlocks, capped: Floats
) -> tuple[MeanTotals, ...]:
    """The totals with these blocks in them."""
    more = []
    for total, sums, cut in zip(totals, found.sums, capped.tolist(), strict=True):
        parts = {
            name: getattr(total, name) + float(of.sum()) for name, of in sums._asdict().items()
        }
        more.append(replace(total, **parts, capped=total.capped + cut))
    return tuple(more)


def with_spread(
    totals: Sequence[MeanTotals], control: Floats, candidate: Floats
) -> tuple[MeanTotals, ...]:
    """The totals with what users of both arms differ by.

    ``control`` and ``candidate`` are sums of squares and products float64[5 + 2 M, 5 + 2 M]
    (:func:`slipway.evidence.arm_users.squares_of`).
    """
    found = []
    for place, total in enumerate(totals):
        of_control, of_candidate = _of_mean(control, place), _of_mean(candidate, place)
        names = ("yy", "yc", "cc", "lists", "users")
        beside = {f"candidate_{name}": x for name, x in zip(names, of_candidate, strict=True)}
        own = dict(zip(("yy", "yc", "cc", "control_lists", "users"), of_control, strict=True))
        found.append(replace(total, **own, **beside))
    return tuple(found)


def _of_mean(squares: Floats, place: int) -> tuple[float, float, float, float, float]:
    """Sums R^2, R Q, Q^2 of the mean at a ``place``, lists and users with some."""
    at = slice(5 + 2 * place, 7 + 2 * place)
    (yy, yc), (_, cc) = np.maximum(squares[at, at], NO_LESS).tolist()
    return yy, yc, cc, float(squares[0, 4]), float(squares[1, 1])

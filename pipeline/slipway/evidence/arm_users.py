"""One hour of both arms' users: totals of declared means, how users lie off them, the heaviest."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from slipway.domain.accumulated_evidence import ArmUsers, MeanTotals
from slipway.evidence import user_table
from slipway.evidence.comparisons import CANDIDATE, CONTROL
from slipway.evidence.release_evidence import ReleaseEvidence
from slipway.evidence.user_table import UNNAMED, UserHours, UserSums
from slipway.stats.means import mean_sums
from slipway.stats.split import Floats

TRIALS, LISTS = 0, 2
NO_LESS = ((0.0, -np.inf), (-np.inf, 0.0))
"""A sum of squares that rounding left below zero is none."""


def add_means(
    totals: Sequence[MeanTotals], history: UserSums, exposed: UserHours
) -> tuple[tuple[MeanTotals, ...], UserSums]:
    """Totals with this hour in them, and by how much control users lie off their block's mean.

    ``exposed`` are rows of the arms control and candidate, ``history`` amounts per list before the
    release. A block is an hour of one epoch, so the stage is one too. The users' sums are their
    lists, and for each mean two columns: of the amount, and of its history.
    """
    deviations = user_table.none(1 + 2 * len(totals))
    if not len(exposed.key) or not totals:
        return tuple(totals), deviations
    usual = history.sums.mean(axis=0) if len(history.keys) else np.zeros(len(totals))
    known = user_table.look_up(history, exposed.key, usual)
    lists, more = exposed.counts[:, 2], list(totals)
    epochs, block = np.unique(exposed.epoch, return_inverse=True)
    deviation = np.zeros((len(lists), 2 * len(totals)))
    add_up = partial(np.bincount, 2 * block + exposed.arm, minlength=2 * len(epochs))
    for place, total in enumerate(totals):
        rows = np.stack((lists, exposed.amounts[:, place], lists * known[:, place]), axis=1)
        sums = np.stack([add_up(weights=column) for column in rows.T], axis=1).reshape(-1, 2, 3)
        control, candidate = sums[:, 0], sums[:, 1]
        more[place] = _more(total, mean_sums(control, candidate))
        level = control[:, 1:] / np.maximum(control[:, :1], 1)
        deviation[:, 2 * place : 2 * place + 2] = rows[:, 1:] - level[block] * lists[:, None]
    there = exposed.arm == CONTROL
    return tuple(more), user_table.summed(
        exposed.key[there], np.column_stack((lists, deviation))[there]
    )


def squares_of(users: UserSums, new: UserSums) -> Floats:
    """What rows ``new`` add to the sums over users of squares and products, float64[C + 2, C + 2].

    The columns are 1, whether there were lists, and those of the table: trials, successes, lists, then
    two deviations for each mean. It costs what is new, however many users were known.
    """
    before = user_table.look_up(users, new.keys, np.full(new.sums.shape[1], np.nan))
    known = ~np.isnan(before[:, 0])
    before[~known] = 0.0
    old, now = (
        np.column_stack((there, part[:, LISTS] > 0, part))
        for there, part in ((known, before), (np.ones(len(known)), before + new.sums))
    )
    found: Floats = now.T @ now - old.T @ old
    return found


def spread(
    squares: Floats, totals: Sequence[MeanTotals]
) -> tuple[tuple[float, ...], tuple[MeanTotals, ...]]:
    """What control users differ by: sums 1, N, C, N^2, N C, C^2, and the totals with theirs."""
    users, _, trials, successes, lists = squares[0, :5].tolist()
    (nn, nc), (_, cc) = squares[2:4, 2:4].tolist()
    found = []
    for place, total in enumerate(totals):
        at = slice(5 + 2 * place, 7 + 2 * place)
        (yy, yc), (_, hh) = np.maximum(squares[at, at], NO_LESS).tolist()
        there = float(squares[1, 1])
        found.append(replace(total, yy=yy, yc=yc, cc=hh, control_lists=lists, users=there))
    return (users, trials, successes, nn, nc, cc), tuple(found)


def _more(total: MeanTotals, hour: Any) -> MeanTotals:  # a named tuple of arrays
    return replace(
        total, **{name: getattr(total, name) + float(x) for name, x in hour._asdict().items()}
    )


class BothArms(NamedTuple):
    """What :class:`ReleaseEvidence` keeps of them, the six ``squared`` sums of the candidate's among it."""

    candidates: UserSums
    squares: Floats
    squared: tuple[float, ...]
    beyond: tuple[UserSums, UserSums]
    heavy: tuple[ArmUsers, ArmUsers]


def add_arms(known: ReleaseEvidence, hour: UserHours, control: UserSums) -> BothArms:
    """With one more hour; ``control`` are the control's users with it."""
    new = hour.of_arm(CANDIDATE)
    squares = known.candidate_squares + squares_of(known.candidates, new)
    candidates = user_table.add(known.candidates, new)
    more = hour.beyond_of(CONTROL), hour.beyond_of(CANDIDATE)
    of_control, of_candidate = map(user_table.add, known.beyond, more)
    return BothArms(
        candidates,
        squares,
        spread(squares, ())[0],
        (of_control, of_candidate),
        (heaviest(control, of_control), heaviest(candidates, of_candidate)),
    )


def heaviest(counted: UserSums, beyond: UserSums) -> ArmUsers:
    """Impressions of an arm from those that counted, first column of ``counted``, and those ``beyond`` caps."""
    nothing = np.zeros(counted.sums.shape[1])
    capped = beyond.sums[:, 0] + user_table.look_up(counted, beyond.keys, nothing)[:, TRIALS]
    unnamed = beyond.keys == UNNAMED
    most = max(counted.sums[:, TRIALS].max(initial=0.0), capped[~unnamed].max(initial=0.0))
    return ArmUsers(
        float(counted.sums[:, TRIALS].sum() + beyond.sums.sum()),
        float(beyond.sums.sum()),
        float(most),
        float(beyond.sums[unnamed].sum()),
    )

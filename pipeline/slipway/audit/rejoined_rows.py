"""Rows on two sides of a split that are equal in all columns but one: an event that a join repeats, torn apart."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from slipway.audit.chance_copies import expected
from slipway.audit.digest import Column, Digest, mix, of_rows
from slipway.audit.near_copies import NO_TWINS, Twins, equal_rows
from slipway.audit.split_sides import SidePair
from slipway.audit.thresholds import (
    DUPLICATE_ROWS_BY_CHANCE,
    REJOINED_ROWS_COLUMNS,
    REJOINED_ROWS_DRAWN,
)


class Rejoined(NamedTuple):
    """Pairs of rows that differ in ``column`` alone, and the late rows that were asked."""

    column: str
    twins: Twins
    pair: SidePair


def all_but_one(names: Sequence[str], columns: Sequence[Column], pair: SidePair) -> Rejoined | None:
    """The column that most pairs differ in alone, if that is more often than chance gives.

    Of a long table rows are drawn by what they are equal in, so that both of a pair are drawn.
    """
    rows = len(pair.early)
    if len(names) < REJOINED_ROWS_COLUMNS:
        return None
    hashed = [mix(of_rows([c], rows) + np.uint64(k + 1)) for k, c in enumerate(columns)]
    whole: Digest = np.add.reduce(hashed)
    best, found = 0, None
    for name, own in zip(names, hashed, strict=True):
        of = whole - own
        drawn = mix(of) % np.uint64(-(-rows // REJOINED_ROWS_DRAWN)) == 0
        some = pair._replace(early=pair.early & drawn, late=pair.late & drawn)
        twins = equal_rows(of, some) if some.early.any() and some.late.any() else NO_TWINS
        differ = own[twins.late] != own[twins.early]
        if int(differ.sum()) > best:
            best = int(differ.sum())
            found = Rejoined(name, Twins(twins.late[differ], twins.early[differ]), some)
    if found is None:
        return None
    rest = [c for n, c in zip(names, columns, strict=True) if n != found.column]
    return found if best >= DUPLICATE_ROWS_BY_CHANCE * expected(rest, found.pair) else None

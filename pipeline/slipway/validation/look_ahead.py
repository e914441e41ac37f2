"""Does a feature look ahead? Take away what came after, turn over what was not known, compare bits.

Whatever a feature is computed from, its value for a request may not change when every row after the
request is removed and every label that was not yet known is turned into its opposite. Removing alone
would miss a feature that reads the row's own label; blanking labels instead of turning them would
accuse code that merely counts rows.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from slipway.domain.errors import BadInput
from slipway.domain.leak import Leak, LeakKind

Build = Callable[[pd.DataFrame], pd.DataFrame]
Bools = npt.NDArray[np.bool_]

CUTS = 20
ROWS_PER_CUT = 10
HORIZONS = tuple(pd.Timedelta(words) for words in ("1h", "1D", "7D", "28D"))
"""Windows tried, shortest first, to say how far ahead a feature looks."""


class Times(NamedTuple):
    """Columns of the events: when each happened, its label, and when that label became known.

    Without ``known_at`` a label is known as soon as the next row, never to its own.
    """

    time: str
    label: str | None = None
    known_at: str | None = None


def look_ahead(
    build: Build,
    events: pd.DataFrame,
    times: Times,
    *,
    cuts: int = CUTS,
    rows_per_cut: int = ROWS_PER_CUT,
    seed: int = 0,
) -> tuple[Leak, ...]:
    """Columns of ``build(events)`` that read what came after a row, with the window that leaked.

    ``build`` gives features for the rows of any part of ``events``, indexed like it. Cuts are spread
    over the second half of the time, where there is a past to count. With at least twenty of them a
    leak that touches one value in twenty-five is found with probability .99.

    Raises BadInput for fewer than two rows or times that are missing.
    """
    ordered = _ordered(events, times.time)
    whole = build(ordered)
    changed: dict[str, list[tuple[int, Any]]] = {name: [] for name in whole.columns}
    looked = 0
    for place in _places(len(ordered), cuts, seed):
        rows = ordered.index[max(0, place - rows_per_cut + 1) : place + 1]
        past = build(_as_of(ordered, times, place, None))
        looked += len(rows)
        for name in whole.columns:
            differs = _differs(whole.loc[rows, name], past.loc[rows, name])
            changed[name] += [(place, row) for row in rows[differs]]
    return tuple(
        Leak(
            LeakKind.LOOK_AHEAD,
            name,
            f"its value changes without {_window(build, ordered, times, name, whole, _earliest(hits))}",
            len(hits),
            looked,
        )
        for name, hits in changed.items()
        if hits
    )


def _ordered(events: pd.DataFrame, time: str) -> pd.DataFrame:
    """Events in the order of their time, under an index that tells rows apart."""
    if len(events) < 2 or events[time].isna().any():  # noqa: PLR2004 - one row has no past
        raise BadInput(
            f"events by {time}",
            found=f"{len(events)} rows, {int(events[time].isna().sum())} without a time",
            expected="at least 2 rows, each with its time",
            next_step="give every event the time at which it happened",
        )
    return events.sort_values(time, kind="stable", ignore_index=True)


def _places(rows: int, cuts: int, seed: int) -> Iterator[int]:
    """Rows at which time is cut: spread over the second half, each moved a little by chance."""
    edges = np.linspace(rows // 2, rows - 1, cuts + 1).astype(int)
    rng = np.random.default_rng(seed)
    for low, high in pairwise(edges):
        yield int(rng.integers(low, max(low + 1, high)))


def _as_of(
    events: pd.DataFrame, times: Times, place: int, ahead: pd.Timedelta | None
) -> pd.DataFrame:
    """Events up to the one at ``place``, unknown labels turned over.

    With ``ahead`` labels are left alone and rows up to that much later are kept.
    """
    cut = events[times.time].iloc[place]
    if ahead is not None:
        near: pd.DataFrame = events[events[times.time] <= cut + ahead]
        return near
    past = events.iloc[: place + 1].copy()
    if times.label is not None:
        known = past[times.known_at or times.time]
        unknown = ~(known < cut) if times.known_at is None else ~(known <= cut)
        unknown.iloc[-1] = True  # its own label is what is to be predicted
        past[times.label] = _turned(past[times.label], unknown.to_numpy())
    return past


def _turned(label: "pd.Series[Any]", unknown: Bools) -> "pd.Series[Any]":
    """Labels with the unknown ones replaced by their opposite within the range of all."""
    values = label.to_numpy(dtype=float)
    low, high = np.nanmin(values), np.nanmax(values)
    opposite = low + high - values if high > low else values + 1
    return pd.Series(np.where(unknown, opposite, values), label.index).astype(label.dtype)


def _differs(one: "pd.Series[Any]", other: "pd.Series[Any]") -> Bools:
    """Where two columns differ in any bit; two missing values do not."""
    same = (one == other) | (one.isna() & other.isna())
    return ~same.to_numpy(dtype=bool)


def _earliest(hits: Sequence[tuple[int, Any]]) -> tuple[int, Any]:
    """The hit with the longest future: of the first cut, the row that was cut at."""
    first = min(place for place, _ in hits)
    return first, max(row for place, row in hits if place == first)


def _window(  # noqa: PLR0917 - the perturbation and where it showed
    build: Build,
    events: pd.DataFrame,
    times: Times,
    name: str,
    whole: pd.DataFrame,
    hit: tuple[int, Any],
) -> str:
    """The nearest part of the future that gives the leaking value back."""
    place, row = hit
    spans: Sequence[pd.Timedelta] = (pd.Timedelta(0), *HORIZONS)
    for span in spans if isinstance(events[times.time].iloc[0], pd.Timestamp) else ():
        seen = build(_as_of(events, times, place, span))
        if not _differs(whole.loc[[row], name], seen.loc[[row], name])[0]:
            hours = span / pd.Timedelta("1h")
            return f"the {hours:g} hours after it" if hours else "labels that were not known yet"
    return "rows from any later time"

"""What users would see: each arm ranks the same reconstructed candidate lists.

Logged lists hold only what the arm of that day chose. Here a sample of real requests is given a
sample of the items that were on show that week, with features as they were served: those of the
request from the request, those of an item from the item's last row, and those of both by what they
follow: of the segment and the category, or (a user's taste for a category) of the user and the
category, and of the segment where the user was shown none of it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.ranker import Array, Ranker
from slipway.data.words import name_of
from slipway.domain.errors import NotComputable
from slipway.domain.line import Column, DType, Line
from slipway.evaluation.heldout import codes
from slipway.training.dataset import Rows

Codes = npt.NDArray[np.intp]

REQUESTS = 1_000
"""Requests that are ranked again; 10,000 places give a category's share to about half a percent."""

CANDIDATES = 30
"""Items offered to each of them."""

SEED = 20_250_106
"""Which items are drawn: the same for every arm, run and machine."""

OWN_VARIANCE = 0.05
"""A column that varies less than this within an item, relative to its whole, belongs to the item."""


class Lists(NamedTuple):
    """R requests x C items: ``features`` float64[R * C, F], ``item`` and ``category`` intp[R, C].

    ``group`` intp[R] is the user group of each request (the line's ``group``).
    ``categories`` and ``groups`` are their names, by code.
    """

    features: Array
    item: Codes
    category: Codes
    group: Codes
    categories: tuple[str, ...]
    groups: tuple[str, ...]


class Ranked(NamedTuple):
    """The first k places: ``item`` and ``category`` intp[R, k]."""

    item: Codes
    category: Codes


def rebuild(rows: Rows, line: Line) -> Lists:
    """Candidate lists from the held-out rows; the same rows give the same lists.

    Raises NotComputable where fewer items were shown than a list holds and one.
    """
    item, request = codes(rows.item), codes(rows.request)
    items = int(item.max()) + 1
    if items <= line.list_length:
        raise NotComputable(
            "lists of the held-out week",
            found=f"{items} items",
            expected=f"more than the {line.list_length} of a list",
            next_step="hold out a week with a whole catalogue on show",
        )
    first = np.unique(request, return_index=True)[1]
    asked = first[:: max(1, len(first) // REQUESTS)][:REQUESTS]
    width = min(CANDIDATES, items)
    rng = np.random.default_rng(SEED)
    drawn = rng.random((len(asked), items)).argsort(axis=1)[:, :width]
    last = np.zeros(items, dtype=np.intp)
    last[item] = np.arange(len(rows))
    coded = item, request, codes(rows.user)
    features = _features(rows, line, coded, np.repeat(asked, width), last[drawn.ravel()])
    category, categories = _coded(rows, line, line.category, last)
    group, groups = _coded(rows, line, line.group, asked)
    return Lists(features, drawn, category[drawn], group, categories, groups)


def _coded(
    rows: Rows, line: Line, column: Column | None, at: Codes
) -> tuple[Codes, tuple[str, ...]]:
    """Codes of a category in rows ``at`` [m], from 0, and the name of each code of any row.

    A missing value counts as the first. Declared codes keep their own; no column is one group.
    """
    if column is None:
        return np.zeros(len(at), np.intp), ("all",)
    values = rows.column(line, column.name)
    if column.dtype is DType.CODE:
        found = np.nan_to_num(values[at], nan=0).astype(np.intp)
        size = int(found.max()) + 1
        if column == line.group:
            return found, tuple(str(code) for code in range(size))
        return found, tuple(_named(column, code) for code in range(max(len(column.words), size)))
    levels = np.unique(values[~np.isnan(values)])
    found = np.where(np.isnan(values[at]), 0, np.searchsorted(levels, values[at])).astype(np.intp)
    return found, tuple(name_of((), level) for level in levels.tolist()) or ("unknown",)


def _named(column: Column, code: int) -> str:
    return column.words[code] if code < len(column.words) else f"{column.name} {code}"


def _features(
    rows: Rows, line: Line, coded: tuple[Codes, Codes, Codes], asked: Codes, shown: Codes
) -> Array:
    """Features of request row ``asked`` [m] with item row ``shown`` [m], float64[m, F].

    ``coded`` are item, request and user of each row.
    """
    item, request, user = coded
    category = codes(rows.column(line, line.category.name))
    group = codes(rows.column(line, line.group.name)) if line.group else np.zeros_like(category)
    found = np.empty((len(asked), rows.features.shape[1]))
    for place in range(found.shape[1]):
        values = rows.features[:, place]
        if _constant_within(values, request):
            found[:, place] = values[asked]
            continue
        if _share_within(values, item) < OWN_VARIANCE:
            found[:, place] = values[shown]
            continue
        of_group = _mean_by(values, group, category, asked, shown)
        filled = np.where(np.isnan(of_group), values[shown], of_group)
        if _share_within(values, group * (int(category.max()) + 1) + category) < OWN_VARIANCE:
            found[:, place] = filled
        else:
            of_user = _mean_by(values, user, category, asked, shown)
            found[:, place] = np.where(np.isnan(of_user), filled, of_user)
    return found


def _constant_within(values: Array, group: Codes) -> bool:
    """Whether ``values`` [n] are equal (or all missing) inside each group."""
    filled = np.nan_to_num(values, nan=-1.0)
    first = np.unique(group, return_index=True)[1]
    return bool((filled == filled[first][group]).all())


def _share_within(values: Array, group: Codes) -> float:
    """Variance within groups over the whole variance, missing values left out."""
    known = ~np.isnan(values)
    value, code = values[known], group[known]
    if not len(value) or value.var() == 0:
        return 0.0
    count = np.maximum(np.bincount(code), 1)
    mean = np.bincount(code, weights=value) / count
    return float(((value - mean[code]) ** 2).mean() / value.var())


def _mean_by(values: Array, who: Codes, category: Codes, asked: Codes, shown: Codes) -> Array:
    """Mean of ``values`` over rows with the asker's ``who`` and the item's ``category``; NaN: none."""
    cells = int(category.max()) + 1
    known = ~np.isnan(values)
    cell = who * cells + category
    size = (int(who.max()) + 1) * cells
    total = np.bincount(cell[known], weights=values[known], minlength=size)
    count = np.bincount(cell[known], minlength=size)
    with np.errstate(invalid="ignore"):
        mean: Array = (total / count)[who[asked] * cells + category[shown]]
    return mean


def rank(ranker: Ranker, lists: Lists, length: int) -> Ranked:
    """The ``length`` best items of each list; equal scores go by the item's name."""
    _, score = ranker.score(lists.features)
    table = score.reshape(lists.item.shape)
    order = np.lexsort((lists.item, -table), axis=1)[:, :length]
    return Ranked(
        np.take_along_axis(lists.item, order, axis=1),
        np.take_along_axis(lists.category, order, axis=1),
    )


def mix(ranked: Ranked, categories: int) -> Array:
    """Share of the places that each category code has, float64[categories]."""
    shares: Array = (
        np.bincount(ranked.category.ravel(), minlength=categories) / ranked.category.size
    )
    return shares

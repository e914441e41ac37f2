"""As-of values of one request, laid out when a table is loaded: a request then only looks them up.

Many items share the places of their keys (a category), so a value is found once for each combination of
them, and each item takes that of its own. :class:`PlacedStatistic` says what the values are; here stand
the same numbers in another order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from slipway.data.lookup import MISSING, SILENT, Key, PlacedStatistic
from slipway.domain.line import Statistic

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_COMBINATIONS = 2_000
"""Combinations of items' keys up to which a request lays out all of them."""
MOST_KEPT = 1_000_000
"""Values that are kept for requests of the same keys."""
MOST_STARTS = 5_000_000
"""Combinations of requests' keys up to which the rows of each are found by an index."""


class RequestStatistic:
    """One statistic for the items of one request.

    ``of_request`` are its keys whose place the request gives; ``item_places`` int64[items] are the
    places of the others, for every item of the catalogue.
    """

    def __init__(
        self, statistic: PlacedStatistic, item_places: Mapping[str, Ints], keys: Mapping[str, Key]
    ) -> None:
        self._statistic = statistic
        own = statistic.cells.keys
        self.of_request = tuple(key for key in own if key not in item_places)
        self._of_items = tuple(key for key in own if key in item_places)
        self._combine(item_places)
        self._kept: dict[tuple[int, ...], Floats] = {}
        self._closed = all(keys[key].is_closed for key in self.of_request)
        self._fallback = self._laid_out_fallback()
        self._rows = None if self._closed or self._fallback is None else self._by_request(keys)

    @classmethod
    def fits(cls, statistic: PlacedStatistic, item_places: Mapping[str, Ints]) -> bool:
        """Whether a request can look it up: it stands still, and few combinations cover all items."""
        keys = [key for key in statistic.cells.keys if key in item_places]
        still = statistic.wanted.statistic is not Statistic.TIME_SINCE
        return still and (not keys or len(_different(keys, item_places)[0]) <= MOST_COMBINATIONS)

    def of(self, items: Ints, places: tuple[int, ...]) -> Floats | float:
        """Its values float64[k] for items at ``items`` [k], or one for all; ``places`` are the request's."""
        found = self._kept.get(places)
        if found is None:
            found = self._laid_out(places)
        return found.take(self._combination.take(items)) if self._of_items else found[0]

    def _combine(self, item_places: Mapping[str, Ints]) -> None:
        """Number the combinations of the items' places."""
        if not self._of_items:
            self._many, self._places = 1, {}
            return
        found, combination = _different(self._of_items, item_places)
        self._many, self._combination = len(found), combination
        self._places = {key: found[:, at] for at, key in enumerate(self._of_items)}

    def _laid_out(self, places: tuple[int, ...]) -> Floats:
        """The values float64[combinations] of requests with these places."""
        if self._rows is None or min(places) < 0:
            asked = {**self._places, **dict(zip(self.of_request, places, strict=True))}
            found = self._spread(self._statistic.value(asked, 0))
            if self._closed or min(places, default=0) < 0:
                self._keep(places, found)
            return found
        starts, at, values = self._rows
        number = places[0]
        for place, radix in zip(places[1:], self._radix[1:], strict=True):
            number = number * radix + place
        begin, end = int(starts[number]), int(starts[number + 1])
        assert self._fallback is not None
        if begin == end:
            return self._fallback
        if not self._of_items:
            return values[begin:end]
        found = self._fallback.copy()
        found[at[begin:end]] = values[begin:end]
        return found

    def _keep(self, places: tuple[int, ...], found: Floats) -> None:
        if len(self._kept) * self._many < MOST_KEPT:
            self._kept[places] = found

    def _laid_out_fallback(self) -> Floats | None:
        """What stands where a known request has no row; None where that follows from the request, too."""
        prior, missing = self._statistic.prior, self._statistic.missing
        others = [one for one in (prior, missing) if isinstance(one, PlacedStatistic)]
        if any(set(one.cells.keys) & set(self.of_request) for one in others):
            return None
        found = self._spread(
            prior.value(self._places, 0) if isinstance(prior, PlacedStatistic) else prior
        )
        if missing is None or not self._of_items:
            return found
        absent = np.logical_or.reduce([place == MISSING for place in self._places.values()])
        instead = (
            missing.value(self._places, 0) if isinstance(missing, PlacedStatistic) else missing
        )
        return np.where(absent, instead, found)

    def _spread(self, value: Floats | float) -> Floats:
        return np.array(np.broadcast_to(value, self._many), np.float64)

    def _by_request(self, keys: Mapping[str, Key]) -> tuple[Ints, Ints, Floats] | None:
        """Rows by the request's keys: where each begins, the combination of each row, and its value."""
        self._radix = tuple(max(1, len(keys[key])) for key in self.of_request)
        size = int(np.prod(self._radix, dtype=np.float64))
        if size > MOST_STARTS:
            return None
        cells, wanted = self._statistic.cells, self._statistic.wanted
        places, values = cells.places(), cells.of[wanted]
        request = _numbered(places, self.of_request, self._radix, len(values))
        combination = self._combination_of(places, keys, len(values))
        there = combination >= 0
        if wanted.statistic in SILENT:
            there &= ~np.isnan(values)
        rows = np.flatnonzero(there)
        rows = rows[np.argsort(request[rows], kind="stable")]
        starts = np.searchsorted(request[rows], np.arange(size + 1))
        return starts, combination[rows], values[rows]

    def _combination_of(self, places: Mapping[str, Ints], keys: Mapping[str, Key], n: int) -> Ints:
        """The combination of each of ``n`` rows of the cells; -1: no item has it."""
        if not self._of_items:
            return np.zeros(n, np.int64)
        radix = tuple(max(1, len(keys[key])) for key in self._of_items)
        known = np.flatnonzero(np.all([place >= 0 for place in self._places.values()], axis=0))
        mine = _numbered(self._places, self._of_items, radix, self._many)[known]
        known = known[np.argsort(mine, kind="stable")]
        mine = np.sort(mine)
        asked = _numbered(places, self._of_items, radix, n)
        if not len(mine):
            return np.full(n, -1)
        at = np.minimum(np.searchsorted(mine, asked), len(mine) - 1)
        return np.where(mine[at] == asked, known[at], -1)


def _numbered(
    places: Mapping[str, Ints], keys: tuple[str, ...], radix: tuple[int, ...], n: int
) -> Ints:
    """One number for the places of ``keys`` in each of ``n`` rows."""
    number = np.zeros(n, np.int64)
    for key, size in zip(keys, radix, strict=True):
        number = number * size + places[key]
    return number


def _different(keys: Sequence[str], item_places: Mapping[str, Ints]) -> tuple[Ints, Ints]:
    """The different combinations [c, keys] of the items' places, and that of each item."""
    table = np.column_stack([item_places[key] for key in keys])
    found, combination = np.unique(table, axis=0, return_inverse=True)
    return found, combination.reshape(-1)

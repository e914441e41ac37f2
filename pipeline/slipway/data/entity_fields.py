"""Fields of entities for rows that ask for them: of the item, the user, or a key that is sent."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.data.asked_rows import AskedRows
from slipway.data.catalog import Catalog, entity_of
from slipway.data.words import code_of
from slipway.domain.line import DType, Field, Line
from slipway.domain.origins import ITEM, USER

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class EntityFields:
    """The tables of a line's entities; ``others`` are those that are not of the item, by name."""

    def __init__(self, line: Line, items: Catalog, others: Mapping[str, Catalog]) -> None:
        self._line, self._items, self._others = line, items, others
        self._numbers: dict[str, dict[float, int]] = {}

    def stands_still(self, origin: Field) -> bool:
        """Whether it is a field of the item that has no history."""
        return origin.entity == ITEM and self._items.valid_from is None

    def step(self, origin: Field) -> Callable[[AskedRows], Any]:
        """How rows get a field, float64[n]; NaN where it is not known."""
        if self.stands_still(origin):
            values = self._items.fields[origin.field]
            return lambda rows: values.take(rows.items)
        return lambda rows: self._at(origin, rows)

    def _at(self, origin: Field, rows: AskedRows) -> Floats:
        if origin.entity == ITEM:
            return self._items.field_at(origin.field, rows.items, rows.now_us)
        places = self._places(origin.entity, rows)
        return self._others[origin.entity].field_at(origin.field, places, rows.now_us)

    def _places(self, entity: str, rows: AskedRows) -> Ints:
        """Where the rows' keys stand in an entity's table; -1: not there."""
        key, table = entity_of(self._line, entity).key, self._others[entity]
        if key == USER:
            users = [rows.user] if isinstance(rows.user, str) else rows.user
            found = [table.index.get(user, -1) for user in users]
        else:
            numbers = self._numbers_of(entity, key)
            found = [numbers.get(value, -1) for value in np.ravel(rows.values[key]).tolist()]
        return np.broadcast_to(np.array(found, np.int64), rows.n)

    def _numbers_of(self, entity: str, key: str) -> dict[float, int]:
        """The places of an entity's keys by the numbers that requests bring."""
        if entity not in self._numbers:
            code = float if self._line.column(key).dtype is DType.CODE else code_of
            index = self._others[entity].index
            self._numbers[entity] = {code(name): at for name, at in index.items()}
        return self._numbers[entity]

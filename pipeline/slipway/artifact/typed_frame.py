"""Features as they are logged, made into the typed data frame that a model of a team's own was fitted on.

The dictionary of a category is what the training rows hold; every other value is missing. Libraries
disagree about values that were never fitted: LightGBM answers them as it answers one of the fitted
ones, XGBoost raises, also for a level that was listed and that no row had, and scikit-learn's trees
take them as missing. Here they are missing for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from slipway.data.words import words_of
from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.line import Column, DType, Line

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]

MOST_LEVELS = 10_000
"""Levels of one category that a model may learn."""


class InputColumn(NamedTuple):
    """One input: its place among the line's features, and its dictionary if it is a category.

    ``codes`` are the values in the log, rising, and ``levels`` their words; both empty for a number, and
    for a ``text``, which is read as it is.
    """

    name: str
    place: int
    codes: tuple[float, ...] | None = None
    levels: tuple[str, ...] = ()
    text: bool = False


@dataclass(frozen=True)
class TypedFrame:
    """Makes features float64[n, F] into a data frame of the inputs, always in the same order.

    ``missing`` is the word of a level that stands for missing and unknown categories; "": NaN does. A
    missing text is that word, too.
    """

    columns: tuple[InputColumn, ...]
    missing: str = ""

    @classmethod
    def learn(cls, line: Line, inputs: Sequence[str], rows: Array, missing: str = "") -> Self:
        """The inputs of ``line`` with the dictionaries of ``rows`` float64[n, F].

        Raises BadConfig for an input that is not declared or not known at inference, and for a
        category of more than :data:`MOST_LEVELS` levels.
        """
        order = [column.name for column in line.features]
        found = []
        for name in inputs:
            column = line.column(name)
            if not column.may_be_input:
                raise BadConfig(
                    f"{line.name}.model.inputs",
                    found=name,
                    expected="known before the answer",
                    next_step=f"{name} is known {column.available}: take it out of the inputs",
                )
            place = order.index(name)
            found.append(_learned(line, column, place, rows[:, place], missing))
        return cls(tuple(found), missing)

    def frame(self, features: Array) -> "pd.DataFrame":
        """``features`` float64[n, F] in line order as typed columns under their names."""
        import pandas as pd

        return pd.DataFrame(
            {column.name: self._values(column, features) for column in self.columns}, copy=False
        )

    def codes(self, features: Array) -> Array:
        """The same as float64[n, inputs]: places of levels, NaN where missing."""
        return np.column_stack([self._coded(column, features) for column in self.columns])

    def _values(self, column: InputColumn, features: Array) -> Any:  # a pandas column
        import pandas as pd

        if column.text:
            said = words_of(features[:, column.place].tolist())
            return np.array([self.missing if word is None else word for word in said], dtype=object)
        if column.codes is None:
            return np.ascontiguousarray(features[:, column.place])
        place = self._coded(column, features)
        codes = np.where(np.isnan(place), -1, place).astype(np.int32)
        return pd.Categorical.from_codes(codes, dtype=self._dtype(column))

    def _dtype(self, column: InputColumn) -> Any:  # pandas' own
        import pandas as pd

        levels = (*column.levels, self.missing) if self.missing else column.levels
        return pd.CategoricalDtype(pd.Index(levels, dtype=object))

    def _coded(self, column: InputColumn, features: Array) -> Array:
        values = features[:, column.place]
        if column.codes is None:
            return values
        known = np.asarray(column.codes, dtype=np.float64)
        place = np.searchsorted(known, values).clip(max=max(0, len(known) - 1))
        unknown = np.nan if not self.missing else float(len(known))
        if not len(known):
            return np.full(len(values), unknown)
        return np.where(known[place] == values, place.astype(np.float64), unknown)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        columns = [column._asdict() for column in self.columns]
        plain = [{n: v for n, v in each.items() if n != "text" or v} for each in columns]
        return {"columns": plain, "missing": self.missing}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], line: Line) -> Self:
        """Read what :meth:`to_dict` wrote; places are those of ``line``.

        Raises BadInput for an input that the line does not know at inference.
        """
        order = [column.name for column in line.features]
        found = []
        for item in raw["columns"]:
            if item["name"] not in order:
                raise BadInput(
                    f"inputs of a model of {line.name}",
                    found=item["name"],
                    expected=f"known at inference: {', '.join(order)}",
                    next_step="declare the column again, or train the interval again",
                )
            codes = None if item["codes"] is None else tuple(float(code) for code in item["codes"])
            place = order.index(item["name"])
            levels, text = tuple(item["levels"]), bool(item.get("text"))
            found.append(InputColumn(item["name"], place, codes, levels, text))
        return cls(tuple(found), str(raw["missing"]))


def _learned(line: Line, column: Column, place: int, values: Array, missing: str) -> InputColumn:
    if not column.dtype.is_category:
        return InputColumn(column.name, place, text=column.dtype is DType.TEXT)
    codes = np.unique(values[~np.isnan(values)])
    levels = tuple(_word(column, code) for code in codes.tolist())
    if len(codes) > MOST_LEVELS or missing in levels:
        found = missing if missing in levels else f"{len(codes)} levels"
        raise BadConfig(
            f"{line.name}.{column.name}",
            found=found,
            expected=f"at most {MOST_LEVELS} levels, and none that is the word for missing",
            next_step="leave the column out of the inputs, or take another word for missing",
        )
    return InputColumn(column.name, place, tuple(codes.tolist()), levels)


def _word(column: Column, code: float) -> str:
    inside = float(code).is_integer() and 0 <= code < len(column.words)
    return column.words[int(code)] if inside else f"{code:.17g}"

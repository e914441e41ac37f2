"""How each column was read, the share of its cells that fits, and the other ways to read it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit import bins, clock, number_words
from slipway.audit.bins import Coded
from slipway.audit.number_words import Numbers

Floats = NDArray[np.float64]

FITS = 0.5
"""Share of the known cells that must fit; the others are counted and named, and audited as words."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """``kind`` in words, ``share`` of the known cells that fits, the commonest cells that do not.

    ``values`` [n] are NaN where a cell is missing or does not fit; None where the column is read as
    words. ``others`` are other ways to read it, as codes by a name that reads as the subject of "is".
    """

    kind: str
    share: float = 1.0
    unfit: int = 0
    examples: tuple[str, ...] = ()
    values: Floats | None = None
    is_time: bool = False
    others: tuple[tuple[str, Coded], ...] = ()

    @property
    def said(self) -> str:
        """One line for the page."""
        if not self.unfit:
            return self.kind
        return f"{self.kind} ({self.share:.1%}; {self.unfit:,} cells do not fit: {_quoted(self.examples)})"


def of_words(
    columns: Mapping[str, pa.DictionaryArray], *, comma: bool | None = None
) -> dict[str, ColumnReading]:
    """The reading of each column of words; what one shows of the locale decides about the others."""
    found: dict[str, Numbers | None] = {}
    for name, column in columns.items():
        said, count, _ = number_words.words_of(column)
        found[name] = number_words.read(said, count.tolist(), comma=comma) if said else None
    point, sign = np.sum([f.signs for f in found.values() if f] or [(0, 0)], axis=0)
    if comma is None and point != sign and any(f and f.other is not None for f in found.values()):
        return of_words(columns, comma=bool(sign > point))
    return {name: _reading(column, found[name]) for name, column in columns.items()}


def _reading(column: pa.DictionaryArray, numbers: Numbers | None) -> ColumnReading:
    said, count, index = number_words.words_of(column)
    if numbers is not None:
        fits = np.isfinite(numbers.values)
        if count[fits].sum() >= FITS * count.sum():
            found = _fitted(numbers.about, numbers.values, said, count, index)
            return replace(found, others=(*_other_ways(numbers, index), *found.others))
    times = clock.read_words(said, count)
    if times is not None:
        found = _fitted("time", times, said, count, index)
        return replace(found, is_time=True)
    return ColumnReading("words" if len(said) <= bins.MOST_WORDS else "text or identifier")


def _fitted(
    kind: str,
    values: Floats,
    said: Sequence[str],
    count: NDArray[np.int64],
    index: NDArray[np.int64],
) -> ColumnReading:
    """Values [d] of the words, laid out by row; words that do not fit are also read as words."""
    bad = np.flatnonzero(~np.isfinite(values))
    full = np.append(values, np.nan)[index]
    unfit = int(count[bad].sum())
    if not unfit:
        return ColumnReading(kind, values=full)
    common = bad[np.argsort(-count[bad], kind="stable")]
    share = 1 - unfit / int(count.sum())
    others = (
        (f"what stands for a {kind.split(maxsplit=1)[0]}", _words_among(values, said, index)),
    )
    names = tuple(said[int(k)] for k in common[:SHOWN])
    return ColumnReading(kind, share, unfit, names, full, others=others)


def _words_among(values: Floats, said: Sequence[str], index: NDArray[np.int64]) -> Coded:
    """Codes of the words that do not fit; all that fit share one."""
    fits = np.isfinite(values)
    kept = ["as it should be", *(said[int(k)] for k in np.flatnonzero(~fits))]
    place = np.where(fits, 0, np.cumsum(~fits))
    row = np.where(index >= 0, place[index], -1)
    words = pa.DictionaryArray.from_arrays(pa.array(row, mask=row < 0), pa.array(kept))
    return bins.words(words)


def _other_ways(numbers: Numbers, index: NDArray[np.int64]) -> tuple[tuple[str, Coded], ...]:
    found: list[tuple[str, Coded]] = []
    if numbers.other is not None:
        full = np.append(numbers.other, np.nan)[index]
        found.append(("it, read with the other decimal sign,", bins.numbers(full)))
    if len(Counter(numbers.affix)) > 1:
        words = pa.array([*numbers.affix, None]).take(
            pa.array(np.where(index < 0, len(numbers.affix), index))
        )
        found.append(("its unit", bins.words(words.dictionary_encode())))
    return tuple(found)


def remarks(readings: Mapping[str, ColumnReading]) -> tuple[str, ...]:
    """Cells that do not fit, named; loud where they are many."""
    return tuple(
        f"{name!r} is read as {reading.kind}; {reading.unfit:,} cells ({1 - reading.share:.1%}) do not"
        f" fit and are looked at as words: {_quoted(reading.examples)}"
        for name, reading in readings.items()
        if reading.unfit
    )


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(repr(word[:40]) for word in words)

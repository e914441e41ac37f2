"""How each column was read, the share of its cells that fits, and the other ways to read it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit import bins, clock, duration_words, number_words, zero_filled
from slipway.audit.asked_kinds import DATES, NUMERIC, SIGNS, AskedKind
from slipway.audit.bins import Coded
from slipway.audit.missing import blanked, writings
from slipway.audit.number_times import numbers_as_times
from slipway.audit.number_words import Numbers
from slipway.audit.thresholds import (
    READINGS_IDENTIFIES,
    READINGS_MOSTLY,
    READINGS_SAMPLED,
    READINGS_SENTENCE,
)
from slipway.domain.errors import BadInput

Floats = NDArray[np.float64]

SHOWN = 3


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """``kind`` in words, ``share`` of the known cells that fits, the commonest cells that do not.

    ``values`` [n] are NaN where a cell is missing or does not fit; ``words`` [n] where the column is read
    as words. ``others`` are other ways to read it, as codes by a name that reads as the subject of "is".
    """

    kind: str
    share: float = 1.0
    unfit: int = 0
    examples: tuple[str, ...] = ()
    values: Floats | None = None
    is_time: bool = False
    words: pa.DictionaryArray | None = None
    others: tuple[tuple[str, Coded], ...] = ()

    @property
    def said(self) -> str:
        """One line for the page."""
        if not self.unfit:
            return self.kind
        return f"{self.kind} ({self.share:.1%}; {self.unfit:,} cells do not fit: {_quoted(self.examples)})"


def of_words(
    columns: Mapping[str, pa.DictionaryArray],
    asked: Mapping[str, AskedKind] | None = None,
    *,
    comma: bool | None = None,
) -> dict[str, ColumnReading]:
    """The reading of each column of words; what one shows of the locale decides about the others.

    ``asked`` holds the kinds that somebody named for columns.
    """
    asked = asked or {}
    found: dict[str, Numbers | None] = {}
    for name, column in columns.items():
        said, count, _ = number_words.words_of(blanked(column))
        kind = asked.get(name)
        sure = SIGNS.get(kind) if kind else None
        tried = said and (kind is None or kind in NUMERIC)
        hint = comma if sure is None else sure
        found[name] = (
            number_words.read(said, count.tolist(), comma=hint, sure=sure is not None)
            if tried
            else None
        )
    point, sign = np.sum([f.signs for f in found.values() if f] or [(0, 0)], axis=0)
    if comma is None and point != sign and any(f and f.other is not None for f in found.values()):
        return of_words(columns, asked, comma=bool(sign > point))
    return {n: _reading(n, column, found[n], asked.get(n)) for n, column in columns.items()}


def of_numbers(
    kind: str, said: Floats, values: Floats, others: tuple[tuple[str, Coded], ...]
) -> ColumnReading:
    """The reading of numbers ``said`` [n] as ``values`` [n], NaN where one does not fit."""
    bad, known = np.isfinite(said) & ~np.isfinite(values), np.isfinite(said).sum()
    if not bad.any():
        return ColumnReading(kind, others=others)
    examples = tuple(
        f"{number:.0f}" for number, _ in Counter(said[bad].tolist()).most_common(SHOWN)
    )
    return ColumnReading(kind, 1 - bad.sum() / known, int(bad.sum()), examples, others=others)


def _reading(
    name: str, column: pa.DictionaryArray, numbers: Numbers | None, asked: AskedKind | None
) -> ColumnReading:
    clean = blanked(column)
    said, count, index = number_words.words_of(clean)
    ways = _missing_ways(column)
    if numbers is not None:
        times = numbers_as_times(name, numbers.values, count) if asked is None else None
        if times is not None:
            found = _fitted("time", times, said, count, index)
            return replace(found, is_time=True, others=(*found.others, *ways))
        fits = np.isfinite(numbers.values)
        if count[fits].sum() >= (READINGS_MOSTLY if asked is None else 0) * count.sum():
            found = _fitted(numbers.about, numbers.values, said, count, index)
            ways = (*zero_filled.widths(said, index), *found.others, *ways)
            return replace(found, others=(*_other_ways(numbers, index), *ways))
    if asked in NUMERIC:
        raise _not_so(name, asked, said)
    times = clock.read_words(said, count, order=asked) if asked != AskedKind.WORDS else None
    if times is not None:
        found = _fitted("time", times, said, count, index)
        others = (*found.others, *ways, *_other_order(said, count, index, asked))
        return replace(found, is_time=True, others=others)
    if asked in DATES:
        raise _not_so(name, asked, said)
    lasted = duration_words.read(said) if asked is None else None
    if lasted is not None and count[np.isfinite(lasted)].sum() >= READINGS_MOSTLY * count.sum():
        found = _fitted("duration or time of day in seconds", lasted, said, count, index)
        return replace(found, others=(*found.others, *ways))
    kept = clean if asked is None and writings(column).ways <= 1 else column
    return ColumnReading("words" if asked else _sort(said, count), words=kept)


def _sort(said: Sequence[str], count: NDArray[np.int64]) -> str:
    """What kind of words they are, for people."""
    if 0 < len(said) <= len(("yes", "no")) and {word.lower() for word in said} <= BOOLEAN:
        return "boolean"
    if len(said) < READINGS_IDENTIFIES * count.sum():
        return "category"
    spaces = float(np.mean([word.count(" ") for word in said[:READINGS_SAMPLED]])) if said else 0.0
    return "text" if spaces >= READINGS_SENTENCE else "identifier"


BOOLEAN = frozenset((
    "yes", "no", "y", "n", "true", "false", "t", "f", "ja", "nein", "oui", "non", "si", "on", "off",
))  # fmt: skip


def _other_order(
    said: Sequence[str], count: NDArray[np.int64], index: NDArray[np.int64], asked: AskedKind | None
) -> tuple[tuple[str, Coded], ...]:
    """Dates as 03/04/2024 of which no day is beyond 12, read with the month first."""
    if asked is not None or not any(clock.is_ambiguous(word) for word in said[:READINGS_SAMPLED]):
        return ()
    day, month = (
        clock.read_words(said, count, order=order)
        for order in (AskedKind.DAY_FIRST, AskedKind.MONTH_FIRST)
    )
    if day is None or month is None or np.array_equal(day, month, equal_nan=True):
        return ()
    if np.isnan(day).sum() != np.isnan(month).sum():
        return ()  # a day beyond 12 decides
    full = np.append(month, np.nan)[index]
    return (("it, read with the month first,", bins.numbers(full, bins.moment)),)


def _not_so(name: str, asked: AskedKind, said: Sequence[str]) -> BadInput:
    return BadInput(
        f"column {name!r} read as {asked}",
        found=_quoted(said[:SHOWN]) or "no value",
        expected=f"cells that read as {asked}",
        next_step="name another kind with --read, or none",
    )


def _missing_ways(column: pa.DictionaryArray) -> tuple[tuple[str, Coded], ...]:
    """Where "missing" is written in several ways, which one it is: one of them may be a value."""
    nulls, ways = writings(column)
    if ways <= 1:
        return ()
    said, _, index = number_words.words_of(column)
    return (("how it is missing", _words_among(np.where(nulls, np.nan, 0.0), said, index)),)


def beside(values: Floats, words: pa.DictionaryArray) -> tuple[tuple[str, Coded], ...]:
    """The same of a column of numbers [n], whose null words [n] stand apart."""
    said, _, index = number_words.words_of(words)
    if len(said) + int((~np.isfinite(values) & (index < 0)).any()) <= 1:
        return ()
    known = np.isfinite(values)
    row = np.where(known, len(said), index)
    full = np.append(np.full(len(said), np.nan), 0.0)
    return (("how it is missing", _words_among(full, [*said, ""], row)),)


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

"""Other views of a column that a label can hide in: missingness, rarity, format, identifiers."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.audit import inside_words
from slipway.audit.bins import Coded, duration, numbers, words
from slipway.audit.order import counts_rows
from slipway.audit.table import Prepared, index_of
from slipway.audit.thresholds import DERIVED_VIEWS_PARTS, DERIVED_VIEWS_UNIQUE, PROXIES_MANY_WORDS
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]


MOST_DECIMALS = 6
ROUNDED, EXACTLY = 1e-7, 1e-12
"""Gaps, of the last decimal and of the number itself, within which a number ends there."""


FEWEST_OF_GROUP, MOST_PLACES = 3, 20
"""Rows of a group from which a place in it means something, and places that are told apart."""

ENDS = ("its character 1 (", "its characters 1 to 2 (", "its character 1 from the end (")
"""Parts that are views of their own already where values are many."""

MISSING = "whether it is missing"
DIGITS = "its number of digits"
AHEAD = "how long after the row it lies"
"""The view of a date that mostly comes after its row: a plan at best."""


class View(NamedTuple):
    """What is judged: the value of column ``column`` (``about`` is "") or another view of it.

    ``about`` reads as the subject of "is": "its last digit". ``kind`` is the kind of leak that its
    power would be.
    """

    column: str
    about: str
    coded: Coded
    kind: LeakKind = LeakKind.PROXY
    is_reading: bool = False

    @property
    def is_value(self) -> bool:
        """Whether it may be an honest feature: a value, read in any way, or a time since another."""
        return not self.about or self.is_reading or self.kind == LeakKind.LATER

    @property
    def names_things(self) -> bool:
        """Whether its values are many words: what has a name has a history."""
        return not self.coded.ordered and self.coded.size > PROXIES_MANY_WORDS

    @property
    def shadows(self) -> bool:
        """Whether it follows from the value: a long number is written otherwise than a short one."""
        size = self.about == DIGITS
        return size or (not self.is_value and self.kind == LeakKind.PROXY and self.about != MISSING)


def views(table: Prepared, name: str) -> Iterator[View]:
    """The value of column ``name`` and the views of it that differ from the value."""
    coded = table.coded[name]
    yield View(name, "", coded)
    for about, other in table.readings[name].others:
        yield View(name, about, other, is_reading=True)
    missing = coded.code == 0
    if missing.any() and not missing.all():
        yield View(name, MISSING, _flag(missing))
    if name in table.words:
        yield from _word(name, table.words[name])
        yield from _inside(table, name)
    elif table.kinds[name] == "time":
        yield from _time(table, name)
    else:
        yield from _in_group(table, name)
        yield from _number(name, table.values[name])
        yield from _inside_number(table, name)


def _inside(table: Prepared, name: str) -> Iterator[View]:
    """A text's words, which may be honest, and the parts of a number of a case, which hide something."""
    said = table.words[name].dictionary.to_pylist()
    index = index_of(table.words[name]).astype(np.int64)
    if not said or name == table.group_name:
        return
    if inside_words.is_text(said) or inside_words.is_list(said):
        for about, coded in inside_words.words_of(said, index, table.design):
            yield View(name, about, coded, is_reading=True)
    elif len(said) >= DERIVED_VIEWS_UNIQUE * np.count_nonzero(index >= 0):
        for about, coded in inside_words.parts_of(said, index, table.design):
            if len(said) <= DERIVED_VIEWS_PARTS or not about.startswith(ENDS):
                kind = LeakKind.HIDDEN if inside_words.has_digits(said) else LeakKind.PROXY
                yield View(name, about, coded, kind)


def _in_group(table: Prepared, name: str) -> Iterator[View]:
    """Its place among the values of its group, from the highest and from the lowest.

    Equal values share a place, the first of theirs: in which order they stand is not theirs to tell.
    """
    values, group = table.values[name], table.group
    if group is None or name == table.group_name:
        return
    for end, signed in (("highest", -values), ("lowest", values)):
        order = np.lexsort((signed, group))
        start = np.flatnonzero(np.append(True, np.diff(group[order]) != 0))
        size = np.diff(np.append(start, len(order)))
        if np.median(size) < FEWEST_OF_GROUP:
            return
        here = signed[order]
        first = np.append(True, here[1:] != here[:-1])
        first[start] = True
        shared = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
        place = np.empty(len(order))
        place[order] = shared - np.repeat(start, size)
        place[~np.isfinite(values)] = np.nan
        about = f"its place from the {end} of its {table.group_name}"
        yield View(name, about, numbers(np.minimum(place, MOST_PLACES)), is_reading=True)


def _inside_number(table: Prepared, name: str) -> Iterator[View]:
    """Check digits of a number of a case."""
    values = table.values[name]
    whole = values[np.isfinite(values)]
    if not len(whole) or name == table.group_name or (whole != np.floor(whole)).any():
        return
    some, index = np.unique(values, return_inverse=True)
    if len(some) < DERIVED_VIEWS_UNIQUE * len(values) or counts_rows(values):
        return
    said = [str(int(v)) for v in some[np.isfinite(some)]]
    index = np.where(np.isfinite(values), index, -1).astype(np.int64)
    for about, coded in inside_words.parts_of(said, index, table.design, is_number=True):
        yield View(name, about, coded, LeakKind.HIDDEN)


def _time(table: Prepared, name: str) -> Iterator[View]:
    values = table.values[name]
    if table.time is not None and table.dated and np.isfinite(values).any():
        gap = values - table.time
        about = AHEAD if np.nanmedian(gap) > 0 else "its distance to the row's time"
        yield View(name, about, numbers(gap, duration), LeakKind.LATER)
    minute = values // 60_000_000
    yield View(name, "its time of day", _digits(minute % 1440 // 10, _clock))
    yield View(name, "its part of a second", _digits(values % 1_000_000 // 62_500, _second))


def _number(name: str, values: Floats) -> Iterator[View]:
    known = values[np.isfinite(values)]
    if not len(known):
        return
    if not (known == np.floor(known)).all():
        yield View(name, "its number of decimals", _digits(_decimals(values)))
        return
    # the digits of a number that counts rows, in whatever order they are now, tell the time at most
    if counts_rows(values) or len(np.unique(known)) < DERIVED_VIEWS_UNIQUE * len(known):
        return
    yield View(name, "its last digit", _digits(np.abs(values) % 10), LeakKind.HIDDEN)
    yield View(name, "its remainder by 16", _digits(np.abs(values) % 16), LeakKind.HIDDEN)
    yield View(name, DIGITS, _digits(_length(values)), LeakKind.HIDDEN)


def _word(name: str, column: pa.DictionaryArray) -> Iterator[View]:
    said = column.dictionary
    index = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    known = index[index >= 0]
    if len(said) <= DERIVED_VIEWS_PARTS or not len(known):
        return
    unique = len(said) >= DERIVED_VIEWS_UNIQUE * len(known)
    # the letters of a text follow from its words, which may be honest
    words = said.to_pylist() if unique else []
    hides = unique and inside_words.has_digits(words) and not inside_words.is_text(words)
    kind = LeakKind.HIDDEN if hides else LeakKind.PROXY
    count = np.bincount(known, minlength=len(said))
    rarity = np.floor(np.log2(np.maximum(count, 1)))
    found = {
        "how rare it is": _digits(np.append(rarity, np.nan)[index]),
        "its length": _digits(np.append(_lengths(said), np.nan)[index]),
    }
    if unique:
        found |= {
            "its first letter": _letters(pc.utf8_slice_codeunits(said, 0, 1), index),
            "its first two letters": _letters(pc.utf8_slice_codeunits(said, 0, 2), index),
            "its last letter": _letters(pc.utf8_slice_codeunits(said, -1), index),
        }
    for about, view in found.items():
        yield View(name, about, view, kind)


def _lengths(said: pa.Array) -> Floats:
    found: Floats = pc.utf8_length(said).to_numpy(zero_copy_only=False).astype(float)
    return found


def _letters(said: pa.Array, index: NDArray[np.int64]) -> Coded:
    """Codes [n] that are named by the letters themselves; the commonest keep one each."""
    row = pa.array(index, mask=index < 0)
    return words(said.take(row).dictionary_encode())


def _decimals(values: Floats) -> Floats:
    """How many decimals a number is written with, up to six."""
    found = np.full(values.shape, float(MOST_DECIMALS))
    for places in range(MOST_DECIMALS - 1, -1, -1):
        scaled = values * 10.0**places
        found[np.abs(scaled - np.rint(scaled)) <= ROUNDED + EXACTLY * np.abs(scaled)] = places
    found[~np.isfinite(values)] = np.nan
    return found


def _length(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values == 0, 1.0, np.floor(np.log10(np.abs(values))) + 1)


def _clock(tens: float) -> str:
    return f"{int(tens) // 6:02d}:{int(tens) % 6}0"


def _second(sixteenth: float) -> str:
    return f"{sixteenth / 16:.4f} s"


def _digits(values: Floats, say: Callable[[float], str] = "{:g}".format) -> Coded:
    """Small whole numbers as codes; more than :data:`DERIVED_VIEWS_PARTS` different ones are folded."""
    known = np.isfinite(values)
    distinct, inverse = np.unique(values[known], return_inverse=True)
    code = np.zeros(len(values), dtype=np.int32)
    code[known] = inverse % DERIVED_VIEWS_PARTS + 1
    shown = distinct[:DERIVED_VIEWS_PARTS]
    return Coded(code, ("missing", *map(say, shown)), ordered=False)


def _flag(yes: NDArray[np.bool_]) -> Coded:
    return Coded(yes.astype(np.int32), ("known", "missing"), ordered=False)

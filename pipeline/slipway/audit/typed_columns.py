"""Columns of a raw table as numbers, times and words, the label first."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit import missing, readings
from slipway.audit.asked_kinds import DATES, NUMERIC, AskedKind
from slipway.audit.number_times import numbers_as_times
from slipway.audit.readings import ColumnReading
from slipway.audit.source import Raw, Values
from slipway.audit.thresholds import DESIGN_MOST_CLASSES
from slipway.audit.times_beside import times_beside

Floats = NDArray[np.float64]


def with_label(raw: Raw, label: str, asked: Mapping[str, AskedKind]) -> tuple[Raw, tuple[str, ...]]:
    """The label as numbers where all its cells are, or where they are too many for classes."""
    column, kind = raw.columns[label], asked.get(label)
    if isinstance(column, np.ndarray):
        return raw, ()
    if kind == AskedKind.BLANK:
        column = missing.filled(column, "blank")
    if kind == AskedKind.MISSING:
        column, kind = missing.blanked(column), None
    fine = kind if kind in (*NUMERIC, *DATES) else None
    reading = readings.of_words({label: column}, {label: fine} if fine else {})[label]
    few = len(column.dictionary) <= DESIGN_MOST_CLASSES
    words = kind in (AskedKind.WORDS, AskedKind.BLANK) or reading.values is None
    words = words or (few and kind is None and missing.answers_none(column))
    if words or (reading.unfit and few):
        said = (
            f"{label!r} mixes numbers ({reading.share:.0%}) and words; each is a class of its own"
        )
        classes, remark = (column, "") if kind else missing.of_label(column)
        remarks = (said,) if reading.unfit else ()
        replaced = replace(raw, columns={**raw.columns, label: classes})
        return replaced, (*remarks, remark.replace("LABEL", label)) if remark else remarks
    assert reading.values is not None
    columns = {**raw.columns, label: reading.values}
    kinds = {**raw.kinds, label: "time" if reading.is_time else "number"}
    return replace(raw, columns=columns, kinds=kinds), readings.remarks({label: reading})


def typed(
    columns: Mapping[str, Values],
    kinds: dict[str, str],
    label: str,
    beside: Mapping[str, pa.DictionaryArray],
    asked: Mapping[str, AskedKind],
) -> tuple[dict[str, Floats], dict[str, pa.DictionaryArray], dict[str, ColumnReading]]:
    """Numbers and times, words, and the reading of each column; ``kinds`` follow what was read."""
    values = {name: column for name, column in columns.items() if isinstance(column, np.ndarray)}
    words = {name: column for name, column in columns.items() if name not in values}
    numbers = dict(values)
    for name in [n for n in values if kinds[n] == "number" and n != label and n not in asked]:
        if (times := numbers_as_times(name, values[name])) is not None:
            values[name], kinds[name] = times, "time"
    ways = {name: readings.beside(values[name], said) for name, said in beside.items()}
    read = {
        n: readings.of_numbers(kinds[n], numbers[n], values[n], ways.get(n, ())) for n in values
    }
    read |= readings.of_words({n: column for n, column in words.items() if n != label}, asked)
    read.setdefault(label, ColumnReading("classes"))
    for name, reading in read.items():
        if reading.words is not None:
            words[name] = reading.words
        elif reading.values is not None:
            values[name], kinds[name] = reading.values, "time" if reading.is_time else "number"
            del words[name]
    return values, words, {name: read[name] for name in columns}


def beside_the_time(
    values: dict[str, Floats],
    kinds: dict[str, str],
    label: str,
    when: Floats | None,
    asked: Mapping[str, AskedKind],
) -> None:
    """Make times of the numbers that lie beside the rows' own dates ``when`` [n], in place."""
    if when is None or float(np.median(np.abs(when))) <= SINCE_1970:
        return
    for name in [n for n in values if kinds[n] == "number" and n != label and n not in asked]:
        if (times := times_beside(values[name], when)) is not None:
            values[name], kinds[name] = times, "time"


def known(values: Values) -> NDArray[np.bool_]:
    """Where a column has a value, bool[n]."""
    if isinstance(values, np.ndarray):
        return np.isfinite(values)
    known: NDArray[np.bool_] = values.is_valid().to_numpy(zero_copy_only=False)
    return known.copy()


SHOWN = 12
SINCE_1970 = 365 * 86_400_000_000
"""Microseconds from which a time is a date."""


def without_values(columns: Mapping[str, Values]) -> tuple[str, ...]:
    """A remark on columns without a value in any row."""
    none = [name for name, values in columns.items() if not known(values).any()]
    more = f" and {len(none) - SHOWN} more" if len(none) > SHOWN else ""
    names = ", ".join(repr(name) for name in none[:SHOWN])
    return (f"without a value in any row: {names}{more}",) if none else ()

"""The prepared table that every probe reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit import bins, clock, design, digest, readings, typed_columns
from slipway.audit.asked_kinds import AskedKind
from slipway.audit.bins import Coded
from slipway.audit.design import Design, Target
from slipway.audit.knobs import Knobs
from slipway.audit.readings import ColumnReading
from slipway.audit.source import Raw, Values
from slipway.audit.split_sides import Sides, named
from slipway.audit.thresholds import TABLE_FEW_LOST, TABLE_LATE_SHARE
from slipway.domain.errors import BadInput

Floats = NDArray[np.float64]
YEAR_US = 365 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows with a known label and time, as numbers and codes.

    ``values`` holds the numbers (and times, microseconds) of the columns that have any, ``words``
    the dictionaries of the others, ``coded`` codes of all but label and time. ``time`` float64[n]
    and ``group`` int64[n] are None where none was named. ``sides`` are those of the
    split, or the last fifth of the time against what is before it. ``weight`` is 1 / (rows with equal
    values), so that copies count once. ``readings`` say how each
    column was read, ``reservations`` what a clear answer does not cover.
    """

    label: str
    label_values: Floats | None
    design: Design
    values: Mapping[str, Floats]
    words: Mapping[str, pa.DictionaryArray]
    coded: Mapping[str, Coded]
    kinds: Mapping[str, str]
    time: Floats | None
    time_names: tuple[str, ...]
    group: NDArray[np.int64] | None
    group_name: str
    sides: Sides | None
    split_name: str
    row: NDArray[np.int64]
    weight: Floats
    remarks: tuple[str, ...]
    reservations: tuple[str, ...]
    readings: Mapping[str, ColumnReading]

    @property
    def rows(self) -> int:
        """Rows that are looked at."""
        return len(self.row)

    @property
    def late(self) -> NDArray[np.bool_] | None:
        """The rows of the test period, bool[n]: those of the last side."""
        return None if self.sides is None else self.sides.last

    @property
    def dated(self) -> bool:
        """Whether the rows' times are dates: other dates can be compared with them."""
        return self.time is not None and float(np.median(np.abs(self.time))) > YEAR_US


def prepare(
    raw: Raw,
    *,
    label: str,
    time: Sequence[str],
    group: str,
    split: str,
    knobs: Knobs,
    kinds: Mapping[str, AskedKind] | None = None,
) -> Prepared:
    """Drop rows without label or time, code the columns, lay out blocks and folds.

    Raises BadInput for a label without two values, or a time that cannot be read.
    """
    raw, said = typed_columns.with_label(raw, label, kinds or {})
    keep, when, remarks = _usable(raw, label, time)
    columns = {name: _kept(values, keep) for name, values in raw.columns.items()}
    types = dict(raw.kinds)
    beside = {n: w if keep.all() else w.filter(pa.array(keep)) for n, w in raw.beside.items()}
    values, words, read = typed_columns.typed(columns, types, label, beside, kinds or {})
    typed_columns.beside_the_time(values, types, label, when, kinds or {})
    label_values = values.pop(label, None)
    label_code = _label(label, label_values, words.pop(label, None))
    asked = design.targets(label, label_values, label_code.names, label_code.code, _lost(keep))
    held = _codes_of(values, words, group)
    names = [name for name in columns if name not in (label, split, *time)]
    coded = {
        n: bins.words(words[n])
        if n in words
        else bins.numbers(values[n], bins.moment if types[n] == "time" else None)
        for n in names
    }
    return Prepared(
        label=label, label_values=label_values,
        design=_design(asked, when, held, raw.row[keep], knobs),
        values=values, words=words, coded=coded, kinds={n: types[n] for n in names},
        time=when, time_names=tuple(time), group=held, group_name=group,
        sides=_sides(when, values, words, split), split_name=split,
        row=raw.row[keep], weight=_weight(values, words, len(label_code.code)),
        remarks=(*said, *remarks, *readings.remarks(read), *typed_columns.without_values(columns)),
        reservations=_reservations(label, keep), readings=read,
    )  # fmt: skip


def _usable(
    raw: Raw, label: str, time: Sequence[str]
) -> tuple[NDArray[np.bool_], Floats | None, tuple[str, ...]]:
    """Rows [n] that have label and time, the times of these rows, and remarks."""
    when, remarks = clock.times(raw, time) if time else (None, ())
    keep = typed_columns.known(raw.columns[label])
    if when is not None:
        keep &= np.isfinite(when)
    if lost := _lost(keep):
        remarks += (f"{lost:,} rows without label or time were left out",)
    return keep, None if when is None else when[keep], remarks


def _lost(keep: NDArray[np.bool_]) -> int:
    return len(keep) - int(keep.sum())


def _reservations(label: str, keep: NDArray[np.bool_]) -> tuple[str, ...]:
    lost = _lost(keep)
    if lost <= TABLE_FEW_LOST * len(keep):
        return ()
    said = (
        f"{lost:,} of {len(keep):,} rows ({lost / len(keep):.0%}) have no label or time and were not looked"
        f" at; if blank is an answer, as no, say --read {label}=blank-is-value"
    )
    return (said,)


def _design(
    asked: tuple[Target, ...],
    when: Floats | None,
    group: NDArray[np.int64] | None,
    row: NDArray[np.int64],
    knobs: Knobs,
) -> Design:
    """Blocks of time; without times the order of the file stands in, unless the label made it."""
    if when is None and not design.sorted_by(asked[0], row, knobs):
        when = row.astype(float)
    return design.lay_out(asked, when, group, knobs)


def _weight(
    values: Mapping[str, Floats], words: Mapping[str, pa.DictionaryArray], rows: int
) -> Floats:
    codes = (index_of(column) for column in words.values())
    _, twin, copies = np.unique(
        digest.of_rows([*values.values(), *codes], rows), return_inverse=True, return_counts=True
    )
    weight: Floats = 1 / copies[twin]
    return weight


def index_of(words: pa.DictionaryArray) -> NDArray[np.int32]:
    """The word of each row as int32[n], -1 where it is missing."""
    found: NDArray[np.int32] = words.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return found.astype(np.int32)


def _kept(values: Values, keep: NDArray[np.bool_]) -> Values:
    return (
        values
        if keep.all()
        else values[keep]
        if isinstance(values, np.ndarray)
        else values.filter(pa.array(keep))
    )


def _label(name: str, values: Floats | None, words: pa.DictionaryArray | None) -> Coded:
    if values is not None and len(values):
        return bins.numbers(values)
    if words is not None and len(words):
        return bins.words(words)
    raise BadInput(
        f"label {name!r}",
        found="missing in every row",
        expected="a value in every labelled row",
        next_step="join the outcomes before the audit",
    )


def _codes_of(
    values: Mapping[str, Floats], words: Mapping[str, pa.DictionaryArray], name: str
) -> NDArray[np.int64] | None:
    """Group ids int64[n]; rows without one are groups of their own."""
    if not name:
        return None
    if name in values:
        _, code = np.unique(values[name], return_inverse=True)
        code = np.where(np.isnan(values[name]), -1, code)
    else:
        code = index_of(words[name]).astype(np.int64)
    alone = code < 0
    return np.where(alone, len(code) + np.arange(len(code)), code).astype(np.int64)


def _sides(
    time: Floats | None,
    values: Mapping[str, Floats],
    words: Mapping[str, pa.DictionaryArray],
    name: str,
) -> Sides | None:
    """The sides of the split ``name``; without one the last fifth of the time is the test period."""
    if name in words:
        said = tuple(str(word) for word in words[name].dictionary.to_pylist())
        found = named(index_of(words[name]).astype(np.int64), said, time)
    elif name:
        some, code = np.unique(values[name], return_inverse=True)
        missing = np.isnan(values[name])
        found = named(np.where(missing, -1, code), tuple(f"{v:.6g}" for v in some), time)
    elif time is not None:
        late = time > np.quantile(time, 1 - TABLE_LATE_SHARE)
        found = Sides(late.astype(np.int64), ("training", "test")[: 1 + int(late.any())])
    else:
        return None
    return found if len(found.names) > 1 else None

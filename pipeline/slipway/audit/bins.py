"""Every column as small integer codes, so that all probes count instead of sort."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit.thresholds import BINS_EDGE_SAMPLE, BINS_MOST_BINS, BINS_MOST_WORDS

MISSING = 0
"""The code of a missing value, in every column."""


TINY = 1e-300  # the number next to 0 reads as 0


@dataclass(frozen=True, slots=True)
class Coded:
    """Codes int32[n] in 0 .. size - 1; ``names`` say what each code means, 0 is "missing".

    ``ordered`` says whether neighbouring codes are neighbouring values.
    """

    code: NDArray[np.int32]
    names: tuple[str, ...]
    ordered: bool

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.names)

    def taken(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Coded":
        """The codes of some rows."""
        return Coded(self.code[rows], self.names, self.ordered)


def numbers(values: NDArray[np.float64], say: Callable[[float], str] | None = None) -> Coded:
    """Codes of numbers [n]: each value its own while they are few, else quantiles.

    A value that fills a quantile alone keeps a bin of its own, so that zeros are not mixed with
    small numbers. ``say`` writes a value for people; a number as it is by default.
    """
    say = say or _short
    known = values[np.isfinite(values)]
    if not len(known):
        return Coded(np.zeros(len(values), dtype=np.int32), ("missing",), ordered=True)
    shown = known[:: max(1, len(known) // BINS_EDGE_SAMPLE)]
    some = np.unique(shown)
    if len(some) <= BINS_MOST_BINS and len(np.unique(known)) <= BINS_MOST_BINS:
        exact = np.unique(known)
        edges, names = exact[1:], tuple(say(v) for v in exact)
    else:
        edges = _quantile_edges(shown)
        names = _ranges(np.concatenate([[known.min()], edges, [known.max()]]), say)
    code = np.searchsorted(edges, values, side="right").astype(np.int32) + 1
    code[~np.isfinite(values)] = MISSING
    return Coded(code, ("missing", *names), ordered=True)


def _quantile_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    cut = np.quantile(values, np.arange(1, BINS_MOST_BINS) / BINS_MOST_BINS, method="nearest")
    edges, count = np.unique(cut, return_counts=True)
    spikes = edges[count > 1]
    return np.unique(np.concatenate([edges, np.nextafter(spikes, np.inf)]))


def _ranges(marks: NDArray[np.float64], say: Callable[[float], str]) -> tuple[str, ...]:
    """How the bins between ``marks`` read; a bin of one value reads as that value."""
    single = marks[1:] <= np.nextafter(marks[:-1], np.inf)
    return tuple(
        say(low) if one else f"{say(low)} to {say(high)}"
        for low, high, one in zip(marks, marks[1:], single, strict=False)
    )


def words(values: pa.DictionaryArray) -> Coded:
    """Codes of words, the most frequent first; beyond :data:`BINS_MOST_WORDS` they share one code."""
    index = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    said = values.dictionary.to_pylist()
    count = np.bincount(index[index >= 0], minlength=len(said))
    order = np.argsort(-count, kind="stable")
    place = np.empty(len(said), dtype=np.int32)
    place[order] = np.minimum(np.arange(len(said)), BINS_MOST_WORDS) + 1
    code = np.where(index >= 0, place[index] if len(said) else 0, MISSING).astype(np.int32)
    names = [f"{said[k]!r}" for k in order[:BINS_MOST_WORDS]]
    if len(said) > BINS_MOST_WORDS:
        names.append("rarer words")
    return Coded(code, ("missing", *names), ordered=False)


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < TINY else value:.6g}"


def moment(value: float) -> str:
    """A time (microseconds of UTC) as people write it.

    >>> moment(0.0), moment(1.5e15)
    ('1970-01-01', '2017-07-14 02:40:00')
    """
    said = str(np.datetime64(int(value), "us").astype("datetime64[s]")).replace("T", " ")
    return said.removesuffix(" 00:00:00")


def duration(value: float) -> str:
    """Microseconds in the unit that people would use.

    >>> duration(9e10), duration(-90e6)
    ('25 h', '-1.5 min')
    """
    size, unit = next(((s, u) for s, u in DURATIONS if abs(value) >= MANY * s), DURATIONS[-1])
    return f"{value / size:.3g} {unit}"


DURATIONS = ((86_400e6, "days"), (3_600e6, "h"), (60e6, "min"), (1e6, "s"))
MANY = 1.5

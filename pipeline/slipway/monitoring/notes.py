"""What is said of a line's drift: a note for each column and segment that moved, and what is not known."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from slipway.monitoring.drift import Judged
from slipway.monitoring.streams import ALL, LOGARITHMS, WORDS

FILE = "drift.json"
"""Where the last report of a line lies, in its folder of the watch."""
EXPLAINING = 3
"""Columns that are named beside what was predicted."""


@dataclass(frozen=True, slots=True)
class Note:
    """A column that moved in a segment: since the period that begins at ``since``, open until ``closed``.

    ``effect`` is how far it is beyond what is usual, in the unit of its ``sense``, in the period in which
    it was found; ``beside`` names the columns that moved most in that period.
    """

    column: str
    segment: str
    sense: str
    since: str
    closed: str | None
    effect: float
    p: float
    words: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Everything a page shows of a line's drift; ``strength`` [column][period] is that of all rows.

    A strength of 0 or more is a note, None was not known. ``unseen`` are periods without enough rows.
    """

    line: str
    periods: tuple[str, ...]
    columns: tuple[str, ...]
    strength: tuple[tuple[float | None, ...], ...]
    effect: tuple[tuple[str, ...], ...]
    notes: tuple[Note, ...]
    unseen: tuple[str, ...]
    not_known: tuple[str, ...]

    @property
    def open(self) -> tuple[Note, ...]:
        """Notes that stand."""
        return tuple(note for note in self.notes if note.closed is None)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        notes = tuple(
            Note(**{**note, "beside": tuple(note.get("beside", ()))}) for note in raw["notes"]
        )
        return cls(
            line=raw["line"],
            periods=tuple(raw["periods"]),
            columns=tuple(raw["columns"]),
            strength=tuple(map(tuple, raw["strength"])),
            effect=tuple(map(tuple, raw["effect"])),
            notes=notes,
            unseen=tuple(raw["unseen"]),
            not_known=tuple(raw["not_known"]),
        )


def report(
    line: str, judged: Judged, begins: Sequence[str], places: Mapping[tuple[str, str], str]
) -> DriftReport:
    """What judged periods say; ``begins`` [P] name their beginnings, ``places`` the declared ones."""
    days = tuple(begins)
    wanted = {place: at for at, place in enumerate(judged.places)}
    rows, columns = [wanted.get(place) for place in places], tuple(places.values())
    seen = [bool(part.any()) for part in judged.known.T] if len(judged.places) else []
    first = seen.index(True) if True in seen else len(days)
    return DriftReport(
        line=line,
        periods=days,
        columns=columns,
        strength=tuple(_row(judged, row, len(days)) for row in rows),
        effect=tuple(_said(judged, row, len(days)) for row in rows),
        notes=tuple(_notes(judged, days)),
        unseen=tuple(
            day for day, there in zip(days[first:], seen[first:], strict=True) if not there
        ),
        not_known=tuple(
            column
            for column, row in zip(columns, rows, strict=True)
            if row is None or not len(days) or not judged.known[row, -1]
        ),
    )


def _row(judged: Judged, row: int | None, periods: int) -> tuple[float | None, ...]:
    if row is None:
        return (None,) * periods
    pairs = zip(judged.strength[row].tolist(), judged.known[row].tolist(), strict=True)
    return tuple(round(strength, 3) if known else None for strength, known in pairs)


def _said(judged: Judged, row: int | None, periods: int) -> tuple[str, ...]:
    """The largest move of each period in words; empty where nothing is known."""
    if row is None:
        return ("",) * periods
    return tuple(
        _words(judged, judged.leading(row, at), at) if judged.known[row, at] else ""
        for at in range(periods)
    )


def _notes(judged: Judged, days: Sequence[str]) -> list[Note]:
    found: list[Note] = []
    for place in np.flatnonzero(judged.alarms.max(axis=1, initial=False)).tolist():
        edges = np.diff(judged.alarms.astype(np.int8)[place], prepend=0, append=0)
        ends = np.flatnonzero(edges == -1).tolist()
        for begin, end in zip(np.flatnonzero(edges == 1).tolist(), ends, strict=True):
            closed = days[end] if end < len(days) else None
            found.append(_note(judged, place, begin, days, closed))
    found = [note for note in found if not _is_part(note, found)]
    return sorted(found, key=lambda note: (note.closed is not None, note.since, note.column))


def _is_part(note: Note, notes: Sequence[Note]) -> bool:
    """Whether a segment moved while all of its column did: one cause is said once."""
    whole = (each for each in notes if each.column == note.column and each.segment == ALL)
    return note.segment != ALL and any(
        each.since <= note.since and (each.closed is None or note.since < each.closed)
        for each in whole
    )


def _note(judged: Judged, place: int, at: int, days: Sequence[str], closed: str | None) -> Note:
    k = judged.leading(place, at)
    column, segment = judged.places[place]
    where = "" if segment == ALL else f" of {segment}" if "=" in segment else f" given {segment}"
    least: dict[str, float] = {}
    for other, stream in enumerate(judged.streams):
        if stream.segment == segment and stream.column != column:
            least[stream.column] = min(least.get(stream.column, 1.0), float(judged.p[other, at]))
    beside = sorted((name for name in least if least[name] < 1), key=lambda name: least[name])
    return Note(
        column,
        segment,
        judged.streams[k].sense.value,
        days[at],
        closed,
        float(judged.effect[k, at]),
        float(judged.p[k, at]),
        f"{column}{where} {_words(judged, k, at)}",
        tuple(beside[:EXPLAINING]),
    )


def _words(judged: Judged, k: int, at: int) -> str:
    stream = judged.streams[k]
    of = f"{stream.part}: " if stream.part else ""
    effect = float(judged.effect[k, at])
    return of + WORDS[stream.sense].format(
        np.expm1(effect) if stream.sense in LOGARITHMS else effect
    )

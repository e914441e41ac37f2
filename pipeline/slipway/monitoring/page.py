"""The page *Watch* of a line: what moved, since when, and what is not known."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from slipway.monitoring.notes import DriftReport, Note
from slipway.reports import heat_map
from slipway.reports.page import NO_LINKS, Figure, Row, Table, render


class WatchWord(Enum):
    """What a page says in one word."""

    CLEAR = "nothing stands"
    NOTE = "something moved"
    UNDECIDED = "too little is known"


def html(
    line: str,
    drift: DriftReport | None,
    tables: Sequence[Table] = (),
    figures: Sequence[Figure] = (),
    links: Mapping[str, str] = NO_LINKS,
) -> str:
    """The page, also where nothing was looked at yet; it loads nothing from elsewhere.

    ``tables`` stand before those of the drift, ``figures`` after its heat map; ``links`` as in
    :func:`slipway.reports.page.render`.
    """
    if drift is None or not drift.periods:
        lead = f"No week was compared yet: the DAG drift_{line} compares them once a day."
        return render(
            title=f"Watch of {line}",
            lead=lead,
            conclusion=WatchWord.UNDECIDED,
            facts={},
            tables=tables,
            figures=figures,
            links=links,
        )
    return render(
        title=f"Watch of {line}",
        lead=f"{len(drift.periods)} weeks, each beside the same weekdays before it and the line's own noise.",
        conclusion=_word(drift),
        facts={
            "last week compared": drift.periods[-1],
            "weeks without rows": ", ".join(drift.unseen) or "none",
            "not known yet": ", ".join(drift.not_known) or "nothing",
        },
        tables=[
            *tables,
            _table("Moved, and stands", drift.open, "Nothing stands."),
            _table("Moved before", (n for n in drift.notes if n.closed), "Nothing moved before."),
        ],
        figures=[heat_map.drift(drift.columns, drift.periods, drift.strength), *figures],
        links=links,
    )


def _word(drift: DriftReport) -> WatchWord:
    if drift.open:
        return WatchWord.NOTE
    return WatchWord.UNDECIDED if len(drift.not_known) == len(drift.columns) else WatchWord.CLEAR


def _table(title: str, notes: Iterable[Note], empty: str) -> Table:
    return Table(title, "column", tuple(map(row, notes)), last="what moved", empty=empty)


def row(note: Note) -> Row:
    """A note as a line of a table."""
    until = f" to {note.closed}" if note.closed else ""
    beside = (f"moved most beside it: {', '.join(note.beside)}",) if note.beside else ()
    when = f"from the week of {note.since}{until}"
    return Row(note.column, "NOTE", note.words, (when, f"p {note.p:.1e}", *beside))

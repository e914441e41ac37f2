"""What is wrong with the ledger of one line: rows against their chain, their copy and the registry. Pure."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple

from slipway.release.ledger.reading import Reader, Reading
from slipway.release.ledger.rows import LedgerRow, RepairRecord, broken, chained


class LedgerFaultKind(StrEnum):
    """What can be wrong with a ledger."""

    GAP = "gap"  # epochs are missing, or one runs ahead
    EDITED = "edited"  # a row is not what its digest was made of
    UNCHAINED = "unchained"  # a row has no digest: an older writer, or a hand
    COLUMNS = "columns"  # columns and body disagree
    UNREADABLE = "unreadable"  # a body that is no transition
    NEWER = "newer"  # words that only a newer Slipway knows
    OLDER = "older"  # rows that were seen before are gone: an older copy was restored
    REWRITTEN = "rewritten"  # other rows stand where others were seen
    GONE = "gone"  # nothing is left of a ledger that was there
    REGISTRY_AHEAD = "registry ahead"  # the registry shows a step that the ledger does not have
    TAG = (
        "tag"  # what the registry shows is understood by nobody; the ledger's state is shown again
    )
    GUARDS = "guards"  # the database no longer refuses changes
    REPAIRS = "repairs"  # a record of a repair is not what it was
    COPY = "copy"  # the copy of the rows is damaged, or cannot be kept


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """One thing that is wrong with the ledger of ``line``, at an ``epoch`` where there is one."""

    line: str
    kind: LedgerFaultKind
    what: str
    epoch: int | None = None

    def __str__(self) -> str:
        place = f" epoch {self.epoch}" if self.epoch is not None else ""
        return f"{self.line}{place}: {self.kind}: {self.what}"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {"line": self.line, "kind": self.kind, "what": self.what, "epoch": self.epoch}


class Head(NamedTuple):
    """The last row that was verified and copied: its digest stands for all rows up to it."""

    epoch: int
    digest: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What is known of a line's ledger elsewhere.

    ``head`` is that of the rows' copy, ``edition`` the number of repairs that it was made after; ``copied`` are its rows, where somebody has to know which one
    differs. ``registry_epoch`` is what the registry shows. ``repairs`` are what persons
    decided about this ledger before. ``guards`` are those that are missing in the database.
    ``every_body`` asks for all bodies to be read again, not only those after the head.
    """

    head: Head | None = None
    edition: int = 0
    copied: Sequence[LedgerRow] = ()
    registry_epoch: int | None = None
    repairs: Sequence[RepairRecord] = ()
    guards: Sequence[str] = ()
    every_body: bool = False

    @property
    def accepted(self) -> frozenset[str]:
        """Digests of all accepted rows."""
        return frozenset().union(*(record.accepted for record in self.repairs))


def ledger_faults(line: str, rows: Sequence[LedgerRow], witness: Witness) -> list[LedgerFault]:
    """All that is wrong with the rows of ``line``, in the order of their epochs.

    Every row's digest is made again, so that an edit of any row is found at each look; bodies up to
    the witness' head were read before, and only later ones are read again.
    """
    found = [*_chain(rows, witness), *_against_copy(line, rows, witness)]
    last, ahead = (rows[-1].epoch if rows else 0), witness.registry_epoch
    if ahead is not None and ahead > last and not (witness.head and not rows):
        kind = LedgerFaultKind.REGISTRY_AHEAD if rows else LedgerFaultKind.GONE
        said = f"the registry shows epoch {ahead}, the ledger ends at {last}"
        found.append(LedgerFault(line, kind, said, ahead))
    for number in broken(witness.repairs):
        said = f"the record of repair {number} is not what it was"
        found.append(LedgerFault(line, LedgerFaultKind.REPAIRS, said))
    if witness.guards:
        said = f"the database no longer has {', '.join(witness.guards)}: rows can be changed there"
        found.append(LedgerFault(line, LedgerFaultKind.GUARDS, said))
    return found


def _chain(rows: Sequence[LedgerRow], witness: Witness) -> Iterator[LedgerFault]:
    """Faults of the rows themselves."""
    reader, previous, before = Reader(), None, 0
    seen = witness.head.epoch if witness.head and not witness.every_body else 0
    accepted = witness.accepted
    for row in rows:
        yield from _link(row, previous, before, accepted)
        if row.epoch > seen:
            yield from _body(reader.read(row), accepted)
        previous, before = row.digest or chained(previous, row), row.epoch


def _link(
    row: LedgerRow, previous: str | None, before: int, accepted: Collection[str]
) -> list[LedgerFault]:
    """Whether a row follows the one before, and is what its digest was made of."""
    found = []
    if row.epoch != before + 1 and row.digest not in accepted:
        said = f"epoch {before + 1} is missing" if before else "the first epoch is missing"
        found.append(LedgerFault(row.line, LedgerFaultKind.GAP, said, row.epoch))
    if row.digest is None:
        said = "no digest: written by Slipway 0.2 or older beside this one, or by hand"
        found.append(LedgerFault(row.line, LedgerFaultKind.UNCHAINED, said, row.epoch))
    elif row.digest != chained(previous, row):
        said = "the row, or the one before it, is not what its digest was made of"
        found.append(LedgerFault(row.line, LedgerFaultKind.EDITED, said, row.epoch))
    return found


def _body(reading: Reading, accepted: Collection[str]) -> list[LedgerFault]:
    """Whether a row's body can be read, and says what its columns say."""
    row = reading.row
    if reading.damage:
        said = f"its body is no transition ({reading.damage}); its columns speak for it"
        return [LedgerFault(row.line, LedgerFaultKind.UNREADABLE, said, row.epoch)]
    found = []
    if differ := differing(row, LedgerRow.of_body(json.loads(row.body))):
        said = f"columns and body disagree on {', '.join(differ)}; the body speaks"
        found.append(LedgerFault(row.line, LedgerFaultKind.COLUMNS, said, row.epoch))
    if reading.newer and row.digest not in accepted:
        said = f"{', '.join(reading.newer)}: words of a newer Slipway; update Slipway here"
        found.append(LedgerFault(row.line, LedgerFaultKind.NEWER, said, row.epoch))
    return found


def differing(one: LedgerRow, other: LedgerRow) -> list[str]:
    """The columns in which two rows differ, body and digest left aside."""
    names = [item.name for item in fields(LedgerRow) if item.name not in ("body", "digest")]
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _against_copy(line: str, rows: Sequence[LedgerRow], witness: Witness) -> Iterator[LedgerFault]:
    if witness.edition > len(witness.repairs):
        said = f"repair {witness.edition} was seen here and is gone: an older copy was restored"
        yield LedgerFault(line, LedgerFaultKind.OLDER, said)
    head = witness.head
    if head is None or witness.edition < len(witness.repairs):
        return  # the next verified look begins the copy of what was repaired
    stands = next((row for row in rows if row.epoch == head.epoch), None)
    if not rows:
        said = f"{head.epoch} epochs were seen here and none is left: the database was lost or replaced"
        yield LedgerFault(line, LedgerFaultKind.GONE, said, head.epoch)
    elif rows[-1].epoch < head.epoch:
        said = f"epoch {head.epoch} was seen here and the ledger ends at {rows[-1].epoch}: an older copy was restored"
        yield LedgerFault(line, LedgerFaultKind.OLDER, said, head.epoch)
    elif stands is None or stands.digest != head.digest:
        yield from _rewritten(line, rows, head, witness.copied)


def _rewritten(
    line: str, rows: Sequence[LedgerRow], head: Head, copied: Sequence[LedgerRow]
) -> Iterator[LedgerFault]:
    """Which rows are not those of the copy; where no copy can be read, that one of them is not."""
    there = {row.epoch: replace(row, digest=None) for row in rows}
    named = [row.epoch for row in copied if there.get(row.epoch) != replace(row, digest=None)]
    for epoch in named:
        said = "another row stands here than was seen before"
        yield LedgerFault(line, LedgerFaultKind.REWRITTEN, said, epoch)
    if not named:
        said = f"the rows up to epoch {head.epoch} are not those that were seen before"
        yield LedgerFault(line, LedgerFaultKind.REWRITTEN, said, head.epoch)

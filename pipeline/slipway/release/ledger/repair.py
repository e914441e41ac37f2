"""What would mend a damaged ledger: proposed in words and as a file, decided by a person. Pure.

Rows that were verified are put back from their copy; later ones stay as far as they can be read; what
only the registry knows is added. What is replaced is kept in the record of the repair.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from slipway.domain.errors import BadInput
from slipway.release.ledger.check import LedgerFault, LedgerFaultKind
from slipway.release.ledger.repaired_rows import RepairedRows
from slipway.release.ledger.rows import LedgerRow, RepairRecord
from slipway.release.ledger.shown_rows import ShownRelease, lost_rows
from slipway.release.ledger.verified_copy import CopiedLedger


@dataclass(frozen=True, slots=True)
class RepairProposal:
    """All rows of a line as they would stand, and what of them is new.

    ``found`` is the digest of the rows and records that it was made for: on others it is not applied.
    ``accepted`` are digests of rows whose gap or newer words are accepted. ``words`` say it all.
    """

    line: str
    found: str
    faults: tuple[str, ...]
    words: tuple[str, ...]
    rows: tuple[LedgerRow, ...]
    replaced: tuple[LedgerRow, ...]
    records: tuple[RepairRecord, ...]
    replaced_records: tuple[RepairRecord, ...]
    accepted: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; raises BadInput."""
        try:
            return cls(
                line=str(raw["line"]),
                found=str(raw["found"]),
                faults=tuple(map(str, raw["faults"])),
                words=tuple(map(str, raw["words"])),
                rows=tuple(LedgerRow(**each) for each in raw["rows"]),
                replaced=tuple(LedgerRow(**each) for each in raw["replaced"]),
                records=tuple(RepairRecord(**each) for each in raw["records"]),
                replaced_records=tuple(RepairRecord(**each) for each in raw["replaced_records"]),
                accepted=tuple(map(str, raw["accepted"])),
            )
        except (KeyError, TypeError) as error:
            raise BadInput(
                "proposal of a repair",
                found=f"{type(error).__name__}: {error}",
                expected="a file that `slipway ledger repair` wrote",
                next_step="propose again",
            ) from error

    def record(self, number: int, *, at: datetime, actor: str, reason: str) -> RepairRecord:
        """What stands in the ledger of this repair for good."""
        kept = ("faults", "words", "replaced", "replaced_records", "accepted")
        whole = self.to_dict()
        body = json.dumps({name: whole[name] for name in kept}, sort_keys=True)
        last = self.records[-1].digest if self.records else None
        return RepairRecord(self.line, number, at.isoformat(), actor, reason, body).after(last)


def digest_of(rows: Iterable[LedgerRow], records: Iterable[RepairRecord]) -> str:
    """Hex SHA-256 of what stands in a line's ledger."""
    said = [[each.to_dict() for each in rows], [each.to_dict() for each in records]]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=repr).encode()).hexdigest()


def propose(
    line: str,
    rows: Sequence[LedgerRow],
    records: Sequence[RepairRecord],
    *,
    faults: Sequence[LedgerFault],
    copied: CopiedLedger,
    shown: ShownRelease | None,
    now: datetime,
) -> RepairProposal:
    """What would mend the ledger of ``line``.

    Args:
        line: the line.
        rows: what stands there.
        records: the records of earlier repairs that stand there.
        faults: what is wrong.
        copied: the copy of the rows that were verified.
        shown: what the registry shows; ``None`` where it could not be asked.
        now: the time of rows that are made of what the registry shows.
    """
    work = RepairedRows(line)
    work.put_back(copied.rows, rows)
    head = work.last
    work.keep([row for row in rows if row.epoch > head])
    gone = [row for row in rows if row.epoch <= head and row not in work.rows]
    work.return_again([*gone, *work.aside], now)
    if shown is not None and shown.epoch > work.last:
        work.add(lost_rows(work.past, shown, now))
    kept = _records(records, copied.repairs)
    return RepairProposal(
        line=line,
        found=digest_of(rows, records),
        faults=tuple(map(str, faults)),
        words=(*work.words, *_other_words(faults, records, kept)),
        rows=tuple(work.rows),
        replaced=tuple(row for row in rows if row not in work.rows),
        records=kept,
        replaced_records=tuple(each for each in records if each not in kept),
        accepted=tuple(work.accepted),
    )


def _records(
    stands: Sequence[RepairRecord], copied: Sequence[RepairRecord]
) -> tuple[RepairRecord, ...]:
    """The records of earlier repairs: as they were copied, later ones as they stand, in one chain."""
    found = list(copied)
    for record in stands[len(copied) :]:
        placed = replace(record, number=len(found) + 1)
        found.append(placed.after(found[-1].digest if found else None))
    return tuple(found)


def _other_words(
    faults: Sequence[LedgerFault], stands: Sequence[RepairRecord], kept: Sequence[RepairRecord]
) -> list[str]:
    said = []
    if tuple(stands) != tuple(kept):
        said.append("the records of earlier repairs are put back as they were verified")
    if any(fault.kind is LedgerFaultKind.GUARDS for fault in faults):
        said.append("the guards are made again: the database refuses changes as before")
    if any(fault.kind is LedgerFaultKind.COPY for fault in faults):
        said.append("a new copy of the rows is begun; the damaged one stays beside it")
    return said

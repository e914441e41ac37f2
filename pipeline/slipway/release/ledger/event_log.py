"""A line's ledger as JSON lines, for whoever keeps logs elsewhere: with its own chain, so that it proves itself. Pure.

A line of the file is one object: ``{"row": …}`` with the columns, body and digest of a row, ``{"repair": …}`` with
what a person decided about damaged rows, and at the end ``{"end": {"rows": …, "head": …}}``, without which a file
that was cut off would look whole. Nothing in it names a user: the ledger knows versions, authors and reviewers.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.domain.errors import BadInput
from slipway.release.ledger.check import LedgerFault, LedgerFaultKind, Witness, ledger_faults
from slipway.release.ledger.rows import LedgerRow, RepairRecord


@dataclass(frozen=True, slots=True)
class EventLog:
    """What a file holds; ``end`` is its last line, None where it has none."""

    line: str
    rows: tuple[LedgerRow, ...]
    repairs: tuple[RepairRecord, ...]
    end: dict[str, Any] | None


def json_lines(rows: Sequence[LedgerRow], repairs: Sequence[RepairRecord]) -> Iterator[str]:
    """The file, line by line, each without its line break."""
    for row in rows:
        yield json.dumps({"row": row.to_dict()}, sort_keys=True)
    for record in repairs:
        yield json.dumps({"repair": record.to_dict()}, sort_keys=True)
    yield json.dumps({"end": {"rows": len(rows), "head": rows[-1].digest if rows else None}})


def read(text: str, where: str) -> EventLog:
    """The file as it was written; raises BadInput with the number of the line that is none of it."""
    rows: list[LedgerRow] = []
    repairs: list[RepairRecord] = []
    end = None
    for number, written in enumerate(text.splitlines(), start=1):
        try:
            kind, body = _part(written, ended=end is not None)
            if kind == "end":
                end = {"rows": body["rows"], "head": body["head"]}
            elif kind == "row":
                rows.append(LedgerRow(**body))
            else:
                repairs.append(RepairRecord(**body))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BadInput(
                f"{where}, line {number}",
                found=str(error)[:120],
                expected="a line of an exported ledger",
                next_step="export it again with `slipway ledger export`",
            ) from error
    return EventLog(rows[0].line if rows else "", tuple(rows), tuple(repairs), end)


def _part(written: str, *, ended: bool) -> tuple[str, dict[str, Any]]:
    """The kind and the content of a line; raises ValueError for what is neither."""
    ((kind, body),) = json.loads(written).items()
    if ended:
        raise ValueError(f"{kind!r} after the end")
    if kind not in ("row", "repair", "end"):
        raise ValueError(f"a {kind!r}")
    return str(kind), body


def faults(log: EventLog) -> list[LedgerFault]:
    """All that is wrong with a file: rows edited, moved, left out, of another line, or cut off at the end."""
    try:
        found = ledger_faults(log.line, log.rows, Witness(repairs=log.repairs, every_body=True))
    except (TypeError, ValueError, OverflowError) as error:
        said = f"its rows cannot be verified: {type(error).__name__}: {error}"
        return [LedgerFault(log.line, LedgerFaultKind.UNREADABLE, said)]
    strangers = sorted({row.line for row in log.rows} - {log.line})
    if strangers:
        said = f"rows of another line: {', '.join(strangers)}"
        found.append(LedgerFault(log.line, LedgerFaultKind.EDITED, said))
    expected = {"rows": len(log.rows), "head": log.rows[-1].digest if log.rows else None}
    if log.end != expected:
        said = (
            "the file ends before the ledger that it was exported from did"
            if log.end is None
            else (
                f"its last line says {log.end['rows']} rows, {len(log.rows)} are there, or another head"
            )
        )
        found.append(LedgerFault(log.line, LedgerFaultKind.GAP, said))
    return found

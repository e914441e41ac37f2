"""One row of the ledger: its columns, its body, and the digest that chains it to the row before. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from slipway.domain.release import Transition
from slipway.domain.stage import Stage

LENGTHS = {"line": 200, "at": 40, "actor": 200, "version": 40, "from_stage": 20, "to_stage": 20}
"""Characters that a column holds; the body holds every text whole."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row as it stands in the database, whatever was done to it there.

    ``digest`` is the hex SHA-256 of the digest before, the columns and the body; ``None`` where a
    writer of before 0.3 left none.
    """

    line: str
    epoch: int
    at: str
    actor: str
    version: str
    from_stage: str | None
    to_stage: str
    share: float
    reason: str
    evidence_digest: str | None
    body: str
    digest: str | None = None

    @classmethod
    def of(cls, transition: Transition) -> Self:
        """The row of a transition, without a digest."""
        return cls.of_body(transition.to_dict())

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> Self:
        """The row of a transition's dict form, with columns that say what the body says."""
        plain = ("line", "epoch", "at", "actor", "from_stage", "to_stage", "share", "reason")
        columns = {name: body[name] for name in (*plain, "evidence_digest")}
        columns["version"] = body["candidate"]["version"]
        told = {name: _storable(name, value) for name, value in columns.items()}
        return cls(**told, body=json.dumps(body, sort_keys=True))

    def after(self, previous: str | None) -> Self:
        """The same row with its digest, in a chain that ended with ``previous``."""
        return replace(self, digest=chained(previous, self))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


def chained(previous: str | None, row: LedgerRow) -> str:
    """Hex SHA-256 over the digest before, the row's columns and its body.

    >>> row = LedgerRow("feed", 1, "", "", "1", None, "offered", 0.0, "", None, "{}")
    >>> chained(None, row) == chained("ab", row)
    False
    """
    return _digest(
        previous, row.line, row.epoch, row.at, row.actor, row.version, row.from_stage,
        row.to_stage, row.share, row.reason, row.evidence_digest, row.body,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """What a person decided about a damaged ledger: who, when, why; what was replaced is in ``body``."""

    line: str
    number: int
    at: str
    actor: str
    reason: str
    body: str
    digest: str = ""

    @property
    def accepted(self) -> frozenset[str]:
        """Digests of the rows that were accepted in it, whatever gap or word they have."""
        try:
            return frozenset(json.loads(self.body)["accepted"])
        except (ValueError, TypeError, KeyError):
            return frozenset()

    def after(self, previous: str | None) -> Self:
        """The same record with its digest, in a chain that ended with ``previous``."""
        said = (self.line, self.number, self.at, self.actor, self.reason, self.body)
        return replace(self, digest=_digest(previous, *said))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


def takes_away(transition: Transition) -> bool:
    """Whether a transition gives no model more users: nothing about the ledger may keep it back."""
    return transition.to_stage.is_final and transition.to_stage is not Stage.CHAMPION


def broken(records: Sequence[RepairRecord]) -> list[int]:
    """Numbers of the records that are not in their chain."""
    found, previous = [], None
    for place, record in enumerate(records, start=1):
        if record.number != place or record != record.after(previous):
            found.append(record.number)
        previous = record.digest
    return found


def _digest(previous: str | None, *said: object) -> str:
    # what a hand put into a column may be of any type
    values = [previous or "", *said]
    canonical = json.dumps(values, separators=(",", ":"), ensure_ascii=True, default=repr)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _storable(name: str, value: Any) -> Any:  # a column's value
    """``value`` as both databases can hold it: no NUL, no half of a character, no longer than its column."""
    if not isinstance(value, str):
        return value
    plain = str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")
    return plain.encode("utf-8", "replace").decode()[: LENGTHS.get(name)]

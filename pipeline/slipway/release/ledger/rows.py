"""One row of the ledger: its columns, its body, and the digest that chains it to the row before. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from slipway.domain.release import Transition

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
        body = transition.to_dict()
        plain = ("line", "epoch", "at", "actor", "from_stage", "to_stage", "share", "reason")
        columns = {name: body[name] for name in plain} | {
            "version": transition.candidate.version,
            "evidence_digest": transition.evidence_digest,
        }
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
    said = [previous or "", *(value for name, value in asdict(row).items() if name != "digest")]
    # what a hand put into a column may be of any type
    canonical = json.dumps(said, separators=(",", ":"), ensure_ascii=True, default=repr)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _storable(name: str, value: Any) -> Any:  # noqa: ANN401 - a column's value
    """``value`` as both databases can hold it: no NUL, no half of a character, no longer than its column."""
    if not isinstance(value, str):
        return value
    plain = str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")
    return plain.encode("utf-8", "replace").decode()[: LENGTHS.get(name)]

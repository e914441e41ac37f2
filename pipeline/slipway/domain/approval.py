"""A reviewer's word on one candidate, bound to the evidence it was given for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Self, get_args

from slipway.domain.errors import ApprovalRefused

Word = Literal["approve", "reject", "endorse"]
"""What a review amounts to; ``endorse`` is an approval that waits for a second reviewer."""

_OPTIONAL = ("second_reviewer", "second_reason")


@dataclass(frozen=True, slots=True)
class Approval:
    """One review: who said what of which version, on which evidence, and the server's signature.

    ``signature_hex`` is the Ed25519 signature of :meth:`signed_bytes` in hexadecimal; it is empty
    until the registry's server has signed. ``second_reviewer`` is the other person where one could
    not be distinguished from the author.
    """

    line: str
    version: str
    reviewer: str
    decision: Word
    reason: str
    evidence_digest: str
    model_fingerprint: str
    at: datetime
    signature_hex: str = ""
    second_reviewer: str = ""
    second_reason: str = ""

    def __post_init__(self) -> None:
        if self.decision not in get_args(Word):
            raise ApprovalRefused(
                "approval.decision",
                found=self.decision,
                expected=f"one of {', '.join(get_args(Word))}",
                next_step="review again with one of these words",
            )

    @property
    def reviewers(self) -> tuple[str, ...]:
        """The accounts whose word it is."""
        return tuple(filter(None, (self.reviewer, self.second_reviewer)))

    def signed_bytes(self) -> bytes:
        """Canonical bytes that the server signs: everything but the signature itself.

        A second reviewer who was not asked is left out, as in approvals of an older server.
        """
        body = self.to_dict()
        del body["signature_hex"]
        for name in _OPTIONAL:
            if not body[name]:
                del body[name]
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; raises ApprovalRefused for anything else."""
        try:
            return cls(**{**raw, "at": datetime.fromisoformat(raw["at"])})
        except (TypeError, KeyError, ValueError) as error:
            raise ApprovalRefused(
                "approval",
                found=str(error),
                expected="the JSON of one approval",
                next_step="review again in the registry; nothing was promoted",
            ) from error

"""What a gate concludes, why, and on which evidence.

The four answers are kept apart: PASS, UNDECIDED and FAIL are values, and "could not compute" is an
exception (:class:`slipway.domain.errors.NotComputable`). No data never promotes.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from typing import Any, Self

from slipway.domain.errors import BadInput


class Conclusion(IntEnum):
    """Ordered from best to worst, so the conclusion of a panel is its maximum."""

    PASS = 0
    UNDECIDED = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number behind a verdict: ``estimate`` with its bounds, all in ``unit``.

    Bounds are ``None`` where the measurement has no interval (a count, a digest comparison). ``name``
    is for people; what a later decision reads is found by its ``id``.
    """

    name: str
    estimate: float
    unit: str
    lower: float | None = None
    upper: float | None = None
    threshold: float | None = None
    id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        raw = asdict(self)
        return raw if self.id else {name: raw[name] for name in raw if name != "id"}

    def __post_init__(self) -> None:
        for name in ("estimate", "lower", "upper", "threshold"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise BadInput(
                    f"evidence {self.name}.{name}",
                    found=value,
                    expected="a finite number",
                    next_step="raise NotComputable instead of reporting it",
                )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion of one gate; it cannot exist without a reason."""

    gate: str
    conclusion: Conclusion
    reason: str
    evidence: tuple[Evidence, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise BadInput(
                f"verdict {self.gate}.reason",
                found=self.reason,
                expected="a sentence",
                next_step="say in plain words why the gate concluded this",
            )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        words = {
            "conclusion": self.conclusion.name,
            "evidence": tuple(e.to_dict() for e in self.evidence),
        }
        return asdict(self) | words

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            gate=raw["gate"],
            conclusion=Conclusion[raw["conclusion"]],
            reason=raw["reason"],
            evidence=tuple(Evidence(**item) for item in raw["evidence"]),
        )


def panel_conclusion(verdicts: Iterable[Verdict]) -> Conclusion:
    """A panel is as bad as its worst verdict; an empty panel is UNDECIDED.

    >>> panel_conclusion([]).name
    'UNDECIDED'
    """
    return max((verdict.conclusion for verdict in verdicts), default=Conclusion.UNDECIDED)


def evidence_digest(model_fingerprint: str, verdicts: Iterable[Verdict]) -> str:
    """Hex SHA-256 over the model fingerprint and all verdicts: what an approval is bound to.

    A reviewer approves names and numbers; ids follow from the names, so digests of before ids stay.
    """
    plain = [replace(v, evidence=tuple(replace(e, id="") for e in v.evidence)) for v in verdicts]
    body = {
        "model": model_fingerprint,
        "verdicts": sorted((v.to_dict() for v in plain), key=lambda v: str(v["gate"])),
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()

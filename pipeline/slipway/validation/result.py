"""What a validation found: plain values that survive a trip through JSON."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation: what it says, on which column (or ""), and what was seen.

    ``leak`` is the kind of leak it looks for ("" if none), ``next_step`` what to do where it found
    one.
    """

    expectation: str
    type: str
    column: str
    success: bool
    observed: str
    leak: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The answer of one checkpoint on one table.

    ``docs`` is the address of the run's page in the Data Docs; ``failures`` are sentences.
    """

    kind: str
    line: str
    run: str
    rows: int
    success: bool
    findings: tuple[ExpectationResult, ...]
    docs: str

    @property
    def failures(self) -> tuple[str, ...]:
        """One sentence for each expectation that was not met."""
        return tuple(
            f"{finding.expectation}: {finding.observed}"
            for finding in self.findings
            if not finding.success
        )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {
            "findings": [asdict(finding) for finding in self.findings],
            "failures": list(self.failures),
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        clean = {name: value for name, value in raw.items() if name != "failures"}
        clean["findings"] = tuple(ExpectationResult(**item) for item in raw["findings"])
        return cls(**clean)


def digest_of(results: Sequence[ValidationResult]) -> str:
    """Hex SHA-256 of what was found on which tables, whenever and wherever it was checked."""
    said = [
        {name: value for name, value in result.to_dict().items() if name not in {"run", "docs"}}
        for result in results
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

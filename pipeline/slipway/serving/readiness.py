"""Whether a worker can answer: for each of its lines, and as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass

READY = "ready"


@dataclass(frozen=True, slots=True)
class Readiness:
    """``reasons`` say for each line what keeps it from answering, None where nothing does.

    The whole is ready while any line can answer: a line that cannot is no reason to take the traffic
    of the others away.
    """

    reasons: Mapping[str, str | None]
    draining: bool = False

    @property
    def reason(self) -> str | None:
        """What keeps the worker from answering anything."""
        if self.draining:
            return "shutting down"
        if not self.reasons:
            return "no line with requests is declared"
        if None in self.reasons.values():
            return None
        return "; ".join(str(reason) for reason in self.reasons.values())

    def of(self, line: str) -> str | None:
        """What keeps ``line`` from answering; raises KeyError for one that is not served."""
        reason = self.reasons[line]
        return "shutting down" if self.draining else reason

    def to_dict(self) -> dict[str, object]:
        """The page of a worker that is ready, red lines with their reason."""
        return {"status": READY, "lines": {n: r or READY for n, r in self.reasons.items()}}

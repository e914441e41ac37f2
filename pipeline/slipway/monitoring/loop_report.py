"""What is said of a line's loop, in one form for page, command line and picture."""

from dataclasses import dataclass
from typing import Any, Self

from slipway.domain.loop import LoopMeasurements
from slipway.domain.verdict import Conclusion, Verdict
from slipway.reports import loop_figures
from slipway.reports.page import Figure, Table, verdict_table

FILE = "loop.json"
"""Where the last report of a line lies, in its folder of the watch."""


@dataclass(frozen=True, slots=True)
class LoopReport:
    """The weeks of a loop, what the gate says of them, and what a shadow's places are worth (None without one)."""

    measured: LoopMeasurements
    verdict: Verdict
    candidate: Verdict | None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return {
            "measured": self.measured.to_dict(),
            "verdict": self.verdict.to_dict(),
            "candidate": self.candidate.to_dict() if self.candidate else None,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        candidate = Verdict.from_dict(raw["candidate"]) if raw["candidate"] else None
        measured = LoopMeasurements.from_dict(raw["measured"])
        return cls(measured, Verdict.from_dict(raw["verdict"]), candidate)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it, one line each."""
        own = f"loop: {self.verdict.conclusion.name}, {self.verdict.reason}"
        if self.candidate is None:
            return (own,)
        return own, f"off-policy: {self.candidate.conclusion.name}, {self.candidate.reason}"

    @property
    def decided(self) -> str:
        """What a reviewer of the next release reads of the loop, with the week that it was judged to."""
        until = self.measured.weeks[-1].week if self.measured.weeks else "no week yet"
        named = {"PASS": "none is seen", "FAIL": "it feeds on its own clicks"}
        said = named.get(self.verdict.conclusion.name, "not known")
        return f"{said} (to the week of {until}): {self.verdict.reason}"

    @property
    def is_quiet(self) -> bool:
        """Whether the loop is no matter that somebody should read."""
        return self.verdict.conclusion is not Conclusion.FAIL

    @property
    def table(self) -> Table:
        """The verdicts with their numbers; an off-policy value triages and releases nothing."""
        return verdict_table("The loop", [v for v in (self.verdict, self.candidate) if v])

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Gap and concentration by week; nothing without weeks."""
        return loop_figures.drawn_weeks(self.measured) if self.measured.weeks else ()

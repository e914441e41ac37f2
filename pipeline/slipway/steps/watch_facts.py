"""Everything that the watch of a line knows, in one form for page, command line and pictures."""

from dataclasses import dataclass
from typing import Any

from slipway.monitoring.notes import FILE, DriftReport
from slipway.steps import context


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """What is known of a line after its release; None where nothing was looked at yet."""

    line: str
    drift: DriftReport | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it, one line each."""
        return tuple(_of_drift(self.drift))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing stands that somebody should read."""
        return self.drift is not None and not self.drift.open

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {"line": self.line, "drift": self.drift.to_dict() if self.drift else None}


def of(line_name: str) -> WatchFacts:
    """What was found when the line was last looked at; raises UnknownReference for an unknown line."""
    context.declared(line_name)
    try:
        raw = context.read_json(context.folder(line_name, "watch") / FILE)
    except OSError:
        return WatchFacts(line_name, None)
    return WatchFacts(line_name, DriftReport.from_dict(raw))


def _of_drift(drift: DriftReport | None) -> list[str]:
    if drift is None:
        return ["drift: not looked at yet; the DAG drift of the line does it every day"]
    told = [f"drift: {note.words}, since the week of {note.since}" for note in drift.open]
    told += [f"drift: no rows to compare in the week of {week}" for week in drift.unseen]
    if drift.not_known:
        names = ", ".join(drift.not_known)
        told.append(f"drift: not known yet of {names}: their own noise needs more weeks")
    weeks = len(drift.periods)
    return told or [f"drift: nothing moved beyond its own noise in {weeks} weeks"]

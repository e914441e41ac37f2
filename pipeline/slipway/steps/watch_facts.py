"""Everything that the watch of a line knows, in one form for page, command line and pictures."""

from dataclasses import asdict, dataclass, field
from typing import Any

from slipway.data import json_file
from slipway.monitoring.loop_report import FILE as LOOP
from slipway.monitoring.loop_report import LoopReport
from slipway.monitoring.notes import FILE, DriftReport
from slipway.monitoring.promises import PromiseHistory
from slipway.steps import context
from slipway.steps.alert_desk import Desk, desk_of
from slipway.steps.promises import history
from slipway.steps.quality import FILE as QUALITY
from slipway.steps.quality import Quality
from slipway.steps.relation import FILE as RELATION
from slipway.steps.relation import RelationReport
from slipway.steps.retrain_ask import RetrainFacts
from slipway.steps.retrain_ask import facts as retrain_facts


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """What is known of a line after its release; None where nothing was looked at yet."""

    line: str
    drift: DriftReport | None
    relation: RelationReport | None = None
    quality: Quality | None = None
    promises: PromiseHistory = field(default_factory=lambda: PromiseHistory(()))
    alerts: Desk = field(default_factory=lambda: Desk({}))
    retrain: RetrainFacts = field(default_factory=lambda: RetrainFacts((), "", ()))
    loop: LoopReport | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said of it, one line each."""
        return (
            *_of_drift(self.drift),
            *of_relation(self.relation, self.drift),
            *(self.quality.sentences if self.quality else ()),
            *(f"promise: {each.sentence}" for each in self.promises.promises[-1:]),
            self.promises.sentence,
            *self.retrain.sentences,
            *self.alerts.sentences,
            *(self.loop.sentences if self.loop else ()),
        )

    @property
    def is_quiet(self) -> bool:
        """Whether nothing stands that somebody should read."""
        moved = self.relation and (self.relation.weeks.open or self.relation.without_outcome)
        loops = self.loop and not self.loop.is_quiet
        return self.drift is not None and not self.drift.open and not moved and not loops

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "line": self.line,
            "drift": self.drift.to_dict() if self.drift else None,
            "relation": self.relation.to_dict() if self.relation else None,
            "quality": self.quality.to_dict() if self.quality else None,
            "promises": [asdict(each) for each in self.promises.promises],
            "alerts": self.alerts.to_dict(),
            "retrain": {
                "asks": [each._asdict() for each in self.retrain.asks],
                "why": self.retrain.why,
                "staleness": [each._asdict() for each in self.retrain.curve],
            },
            "loop": self.loop.to_dict() if self.loop else None,
        }


def of(line_name: str) -> WatchFacts:
    """What was found when the line was last looked at; raises UnknownReference for an unknown line."""
    context.declared(line_name)
    drift, relation, quality = (_read(line_name, file) for file in (FILE, RELATION, QUALITY))
    loop = _read(line_name, LOOP)
    return WatchFacts(
        line_name,
        None if drift is None else DriftReport.from_dict(drift),
        None if relation is None else RelationReport.from_dict(relation),
        None if quality is None else Quality.from_dict(quality),
        history(line_name),
        desk_of(line_name),
        retrain_facts(line_name),
        None if loop is None else LoopReport.from_dict(loop),
    )


def _read(line_name: str, file: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json_file.read(context.folder(line_name, "watch") / file)
    except OSError:
        return None
    return found


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


def of_relation(relation: RelationReport | None, drift: DriftReport | None) -> list[str]:
    """What is said of the relation to the outcome, one line each."""
    if relation is None:
        return ["relation: not looked at yet"]
    weeks = relation.weeks
    told = [f"relation: {note.words}, since the week of {note.since}" for note in weeks.open]
    told += [
        f"relation: no outcome at all came of the week of {week}: are they delivered?"
        for week in relation.without_outcome
    ]
    if not weeks.periods or len(weeks.not_known) == len(weeks.columns):
        return [*told, "relation: not known yet: it needs weeks of one version whose outcomes came"]
    if told:
        return told
    moved = ": the inputs moved, what comes of them did not" if drift and drift.open else ""
    weeks_seen = len(weeks.periods)
    return [f"relation: outcomes follow the predictions as before in {weeks_seen} weeks{moved}"]

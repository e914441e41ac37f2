"""The demo's five candidates, the fate each must meet, and how it is read from the records. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.domain.line import Line
from slipway.domain.release import Transition
from slipway.domain.stage import CANARY_STAGES, RELEASE_STAGES, Stage
from slipway.domain.verdict import Conclusion, Verdict

WORSE_LIVE = -0.10
"""Relative effect on the clicks of lists that the third candidate's version ranks."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one candidate: its version, its ledger lines, and what stopped its training.

    ``tasks`` are the states of its retraining run's tasks, by name.
    """

    version: str | None = None
    transitions: tuple[Transition, ...] = ()
    stopped: str | None = None
    tasks: Mapping[str, str | None] | None = None
    link: str = ""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Stages reached, in order."""
        return tuple(t.to_stage for t in self.transitions)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.stopped is not None or bool(self.stages and self.stages[-1].is_final)

    @property
    def broke(self) -> bool:
        """Whether a task of its retraining failed that judges nothing: an error, and no verdict."""
        return self.stopped is not None and (self.tasks or {}).get("validate") != "failed"

    @property
    def last_words(self) -> str:
        """How it ended, in a word or three."""
        if self.broke:
            return "its retraining failed"
        return "stopped before training" if self.stopped else self.stages[-1].value


@dataclass(frozen=True, slots=True)
class DemoCandidate:
    """One candidate: its name for people, its recipe's overrides, and whether its fate is right.

    ``gate`` is the one that should stop it, told first where several do.
    """

    key: str
    title: str
    recipe: Mapping[str, Any]
    wanted: str
    met: Callable[[Record], bool]
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """A row of the demo's last table."""

    title: str
    version: str
    stage: str
    verdict: str
    reason: str
    link: str
    right: bool


def demo_candidates(line: Line, genre: str = "Comedy") -> dict[str, DemoCandidate]:
    """The five candidates by key, in the order of the last table; the last one swings to ``genre``."""
    recipe = line.recipe
    candidates = (
        DemoCandidate(
            "good", "a good one", {}, "champion, approved by a reviewer", became_champion
        ),
        DemoCandidate(
            "position",
            "position among its inputs",
            {"name": "with position", "inputs": [*recipe.inputs, "position"]},
            "stopped by the checkpoint before training",
            _stopped_before_training,
        ),
        DemoCandidate(
            "worse",
            "better offline, 10 % worse live",
            {"name": "finer trees", "max_iter": 150, "learning_rate": 0.08},
            "returned from a canary stage by harm",
            returned_for_harm,
            gate="harm",
        ),
        DemoCandidate(
            "slow",
            "as good, 5 x slower",
            {"name": "five in one", "ensemble": 5, "tree_sets": 5, "seeds": [11, 12, 13, 14, 15]},
            "rejected by the latency gate",
            lambda record: rejected_by(record, "latency_offline"),
            gate="latency_offline",
        ),
        DemoCandidate(
            "genre",
            "swings to one genre",
            {"name": f"{genre.lower()} week", "category_boost": {genre: 3.0}},
            "rejected by the stability gate",
            lambda record: rejected_by(record, "stability"),
            gate="stability",
        ),
    )
    return {candidate.key: candidate for candidate in candidates}


def fate(candidate: DemoCandidate, record: Record) -> Fate:
    """What the last table says of a candidate."""
    last = record.transitions[-1] if record.transitions else None
    verdict, reason = _why(last, candidate.gate)
    return Fate(
        title=candidate.title,
        version=record.version or "none",
        stage=_furthest(record),
        verdict="none" if record.broke else "validation: FAIL" if record.stopped else verdict,
        reason=record.stopped or reason,
        link=record.link,
        right=candidate.met(record),
    )


def _furthest(record: Record) -> str:
    """The furthest stage that was reached, and how the release ended."""
    if record.stopped:
        return "retraining" if record.broke else "before training"
    known = [stage for stage in record.stages if stage in RELEASE_STAGES]
    best = max(known, key=RELEASE_STAGES.index, default=None)
    end = record.stages[-1] if record.ended else None
    names = [stage.value for stage in dict.fromkeys((best, end)) if stage]
    return " → ".join(names) or "none"


def _why(last: Transition | None, gate: str) -> tuple[str, str]:
    if last is None:
        return "none", "nothing was offered"
    stopping = sorted(failed(last.verdicts), key=lambda v: v.gate != gate)
    if stopping:
        others = f" (and {', '.join(v.gate for v in stopping[1:])})" if stopping[1:] else ""
        return f"{stopping[0].gate}: FAIL{others}", stopping[0].reason
    return f"{len(last.verdicts)} gates: PASS", last.reason


def failed(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts that stopped a candidate."""
    return [v for v in verdicts if v.conclusion is Conclusion.FAIL]


def became_champion(record: Record) -> bool:
    """Every stage in order, and a champion at its end."""
    return record.stages == RELEASE_STAGES and record.transitions[-1].champion == record.version


def _stopped_before_training(record: Record) -> bool:
    tasks = record.tasks or {}
    return (
        record.stopped is not None
        and "position" in record.stopped
        and record.version is None
        and tasks.get("validate") == "failed"
        and tasks.get("train") in ("upstream_failed", None)
    )


def returned_for_harm(record: Record) -> bool:
    """Whether harm was proven on users, and the candidate taken off."""
    last = record.transitions[-1] if record.transitions else None
    return (
        last is not None
        and last.to_stage is Stage.RETURNED
        and last.from_stage in CANARY_STAGES
        and "harm" in {v.gate for v in failed(last.verdicts)}
    )


def rejected_by(record: Record, gate: str) -> bool:
    """Whether an offline gate stopped it."""
    last = record.transitions[-1] if record.transitions else None
    return (
        last is not None
        and last.to_stage is Stage.REJECTED
        and last.from_stage is Stage.OFFERED
        and gate in {v.gate for v in failed(last.verdicts)}
    )

"""What waits for a person: one thing each, for whom, since when, and the command that deals with it. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from slipway.domain.release import LineState
from slipway.domain.stage import Stage, label


class NeedKind(StrEnum):
    """What is needed, by its id; the order is the order of urgency."""

    LEDGER = "ledger"
    FAULT = "fault"
    UNSEEN = "unseen"
    RED = "red"
    APPROVAL = "approval"
    DRILL = "drill"
    PLAN = "plan"


REVIEWER, ENGINEER = "a reviewer", "an engineer"


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """One thing that waits for a person; ``since`` is unknown where it was only found just now.

    ``next_step`` is a command of this command line, or what to do elsewhere. ``version`` is the one
    that is meant, "" where none is.
    """

    line: str
    kind: NeedKind
    who: str
    words: str
    next_step: str
    since: datetime | None = None
    version: str = ""
    link: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self) | {"since": self.since.isoformat() if self.since else None}


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What was found of one line: its state (None: the ledger was not read), and what is wrong with it.

    ``faults`` are of its declaration or policy file, ``ledger_faults`` of its ledger, ``unseen`` what
    cannot be seen of it. ``unplanned`` says that it is declared and not in use. ``drill_due`` says why
    a drill is asked for; "" where none is.
    """

    line: str
    state: LineState | None = None
    faults: tuple[str, ...] = ()
    ledger_faults: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    unplanned: bool = False
    drill_due: str = ""


def needs_of(facts: LineFacts) -> tuple[WaitingTask, ...]:
    """Everything that waits for a person in one line, the most urgent first."""
    line = facts.line
    needs = [
        WaitingTask(line, NeedKind.LEDGER, ENGINEER, fault, f"slipway ledger verify {line}")
        for fault in facts.ledger_faults
    ]
    needs += [
        WaitingTask(line, NeedKind.FAULT, ENGINEER, fault, f"slipway plan {line}")
        for fault in facts.faults
    ]
    needs += [
        WaitingTask(line, NeedKind.UNSEEN, ENGINEER, text, f"slipway status {line}")
        for text in facts.unseen
    ]
    needs += _approval(facts.state)
    if facts.drill_due:
        needs.append(
            WaitingTask(line, NeedKind.DRILL, ENGINEER, facts.drill_due, f"slipway drill {line}")
        )
    if facts.unplanned:
        words = "declared and not in use"
        needs.append(
            WaitingTask(line, NeedKind.PLAN, ENGINEER, words, f"slipway plan {line} --apply")
        )
    return tuple(needs)


def _approval(state: LineState | None) -> list[WaitingTask]:
    candidate = state.candidate if state else None
    if state is None or candidate is None or candidate.stage is not Stage.APPROVAL:
        return []
    words = f"version {candidate.version} by {candidate.author} waits for approval"
    return [
        WaitingTask(
            state.line,
            NeedKind.APPROVAL,
            REVIEWER,
            words,
            f"slipway approve-url {state.line}",
            candidate.stage_since,
            candidate.version,
        )
    ]


def by_urgency(needs: Sequence[WaitingTask]) -> list[WaitingTask]:
    """All lines' needs in one list, the most urgent first, and of one kind the oldest."""
    order = list(NeedKind)
    return sorted(
        needs,
        key=lambda n: (
            order.index(n.kind),
            n.since.timestamp() if n.since else float("inf"),
            n.line,
        ),
    )


def standing_in_words(facts: LineFacts) -> str:
    """Where a line stands, in a few words."""
    state = facts.state
    if facts.unplanned:
        return "not in use"
    if state is None:
        return "its ledger was not read"
    leads = f"version {state.champion} serves" if state.champion else "the rules serve"
    if state.candidate is None:
        return f"{leads}, no candidate"
    where = label(state.candidate.stage)
    return f"{leads}, version {state.candidate.version} in {where}"

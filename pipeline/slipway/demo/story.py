"""What a demo plays: a line, its past, its candidates and what happens to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.demo.demo_candidates import DemoCandidate
from slipway.demo.display import Step
from slipway.demo.event_time import LOOK_AGAIN
from slipway.demo.opening import Opening

if TYPE_CHECKING:
    from slipway.demo.acts import Demo


@dataclass(frozen=True, slots=True)
class Story:
    """A demo that can begin: its folder is empty, and its world was made.

    ``data`` is the folder of real data that the past is made of; ``asked`` is what visitors ask for, in a
    word. A shadow that decides is first looked at
    after ``proves``. ``uses`` are the lines of its stack, the usual ones where none are named, and ``budget_ms`` is how long its
    models may take to score. After the hours of a canary
    stage its first look waits for ``settles``; the next ones follow ``again`` later.
    """

    line: str
    policy_file: Path
    past: Opening
    candidates: Mapping[str, DemoCandidate]
    steps: Sequence[Step]
    play: "Callable[[Demo], None]"
    title: str
    data: Path | None = None
    asked: str = "lists"
    uses: tuple[str, ...] | None = None
    budget_ms: float = 50.0
    again: timedelta = LOOK_AGAIN
    proves: timedelta = timedelta(0)
    settles: timedelta = timedelta(0)

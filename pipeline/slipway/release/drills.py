"""Rollback drills of a line: what was rehearsed, by whom, how long it took; and whether one is due.

``drills/<line>/<time>.json`` in the stack's folder holds one drill each. They are written once and never
changed; one that cannot be read is as good as none. The files prove nothing against who may write there: a
drill is for the team's own hand, and evidence of nothing else.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from slipway.domain.errors import BadInput
from slipway.domain.in_words import counted

FOLDER = "drills"


@dataclass(frozen=True, slots=True)
class DrillWay:
    """One way that a return takes, as the drill found it.

    ``seconds`` are wall seconds until it had answered, None where it did not; ``trouble`` says why.
    ``rehearsed`` says what was done, since not every way is gone to its end.
    """

    name: str
    rehearsed: str
    seconds: float | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """One rehearsal of a rollback; ``at`` is event time (UTC), ``seconds`` wall time until all had answered.

    ``version`` is the one that would be off, ``leads`` who would then answer. ``passed`` only where every way
    answered within ``within_s`` wall seconds, every worker would have switched, and the live state was the same
    before and after.
    """

    line: str
    at: datetime
    actor: str
    version: str
    leads: str
    epoch: int
    seconds: float
    within_s: float
    workers: int
    passed: bool
    ways: tuple[DrillWay, ...]
    troubles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or not isinstance(self.passed, bool):
            raise TypeError("a time without its zone, or no word on whether it passed")

    @property
    def words(self) -> str:
        """The drill in one sentence."""
        what = f"rehearsal of taking version {self.version} off, by {self.actor}"
        if not self.passed:
            return f"{what}: FAILED: {'; '.join(self.troubles)}"
        workers = counted(self.workers, "worker")
        return f"{what}: {workers} would answer by {self.leads} after {self.seconds:.2f} s"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; raises BadInput for anything else."""
        try:
            found = cls(
                **{
                    **raw,
                    "at": datetime.fromisoformat(raw["at"]),
                    "ways": tuple(DrillWay(**way) for way in raw["ways"]),
                    "troubles": tuple(raw["troubles"]),
                }
            )
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise BadInput(
                "drill",
                found=str(error),
                expected="a drill as slipway writes it",
                next_step="say `slipway drill` again",
            ) from error
        return found


def last_drill(drills: Sequence[Drill]) -> Drill | None:
    """The newest drill that passed; None where none ever did."""
    passed = [drill for drill in drills if drill.passed]
    return max(passed, key=lambda drill: drill.at, default=None)


def due(last: Drill | None, max_age_days: float, now: datetime) -> str:
    """Why a drill is asked for before a promotion; "" where it is not.

    ``max_age_days`` is the policy's ``drill_max_age_days``; 0 asks for none.
    """
    if not max_age_days:
        return ""
    wanted = f"the policy asks for a rollback drill of the last {max_age_days:g} days"
    if last is None:
        return f"{wanted}, and none has passed yet: slipway drill"
    age = now - last.at
    if age <= timedelta(days=max_age_days):
        return ""
    return f"{wanted}, and the last one that passed is {age / timedelta(days=1):.1f} days old: slipway drill"


def path_of(home: Path, drill: Drill) -> Path:
    """The file of a drill."""
    return home / FOLDER / drill.line / f"{drill.at:%Y%m%dT%H%M%S.%f}.json"

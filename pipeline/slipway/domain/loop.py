"""What was seen of the loop between a model and its own clicks, week by week."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from slipway.domain.errors import NotComputable
from slipway.stats.concentration import Concentration
from slipway.stats.shadow_gap import Gap

NEVER_FED = ("rules", "explore")
"""Arms that no click of the model's lists teaches."""


@dataclass(frozen=True, slots=True)
class LoopWeek:
    """One week: the shadow gap (None where it is not known yet) and the concentration of each arm.

    ``version`` is the champion of the week's last day, ``floor`` the noise of one week's concentration, by measure.
    """

    week: str
    version: str
    gap: Gap | None
    arms: Mapping[str, Concentration]
    floor: Concentration

    def beside(self, measure: str) -> float | None:
        """The model's concentration beyond the mean of the arms that it never feeds; None without one of them."""
        others = [getattr(self.arms[arm], measure) for arm in NEVER_FED if arm in self.arms]
        if "champion" not in self.arms or not others:
            return None
        return float(getattr(self.arms["champion"], measure) - sum(others) / len(others))


@dataclass(frozen=True, slots=True)
class LoopMeasurements:
    """The weeks of a line, the oldest first. Raises NotComputable for a number that is not finite."""

    line: str
    weeks: tuple[LoopWeek, ...] = field(default=())

    def __post_init__(self) -> None:
        for week in self.weeks:
            for part in (week.gap or (), week.floor, *week.arms.values()):
                for number in part:
                    if not math.isfinite(number):
                        raise NotComputable(
                            f"loop of {self.line}, week {week.week}",
                            found=number,
                            expected="a finite number",
                            next_step="repair the week's sums; no verdict was given",
                        )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return {"line": self.line, "weeks": [_plain(week) for week in self.weeks]}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        return cls(raw["line"], tuple(map(_read, raw["weeks"])))


def _plain(week: LoopWeek) -> dict[str, Any]:
    return asdict(week) | {
        "gap": week.gap._asdict() if week.gap else None,
        "arms": {arm: found._asdict() for arm, found in week.arms.items()},
        "floor": week.floor._asdict(),
    }


def _read(raw: Mapping[str, Any]) -> LoopWeek:
    return LoopWeek(
        raw["week"],
        raw["version"],
        Gap(**raw["gap"]) if raw["gap"] else None,
        {arm: Concentration(**found) for arm, found in raw["arms"].items()},
        Concentration(**raw["floor"]),
    )

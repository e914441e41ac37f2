"""What the champion's own answers say of its columns and of the groups of people that they name."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self


class ColumnWorth(NamedTuple):
    """How much the loss rises when a column is shuffled among the rows: relative, with its one-sided bound."""

    column: str
    rise: float
    lower: float


class GroupLevel(NamedTuple):
    """How far the mean answer to a group of people lies from what came: off, and both one-sided bounds.

    In the unit of the check. Rows of a user are taken together.
    """

    column: str
    word: str
    off: float
    lower: float
    upper: float
    rows: int


@dataclass(frozen=True, slots=True)
class ChampionCheck:
    """The champion ``version`` on ``rows`` held-out rows of the table ``snapshot``.

    ``groups`` are those of ``people``, the columns that the line declares as a user's own; ``margin`` is the
    most that a group may be off, in ``unit``. ``slices`` are the same by the line's segments.
    """

    version: str
    snapshot: str
    rows: int
    worths: tuple[ColumnWorth, ...]
    people: tuple[str, ...]
    groups: tuple[GroupLevel, ...]
    margin: float
    unit: str
    slices: tuple[GroupLevel, ...] = ()

    def wrong(self, groups: Iterable[GroupLevel]) -> tuple[str, ...]:
        """Those that are proven to be off by more than the margin, in words."""
        return tuple(
            f"{each.column} {each.word} ({each.off:+.3g})"
            for each in groups
            if max(each.lower, -each.upper) > self.margin
        )

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; raises KeyError and TypeError."""
        rest = {
            **raw,
            "worths": tuple(ColumnWorth(*each) for each in raw["worths"]),
            "people": tuple(raw["people"]),
            "groups": tuple(GroupLevel(*each) for each in raw["groups"]),
            "slices": tuple(GroupLevel(*each) for each in raw.get("slices", ())),
        }
        return cls(**rest)

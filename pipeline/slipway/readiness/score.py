"""The score: half a point for what was confirmed by hand, one for what a check proves; the least section counts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from slipway.domain.errors import BadInput, NotComputable
from slipway.readiness.facts import ReadinessFacts
from slipway.readiness.rubric import ITEMS, RubricItem, Section

AUTOMATIC, BY_HAND, NOT_SHOWN = 1.0, 0.5, 0.0
"""The paper's points for an item: a check that runs by itself, a person's own test, neither."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's word that an item holds: who, when (UTC) and what they looked at."""

    by: str
    at: datetime
    reason: str

    @property
    def words(self) -> str:
        """As it stands in the score."""
        return f"by hand, last confirmed by {self.by} on {self.at:%Y-%m-%d}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return {"by": self.by, "at": self.at.isoformat(), "reason": self.reason}

    @classmethod
    def from_dict(cls, raw: Mapping[str, str]) -> Self:
        """Read what :meth:`to_dict` wrote; raises KeyError, TypeError and ValueError."""
        return cls(str(raw["by"]), datetime.fromisoformat(raw["at"]), str(raw["reason"]))


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One item's points, and the evidence for them."""

    id: str
    section: Section
    words: str
    points: float
    evidence: str


@dataclass(frozen=True, slots=True)
class ReadinessScore:
    """The 28 items of a line at one time."""

    line: str
    at: datetime
    items: tuple[ItemScore, ...]

    @property
    def sections(self) -> dict[str, float]:
        """Points of each section, of 7."""
        return {
            section.value: sum(item.points for item in self.items if item.section is section)
            for section in Section
        }

    @property
    def final(self) -> float:
        """The least section's points, as the paper says: a chain is as strong as its weakest link."""
        return min(self.sections.values())

    @property
    def words(self) -> str:
        """The score, its weakest section, and the items of it that nothing shows."""
        sections = self.sections
        weakest = min(sections, key=lambda name: sections[name])
        missing = [i.words for i in self.items if i.section == weakest and i.points == NOT_SHOWN]
        gaps = f"; not shown: {'; '.join(missing)}" if missing else ""
        return f"{self.final:g} of 7 (ML Test Score), the least section is {weakest}{gaps}"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "line": self.line,
            "at": self.at.isoformat(),
            "final": self.final,
            "sections": self.sections,
            "items": [asdict(item) | {"section": item.section.value} for item in self.items],
        }


def score(facts: ReadinessFacts, confirmed: Mapping[str, Confirmation]) -> ReadinessScore:
    """Every item from its check, else from what a person confirmed; what neither shows counts 0."""
    return ReadinessScore(
        facts.line,
        facts.now,
        tuple(_of_item(item, facts, confirmed.get(item.id)) for item in ITEMS),
    )


def _of_item(
    item: RubricItem, facts: ReadinessFacts, confirmation: Confirmation | None
) -> ItemScore:
    why = f"no check can know it: slipway readiness {facts.line} --confirm {item.id} --reason …"
    if item.check is not None:
        try:
            return ItemScore(item.id, item.section, item.words, AUTOMATIC, item.check(facts))
        except NotComputable as error:
            why = str(error.found)
    if confirmation is not None:
        said = (
            confirmation.words if item.check is None else f"{confirmation.words}; the check: {why}"
        )
        return ItemScore(item.id, item.section, item.words, BY_HAND, said)
    return ItemScore(item.id, item.section, item.words, NOT_SHOWN, f"not shown: {why}")


def check_item(name: str) -> str:
    """The id of an item; raises BadInput for none."""
    known = [item.id for item in ITEMS]
    if name not in known:
        raise BadInput(
            "item", found=name, expected=f"one of {', '.join(known)}", next_step="name one of them"
        )
    return name

"""One list drafted of two rankings: what the log keeps of it, and what a look sums over many."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from slipway.domain.accumulated_evidence import finite
from slipway.domain.blocks import whole
from slipway.domain.paired_shadow import NOTHING
from slipway.stats.paired_loss import PairedLosses


class DraftState(StrEnum):
    """What became of a request whose list was to be drafted; in all but the first the control's list is shown."""

    DRAFTED = "drafted"
    EQUAL = "equal"  # both models' lists are the same
    FAILED = "candidate failed"  # it erred or was late
    UNFIT = "not interleaved"  # the control erred, one item was asked for, or too many drafts are possible


@dataclass(frozen=True, slots=True)
class DraftedList:
    """Of each shown item from the top: whether the candidate picked it, and what a click counts for both.

    Nothing of items where no list was drafted.
    """

    state: DraftState
    by_candidate: tuple[bool, ...] = ()
    control: tuple[float, ...] = ()
    candidate: tuple[float, ...] = ()

    def to_text(self) -> str:
        """As the log keeps it: JSON; :meth:`from_text` reads it back."""
        return json.dumps(asdict(self))

    def of(self, items: int) -> Self:
        """Itself, as that of a list of ``items``; raises ValueError where it says something of others."""
        if self.state is DraftState.DRAFTED and len(self.control) != items:
            raise ValueError(f"{len(self.control)} credits for {items} items")
        return self

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what :meth:`to_text` wrote; raises ValueError, KeyError or TypeError for anything else."""
        raw = json.loads(text)
        parts = {name: tuple(raw[name]) for name in ("by_candidate", "control", "candidate")}
        if len({len(part) for part in parts.values()}) != 1:
            raise ValueError(f"lists of {[len(part) for part in parts.values()]} items")
        wrong = [x for name in ("control", "candidate") for x in parts[name] if not _counts(x)]
        if wrong:
            raise ValueError(f"a click counts {wrong[0]!r}, no finite number from 0")
        picked = parts["by_candidate"]
        if len(picked) > 1 and len(set(picked)) == 1:
            raise ValueError(f"no item is the {'control' if picked[0] else 'candidate'}'s")
        return cls(DraftState(raw["state"]), **parts)


def _counts(credit: object) -> bool:
    """Whether a click can count so much."""
    if isinstance(credit, bool) or not isinstance(credit, int | float):
        return False
    return math.isfinite(credit) and credit >= 0


@dataclass(frozen=True, slots=True)
class Interleaved:
    """What users clicked of lists that were drafted of both models', as far as their outcomes are mature.

    ``control`` is whose lists they were beside the candidate's ("rules" where there is no champion).
    ``lists`` count in ``losses``, ``equal`` of them were the same of both models; in ``failed`` the
    candidate erred or was late, ``unfit`` were not interleaved for another reason, and ``beyond`` were
    beyond their user's cap of a day, or nobody's. ``hours`` are those with a share of the usual lists.
    ``unread`` lists stand in the log otherwise than the router writes them, ``misread`` is one of them:
    with any nothing is proven in the candidate's favour.
    Raises NotComputable for a number that is not finite.
    """

    line: str
    version: str
    control: str
    outcome: str
    hours: int = 0
    lists: int = 0
    equal: int = 0
    failed: int = 0
    unfit: int = 0
    beyond: int = 0
    losses: PairedLosses = NOTHING
    unread: int = 0
    misread: str = ""

    def __post_init__(self) -> None:
        counts = (
            self.hours,
            self.lists,
            self.equal,
            self.failed,
            self.unfit,
            self.beyond,
            self.unread,
        )
        found = self.losses
        clusters = (found.rows, found.users.clusters, found.days.clusters)
        whole("interleaved.counts", (*counts, *clusters), (10,))
        finite("interleaved.losses", (found.difference, found.control))
        finite("interleaved.users", (*found.users, *found.days))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        return cls(**{**raw, "losses": PairedLosses.of(raw["losses"])})

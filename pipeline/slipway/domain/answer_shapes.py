"""How a line answers: a list of items, or one answer; and what the answer itself decides."""

from dataclasses import dataclass
from functools import cached_property

from slipway.domain.columns import Column, DType
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig
from slipway.stats.ways_to_explore import Exploration

_PROPENSITY = Column.decided(
    "propensity",
    "probability of this item at this place under the ranking policy",
    lower=0,
    upper=1,
)
_ARM = Column.decided("arm", "who ranked", DType.CATEGORY)


@dataclass(frozen=True)
class Listed:
    """A list of the ``length`` best of the offered items.

    ``category_of`` is the column that says what sort of thing an item is, ``group_of`` one that
    says what sort of user asks: lists are compared by both. ``exploration`` is how the explore arm's
    lists are made (see :mod:`slipway.stats.exploration`); the policy says for how many users.
    """

    length: int = 10
    category_of: str = ""
    group_of: str = ""
    exploration: Exploration = Exploration.SHUFFLED

    def __post_init__(self) -> None:
        settle_types(self, "exposure")
        if self.length < 1:
            raise BadConfig("exposure.length", found=self.length, expected="at least 1 (items)",
                            next_step="say how many items are shown")  # fmt: skip

    @property
    def slot_only(self) -> bool:
        """Whether of the explore arm's items one alone stands at a place that says nothing of it."""
        return self.exploration is Exploration.SLOT_AND_SWAPS

    @cached_property
    def decisions(self) -> tuple[Column, ...]:
        """The columns that the ranking sets."""
        position = Column.decided(
            "position", "place in the list, 1 is the top: may only debias", lower=1
        )
        return (position, _ARM, _PROPENSITY)


@dataclass(frozen=True)
class Single:
    """One answer for each request; ``group_of`` as in a list."""

    group_of: str = ""
    length: int = 1
    category_of: str = ""
    slot_only = False

    @cached_property
    def decisions(self) -> tuple[Column, ...]:
        """The columns that the answer sets."""
        return (_ARM, _PROPENSITY)

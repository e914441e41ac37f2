"""What is logged of a line: what was shown, as served, and what came of it.

The one place that names these fields: the log's columns and the journal's lines follow from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

Int16 = Annotated[int, "of 16 bits"]
Int32 = Annotated[int, "of 32 bits"]

ARRIVED_AT = "arrived_at"
"""Set by the log as an event reaches it: only this time decides what was known when."""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One item of an answer; ``position`` 1 is the top, and every answer has one.

    ``propensity`` is the probability that it stands there, ``score`` that it is clicked. ``model_position``
    is where the model that answered would have it among all that was offered, ``shadow_position`` where
    the shadow would; 0 is below the list, None not known.
    """

    item: str
    position: Int16
    propensity: float
    score: float
    model_position: Int16 | None = None
    shadow_position: Int16 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One answer, as served.

    ``arm`` was assigned, ``version`` really answered, ``stage`` is the candidate's in force ("" if
    there is none), ``latency_ms`` that of the whole answer; ``fallback``: the assigned arm erred or
    was late. ``shadow_score`` is what the candidate would have answered, where the answer is one.
    Each list has one value for each shown item, from the top, and ``features`` one row.
    ``values`` are the columns that are no numbers: one value for all items, or a list. ``items_offered`` is
    how many items the list was chosen from. ``drafted`` says of an interleaved list who picked which item and
    what a click on it counts (:class:`slipway.domain.interleaved.DraftedList`).
    """

    request_id: str
    user: str
    requested_at: datetime
    arm: str
    version: str
    stage: str
    epoch: Int32
    latency_ms: float
    fallback: bool
    shadow_version: str | None = None
    shadow_latency_ms: float | None = None
    shadow_ok: bool | None = None
    shadow_score: float | None = None
    features_as_of: datetime
    items_offered: Int32 | None = None
    drafted: str | None = None
    items: Sequence[str]
    positions: Sequence[int]
    propensities: Sequence[float]
    scores: npt.NDArray[np.float64]
    model_positions: Sequence[int] | None = None
    shadow_positions: Sequence[int] | None = None
    features: npt.NDArray[np.float64]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutcomeEvent:
    """What came of a shown item; joined by request and item.

    ``delivery_id`` is the sender's own for it, the same each time it is sent: it counts once.
    """

    request_id: str
    item: str
    kind: str
    value: float
    happened_at: datetime
    delivery_id: str | None = None


OF_ITEMS = dict(
    zip(
        (
            "items",
            "positions",
            "propensities",
            "scores",
            "model_positions",
            "shadow_positions",
        ),
        (one.name for one in fields(ShownItem)),
        strict=True,
    )
)
"""The lists of an exposure, and the field of a shown item that each of them holds."""

NEWER_COLUMNS = ("items_offered", "drafted", "model_position", "shadow_position")
"""Columns that parts may be without: null there."""

NEWER_LISTS = ("model_positions", "shadow_positions")
"""Lists that an exposure may be without: older versions wrote none."""

LISTS = (*(name for name in OF_ITEMS if name not in NEWER_LISTS), "features")
"""Lists that every exposure has."""

VALUES = "values"
"""The field of an exposure for columns that are no numbers; without it there are none."""


def record_of(event: Exposure | OutcomeEvent) -> dict[str, Any]:
    """The fields of an event by name, as the log takes them."""
    return {name: getattr(event, name) for name in event.__slots__}

"""Both models' losses on the same requests: the shadow of a line whose outcome is exogenous."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from slipway.domain.accumulated_evidence import finite
from slipway.domain.blocks import whole
from slipway.stats.paired_loss import Moments, PairedLosses

NOTHING = PairedLosses(0, 0.0, 0.0, Moments(0, 0, 0, 0), Moments(0, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class PairedShadow:
    """What requests that both models answered say of them, as far as their outcomes are mature.

    ``control`` is the version that answered the users ("rules" where there is no champion),
    ``hours`` those with at least one such request. ``excluded`` requests had an answer of one model
    alone, or no outcome: they are in no sum. Raises NotComputable for a number that is not finite.
    """

    line: str
    version: str
    control: str
    outcome: str
    loss_name: str
    hours: int = 0
    excluded: int = 0
    losses: PairedLosses = NOTHING

    def __post_init__(self) -> None:
        users, days = self.losses.users, self.losses.days
        whole(
            "paired.rows",
            (self.losses.rows, users.clusters, days.clusters, self.hours, self.excluded),
            (5,),
        )
        finite("paired.losses", (self.losses.difference, self.losses.control))
        finite("paired.users", users)
        finite("paired.days", days)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        rows, difference, control, users, days = raw["losses"]
        losses = PairedLosses(rows, difference, control, Moments(*users), Moments(*days))
        return cls(**{**raw, "losses": losses})

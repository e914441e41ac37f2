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
    ``hours`` and ``days_seen`` those with a share of the usual requests. ``excluded`` requests had an
    answer of one model alone, or no outcome, ``beyond`` were beyond their user's cap of a day or had no
    user: they are in no sum. Raises NotComputable for a number that is not finite.
    """

    line: str
    version: str
    control: str
    outcome: str
    loss_name: str
    hours: int = 0
    excluded: int = 0
    losses: PairedLosses = NOTHING
    beyond: int = 0
    days_seen: int | None = None

    def __post_init__(self) -> None:
        users, days = self.losses.users, self.losses.days
        whole(
            "paired.rows",
            (
                self.losses.rows,
                users.clusters,
                days.clusters,
                self.hours,
                self.excluded,
                self.beyond,
                self.days,
            ),
            (7,),
        )
        finite("paired.losses", (self.losses.difference, self.losses.control))
        finite("paired.users", users)
        finite("paired.days", days)

    @property
    def days(self) -> int:
        """Days that were seen, each with requests of both models; older looks do not tell them apart."""
        every = self.losses.days.clusters
        return every if self.days_seen is None else min(every, self.days_seen)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        return cls(**{**raw, "losses": PairedLosses.of(raw["losses"])})

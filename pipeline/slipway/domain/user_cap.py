"""How much one user may add to a release: the knobs of every policy, and the caps that follow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from slipway.domain.config import knob


@dataclass(frozen=True, slots=True)
class UserCap:
    """No user decides: of each user's day, in every arm, so much counts and the rest is shown.

    On a day a user's requests count until its impressions, clicks or errors have reached their cap:
    ``user_cap_ratio`` times what all but the heaviest of the control's own users had, of the day before
    or of this day so far, whichever is more. Who always clicks is stopped by its clicks, a crawler
    that never does by its impressions. Whether a request counts follows from those before it, so the
    rates of both arms stay what they are. Of a declared mean's amounts a user's day counts up
    to ``amount_cap_ratio`` times what was usual in the same way.
    """

    user_cap_quantile: float = knob(
        0.99,
        unit="fraction of the control's users",
        about="whose day is usual; a day of fewer than 1 / (1 - it) users caps nobody",
        above=0.5,
        below=1,
    )
    user_cap_ratio: float = knob(
        1.0,
        unit="ratio",
        about="1.5: half as much again as is usual counts",
        at_least=1,
        at_most=100,
    )
    user_cap_least: int = knob(
        3,
        unit="impressions, clicks or errors a day",
        about="so many always count, however rare they are",
        at_least=1,
        at_most=1_000_000,
    )
    amount_cap_ratio: float = knob(
        2.0,
        unit="ratio",
        about="2: a user's day counts for twice the usual amount of a mean at most",
        at_least=1,
        at_most=1_000_000,
    )
    heaviest_user: float = knob(
        0.33,
        unit="fraction of an arm's impressions",
        about="of one user, or of none: above it nothing is concluded from the arm",
        above=0,
        below=1,
    )

    @property
    def caps_declared(self) -> tuple[float, float, int]:
        """What hourly sums depend on: declared otherwise, they are made again."""
        return self.user_cap_quantile, self.user_cap_ratio, self.user_cap_least

    def cap(self, *usual: Sequence[float] | None) -> tuple[float, ...] | None:
        """The caps that follow from what was usual, of each count; None where nothing is known.

        >>> UserCap().cap((18.0, 3.0), None, (20.0, 1.0))
        (20.0, 3.0)
        """
        known = [day for day in usual if day is not None]
        if not known:
            return None
        return tuple(
            max(float(self.user_cap_least), float(math.ceil(self.user_cap_ratio * max(each))))
            for each in zip(*known, strict=True)
        )

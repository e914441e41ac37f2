"""How a policy divides the users of a line: what hold-outs and hold-back leave to champion and candidate."""

from typing import Protocol

from slipway.domain.errors import BadConfig

HALF = 0.5
"""Of the users at least half are left to champion and candidate."""


class Shares(Protocol):
    """The shares that a policy declares, fractions of all users, and for how long it watches."""

    @property
    def watch_days(self) -> float:
        """For how long a new champion is watched."""

    @property
    def no_previous_because(self) -> str:
        """Why nobody is held back, where the policy says so."""

    @property
    def rules_share(self) -> float:
        """The permanent hold-out of the rules."""

    @property
    def explore_share(self) -> float:
        """The permanent hold-out of exploration."""

    @property
    def previous_share(self) -> float:
        """The hold-back of the previous champion while a new one is watched."""

    @property
    def no_hold_back(self) -> str:
        """Why there is none; nothing where there is one."""


def why_nobody(policy: Shares) -> str:
    """Why a policy holds nobody back; nothing where it does."""
    if not policy.watch_days:
        return "nothing is watched"
    return "" if policy.previous_share else policy.no_previous_because


def check_shares(policy: Shares) -> None:
    """Raise BadConfig for hold-outs above half of the users, and for a hold-back that does not fit beside them."""
    held_out = policy.rules_share + policy.explore_share
    if held_out >= HALF:
        raise BadConfig(
            "policy.rules_share + explore_share",
            found=held_out,
            expected=f"below {HALF}",
            next_step="lower one of the hold-outs",
        )
    if not policy.previous_share and not policy.no_hold_back:
        raise BadConfig(
            "policy.previous_share",
            found=0,
            expected="above 0, or a reason in policy.no_previous_because",
            next_step="hold users back for the watch, or say why a slow loss may stay unseen",
        )
    if held_out + policy.previous_share >= HALF and not policy.no_hold_back:
        raise BadConfig(
            "policy.previous_share",
            found=policy.previous_share,
            expected=f"below {HALF - held_out:.4g}, what the hold-outs of {held_out:.4g} leave of half "
            "the users",
            next_step="lower previous_share, rules_share or explore_share",
        )

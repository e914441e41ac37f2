"""Who answers a user: a pure salted hash, so that a user stays where they are.

Two independent hashes of the user decide. The first one is permanent for a line: it sets the
hold-outs of the rules and of exploration apart, whatever is being released. The second one is
salted with the candidate's version: it orders the remaining users, and a share takes the first of
them, so that growing a share only adds users and the next candidate meets other users first.

``share`` is the fraction of the users outside the hold-outs, hence the expected ratio of candidate
to champion is ``share : 1 - share``.
"""

import hashlib

from slipway.domain.policy import Policy
from slipway.domain.release import Arm

SALT = "slipway"
"""Changing it reshuffles every user of every line."""

_SCALE = 2.0**-64


def unit(*words: str) -> float:
    """A number in [0, 1) that depends on all ``words`` and their borders, uniform over users.

    >>> unit("feed", "holdout", "ann") == unit("feed", "holdout", "ann")
    True
    >>> unit("a", "bc") == unit("ab", "c")
    False
    """
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") * _SCALE


def assign(  # noqa: PLR0917 - the order of the sentence
    user: str, line: str, salt: str, policy: Policy, candidate_version: str | None, share: float
) -> Arm:
    """The arm of ``user`` on ``line`` while ``candidate_version`` has ``share`` of the users."""
    held_out = unit(salt, line, "hold-out", user)
    if held_out < policy.rules_share:
        return Arm.RULES
    if held_out < policy.rules_share + policy.explore_share:
        return Arm.EXPLORE
    if candidate_version is None or share <= 0:
        return Arm.CHAMPION
    place = unit(salt, line, "candidate", candidate_version, user)
    return Arm.CANDIDATE if place < share else Arm.CHAMPION

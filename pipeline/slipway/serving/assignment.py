"""Who answers a user: a pure salted hash, so that a user stays where they are.

Two independent hashes of the user decide. The first one is permanent for a line: it sets the
hold-outs of the rules and of exploration apart, whatever is being released. The second one is
salted with the candidate's version: it orders the remaining users, and a share takes the first of
them, so that growing a share only adds users and the next candidate meets other users first.

A hold-back (the champion before, beside a new champion) has those whom the new one would have reached
last: they were never answered by it, and at its promotion they alone do not move. They are set apart
before anybody meets the next candidate.

``share`` is the fraction of the users outside hold-outs and hold-back, hence the expected ratio of
candidate to champion is ``share : 1 - share``; ``previous_share`` is a fraction of all users.
"""

import hashlib

from slipway.domain.line import Line
from slipway.domain.policy import Policy
from slipway.domain.release import Arm
from slipway.domain.stage import Stage
from slipway.registry.state import ReleaseState

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


def arm_of(user: str, line: Line, release: ReleaseState) -> Arm:
    """Who answers ``user`` on ``line`` as the registry shows its release."""
    return assign(
        user,
        line.name,
        SALT,
        line.policy,
        release.candidate,
        release.share,
        champion_version=release.champion,
        previous_share=release.previous_share,
        interleaved=release.stage == Stage.INTERLEAVED,
    )


def coins_of(user: str, line: str, version: str, tosses: int) -> tuple[bool, ...]:
    """Who picks first in each round of ``user``'s lists of candidate ``version``: always the same coins.

    >>> coins_of("ann", "feed", "2", 5) == coins_of("ann", "feed", "2", 9)[:5]
    True
    """
    words = f"{SALT}\x1f{line}\x1fdraft\x1f{version}\x1f{user}".encode("utf-8", "surrogatepass")
    bits = int.from_bytes(hashlib.shake_128(words).digest(tosses // 8 + 1), "little")
    return tuple(bool(bits >> place & 1) for place in range(tosses))


def assign(
    user: str,
    line: str,
    salt: str,
    policy: Policy,
    candidate_version: str | None,
    share: float,
    *,
    champion_version: str | None = None,
    previous_share: float = 0.0,
    interleaved: bool = False,
) -> Arm:
    """The arm of ``user`` on ``line`` while ``candidate_version`` has ``share`` of the users.

    Beside the champion ``champion_version`` the one before it has ``previous_share`` of all users.
    Where lists are ``interleaved``, the candidate's users see lists of both.
    """
    held_out = unit(salt, line, "hold-out", user)
    if held_out < policy.rules_share:
        return Arm.RULES
    if held_out < policy.rules_share + policy.explore_share:
        return Arm.EXPLORE
    if champion_version is not None and previous_share > 0:
        rest = 1 - policy.rules_share - policy.explore_share
        if unit(salt, line, "candidate", champion_version, user) >= 1 - previous_share / rest:
            return Arm.PREVIOUS
    if candidate_version is None or share <= 0:
        return Arm.CHAMPION
    place = unit(salt, line, "candidate", candidate_version, user)
    mine = Arm.INTERLEAVED if interleaved else Arm.CANDIDATE
    return mine if place < share else Arm.CHAMPION

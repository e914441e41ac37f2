"""An overseer stops a version that answers users: at once, by the registry alone, with a reason. Pure.

It only takes away. The order is kept for the ledger, which holds it after the next look; routers follow
the registry's state before that.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from slipway.domain.people import has_words
from slipway.registry.facts import VersionFacts
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused, forbidden, malformed, too_late
from slipway.registry.state import ReleaseState
from slipway.release.orders import ReturnOrder

LONGEST_REASON = 500


class StopOrder(NamedTuple):
    """All orders that the ledger is still to be given, and what is shown without the version."""

    orders: tuple[ReturnOrder, ...]
    release: ReleaseState


def may_not_stop(caller: Caller, facts: VersionFacts, shown: ReleaseState | None) -> Refused | None:
    """Why this person may not stop this version now; None where a word would be taken."""
    if caller.role not in (Role.OVERSEER, Role.REVIEWER):
        return forbidden(
            f"stop of {facts.name}",
            found=caller.user,
            expected="an overseer or a reviewer",
            next_step="the file of SLIPWAY_PEOPLE says who is an overseer; engineers say `slipway rollback`",
        )
    if shown is None or facts.version not in shown.versions:
        return too_late(
            f"stop of {facts.name}",
            found="no user is answered by it",
            expected="a champion, a candidate on its way or a hold-back",
            next_step="nothing is to be stopped",
        )
    return None


def stopped(
    caller: Caller,
    facts: VersionFacts,
    shown: ReleaseState | None,
    waiting: Iterable[ReturnOrder],
    *,
    reason: str,
    now: datetime,
) -> StopOrder:
    """What the registry holds afterwards; raises Refused.

    ``shown`` is the release state in force, ``waiting`` are the orders that the ledger does not have.
    """
    refusal = may_not_stop(caller, facts, shown)
    if refusal is not None or shown is None:
        assert refusal is not None
        raise refusal
    said = " ".join(reason.split())
    if not has_words(said) or len(said) > LONGEST_REASON:
        raise malformed(
            f"reason to stop {facts.name}",
            found=said[:80],
            expected=f"a sentence of at most {LONGEST_REASON} characters",
            next_step="say why: it stands in the ledger",
        )
    order = ReturnOrder(
        facts.model,
        facts.version,
        shown.epoch + 1,
        now,
        caller.user,
        f"stopped: {said}",
        champion=facts.version == shown.champion,
    )
    kept = [each for each in waiting if each.version != facts.version]
    return StopOrder((*kept, order), shown.without({facts.version}))

"""Which version an alias may name: aliases show the ledger, and rules are nothing that was fitted."""

from collections.abc import Callable

from slipway.artifact.manifest import Manifest
from slipway.registry.facts import VersionFacts
from slipway.registry.names import ATTESTATION, CANDIDATE, CHAMPION, RULES, is_rules
from slipway.registry.server.caller import Caller
from slipway.registry.server.permissions import (
    Verify,
    check_approved,
    check_may_serve,
    check_service,
)
from slipway.registry.server.refusals import forbidden, malformed
from slipway.registry.state import ReleaseState

ReadManifest = Callable[[VersionFacts], Manifest]
"""What kind of ranker a version's own files are; raises Refused where they are not the registered."""


def check_alias(
    caller: Caller,
    facts: VersionFacts,
    alias: str,
    verify: Verify,
    manifest: ReadManifest,
    *,
    shown: ReleaseState | None = None,
) -> None:
    """Aliases show the ledger: a champion is approved, a backfill is nothing at all.

    An alias that repeats the release state ``shown`` gives nobody traffic: it was checked with that.
    """
    check_service(caller, f"set aliases of {facts.model}")
    allowed = (RULES,) if is_rules(facts.model) else (CHAMPION, CANDIDATE)
    if alias not in allowed:
        raise malformed(
            f"alias of {facts.name}",
            found=alias,
            expected=f"one of {', '.join(allowed)}",
            next_step="use a tag for anything else",
        )
    if shown is not None and getattr(shown, alias) == facts.version and not is_rules(facts.model):
        return
    if alias == CHAMPION:
        check_approved(facts, verify)
    elif alias == CANDIDATE:
        check_may_serve(facts, verify)
    else:
        check_rules(facts, verify, manifest)


def check_rules(facts: VersionFacts, verify: Verify, manifest: ReadManifest) -> None:
    """What stands as rules is hand-written, or approved: nothing that was fitted goes unreviewed.

    Rules answer whenever no model may. Only the code of the line's own module is in them: no trees,
    and no ranking offsets either, which can be fitted as well.
    """
    if ATTESTATION in facts.tags:
        check_approved(facts, verify)
        return
    found = manifest(facts)
    if found.kind != RULES or found.category_boost:
        raise forbidden(
            f"kind of {facts.name}",
            found=f"{found.kind} with ranking offsets" if found.category_boost else found.kind,
            expected="rules: hand-written code of the line, with nothing fitted",
            next_step="offer a fitted model as a version of the line, where it is reviewed",
        )

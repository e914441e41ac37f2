"""What stands beside the numbers: promise, rules, staleness, exposure, the way back, what was refused."""

from collections.abc import Iterator

from slipway.domain.in_words import counted
from slipway.domain.release import Transition
from slipway.domain.stage import BAD_ENDINGS, Stage, label
from slipway.domain.verdict import Conclusion, panel_conclusion
from slipway.reports.page import Row, Table
from slipway.reports.review.brief import LIVE, Brief, Findings
from slipway.reports.review.words import outcome, percent, plainly

MOST_REFUSED = 5
NO_PROMISE = (
    "none: no effect on live users was measured beside a champion, so nothing can be kept or broken"
)


def promises(brief: Brief, found: Findings) -> dict[str, str]:
    """Promise, rules, staleness and readiness, each said to be not known where it is."""
    return {
        "Promise": _promise(brief, found),
        "Earlier promises": brief.promises or "not known",
        "Hand-written rules": found.rules or "not measured beside it",
        "Staleness": _staleness(brief),
        **({"The champion's loop": brief.loop} if brief.loop else {}),
        "Readiness of the line": brief.readiness or "not known",
    }


def _promise(brief: Brief, found: Findings) -> str:
    """What the watch will hold this release to, if it is approved."""
    name = outcome(brief.line)
    seen = next((one for one in found.compared if one.where == LIVE and one.what == name), None)
    if seen is None:
        return NO_PROMISE
    return f"{name} {percent(seen.effect)} than the champion's; the watch says later whether it was kept"


def _staleness(brief: Brief) -> str:
    interval = (brief.champion_run or {}).get("interval")
    if brief.champion is None:
        return "there is no champion that could be stale"
    promoted = next(
        (
            t.at
            for t in reversed(brief.past)
            if t.to_stage is Stage.CHAMPION and t.candidate.version == brief.champion
        ),
        None,
    )
    since = (
        f", champion since {promoted:%Y-%m-%d} ({counted((brief.at - promoted).days, 'day')})"
        if promoted
        else ""
    )
    ended = f"trained on data to {str(interval[1])[:10]}" if interval else "training data not known"
    return f"version {brief.champion}: {ended}{since}; {brief.staleness or 'what its age costs was not measured'}"


def exposure(brief: Brief, found: Findings) -> dict[str, str]:
    """What users have had of it so far."""
    seen = found.exposure
    if not brief.line.has_traffic:
        return {"Exposure so far": "none: clusters answer no requests"}
    if seen is None or not (seen.exposures or seen.requests):
        return {"Exposure so far": "none: no user has been answered by it"}
    used = "not known" if seen.budget_used is None else f"{seen.budget_used:.1%}".replace("%", " %")
    return {
        "Exposure so far": f"{seen.exposures:,} exposures in {seen.requests:,} requests over "
        f"{counted(round(seen.days, 1), 'day')}, {brief.share:.1%} of users now",
        "Harm budget used": f"{used} of the evidence that returns a release by itself",
    }


def way_back(brief: Brief, found: Findings) -> dict[str, str]:
    """How to undo it, and whether that was ever tried; nothing is said of a promotion that cannot come."""
    name = brief.line.name
    before = f"version {brief.champion}" if brief.champion else "the hand-written rules"
    drill = brief.rehearsed
    rehearsed = f"{drill.at:%Y-%m-%d %H:%M} UTC, {drill.words}" if drill else "never rehearsed"
    if is_over(brief, found):
        return {"Now": _over(brief, before), "Last rollback drill": rehearsed}
    ways = {
        "Now": _now(brief, before),
        "After the promotion": f"`slipway rollback {name} --champion --reason WHY` brings {before} back",
        "Last rollback drill": rehearsed,
    }
    if brief.line.has_traffic:
        policy = brief.line.policy
        kept = f"{policy.previous_share:.0%} of users keep it meanwhile"
        held = (
            kept if not policy.no_hold_back else f"nobody keeps it meanwhile: {policy.no_hold_back}"
        )
        ways["By itself"] = (
            f"harm that is proven in the {policy.watch_days:g} days of watch brings {before} back; {held}"
        )
    return ways


def is_over(brief: Brief, found: Findings) -> bool:
    """Whether the release has ended without a champion, or a failed gate will end it."""
    if brief.stage is Stage.CHAMPION:
        return False
    return brief.stage.is_final or panel_conclusion(found.verdicts) is Conclusion.FAIL


def _over(brief: Brief, before: str) -> str:
    if brief.stage.is_final:
        return f"nothing is to be undone: the release has ended, and {before} answers"
    if brief.stage is Stage.OFFERED:
        return f"nothing is to be undone: a gate has failed before any user was answered by it, and {before} goes on"
    return f"nothing is left to do: a gate has failed, which brings {before} back at the next look"


def _now(brief: Brief, before: str) -> str:
    """How to undo it before any promotion, in the stage that it is in."""
    if brief.stage is Stage.OFFERED:
        return f"nothing is to be undone yet: no user is answered by it, and {before} goes on"
    reject = "reject it here, or " if brief.stage is Stage.APPROVAL else ""
    return f"{reject}`slipway rollback {brief.line.name} --reason WHY`: {before} answers everybody at once"


def stages(brief: Brief) -> Table:
    """The stages so far, each with its reason."""
    say = plainly(brief.line)
    rows = (
        Row(
            label(t.to_stage),
            panel_conclusion(t.verdicts).name if t.verdicts else "",
            say(t.reason),
            (_moved(t),),
        )
        for t in brief.own
    )
    return Table("The stages so far", "stage", tuple(rows), empty="None: it was not offered yet.")


def _moved(t: Transition) -> str:
    return f"{t.at:%Y-%m-%d %H:%M} UTC, by {t.actor}, {t.share:.0%} of users"


def alternatives(brief: Brief) -> Table:
    """What could have been released instead, and why it was not."""
    return Table("Alternatives refused", "instead", tuple(_refused(brief)), empty="None.")


def _refused(brief: Brief) -> Iterator[Row]:
    say, stays = (
        plainly(brief.line),
        f"version {brief.champion}" if brief.champion else "the hand-written rules",
    )
    yield Row("change nothing", "OPEN", f"{stays} goes on: that is what a reject means")
    others = [t for t in brief.past if t.candidate.version != brief.version]
    ended = [t for t in others if t.to_stage in BAD_ENDINGS or t.to_stage is Stage.SUPERSEDED]
    for t in list(reversed(ended))[:MOST_REFUSED]:
        yield Row(
            f"version {t.candidate.version}",
            label(t.to_stage),
            say(t.reason),
            (f"{t.at:%Y-%m-%d}",),
        )
    if not ended:
        yield Row("another candidate", "NONE", "the ledger knows no other one that was refused")


def identity(brief: Brief) -> dict[str, str]:
    """What exactly is decided about, and by what it can be told later."""
    return {
        "Fingerprint": brief.fingerprint or "not known",
        "Digest of the evidence": brief.evidence_digest
        or "none yet: it is frozen when a reviewer is asked",
        "Signature": "none yet: the registry's server signs reviewer, word, reason and digest (Ed25519) when "
        "somebody decides, and every look checks it again",
        "Ledger": f"epoch {brief.own[-1].epoch}" if brief.own else "not in the ledger yet",
    }

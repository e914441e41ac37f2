"""The rubric's second section: model development."""

from slipway.domain.stage import Stage
from slipway.domain.verdict import Evidence, Verdict
from slipway.readiness.facts import ReadinessFacts, unfound

ENOUGH = 2
"""Releases with both an offline and an online figure, below which nothing is said of how they agree."""
OFFLINE_LOSS = ("log_loss", "beats_rules", "offline_loss", "beats_rules_loss")
ONLINE = ("harm", "paired_shadow")


def reviewed(facts: ReadinessFacts) -> str:
    """What is declared is what is in use, and the champion was approved by a person."""
    if not facts.planned:
        raise unfound(facts.why_missing("planned", "the declared line is not the one in use"))
    champion = facts.state.champion if facts.state else None
    for step in reversed(facts.past):
        if step.to_stage is Stage.CHAMPION and step.candidate.version == champion:
            return f"the declared line is in use; version {champion}: {step.reason}"
    raise unfound("no champion was promoted by a reviewer yet")


def correlate(facts: ReadinessFacts) -> str:
    """No release that was clearly better offline was clearly worse online, or the other way round."""
    offline, online = facts.verdicts(*OFFLINE_LOSS), facts.verdicts(*ONLINE)
    said, against = [], []
    for version in offline.keys() & online.keys():
        before, after = _loss(offline[version]), _effect(online[version])
        if before is None or after is None:
            continue
        words = f"version {version}: loss {before.estimate:+.1%} offline, {after.name} {after.estimate:+.1%} online"
        said.append(words)
        if (
            _sign(before) * _sign(after) > 0
        ):  # a higher loss with more clicks, or a lower one with fewer
            against.append(words)
    if against:
        raise unfound(f"contradicted by {'; '.join(sorted(against))}")
    if len(said) < ENOUGH:
        raise unfound(
            f"{len(said)} releases have both figures, {ENOUGH} are asked for: {'; '.join(said) or 'none'}"
        )
    return "; ".join(sorted(said))


def _loss(verdicts: list[Verdict]) -> Evidence | None:
    """The first interval of a loss: against the champion, else the rules."""
    found = [e for v in verdicts for e in v.evidence if "loss" in e.name and e.lower is not None]
    return found[0] if found else None


def _effect(verdicts: list[Verdict]) -> Evidence | None:
    """The last interval of the primary outcome."""
    found = [
        e
        for v in verdicts
        for e in v.evidence
        if e.unit == "relative effect" and e.lower is not None
    ]
    return found[-1] if found else None


def _sign(evidence: Evidence) -> int:
    """Which side of 0 the whole interval lies on; 0 where it holds 0."""
    assert evidence.lower is not None
    assert evidence.upper is not None
    return (evidence.lower > 0) - (evidence.upper < 0)


def staleness(facts: ReadinessFacts) -> str:
    """The champion of earlier weeks was scored on the newest week beside a newly trained one."""
    found = facts.newest("log_loss", "offline_loss")
    return f"an older champion against a new fit on the same week: {found.reason}"


def simpler(facts: ReadinessFacts) -> str:
    """The rules, which are simpler than any model, are worse on the same rows."""
    return facts.passed("beats_rules", "beats_rules_loss")


def slices(facts: ReadinessFacts) -> str:
    """Quality by segment of items and users."""
    return facts.passed("segments", "offline_segments")

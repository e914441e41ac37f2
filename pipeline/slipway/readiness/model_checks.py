"""The rubric's second section: model development."""

from slipway.domain.errors import NotComputable
from slipway.domain.stage import Stage
from slipway.domain.verdict import Evidence, Verdict
from slipway.readiness.facts import ReadinessFacts, unfound

ENOUGH = 2
"""Releases with both an offline and an online figure, below which nothing is said of how they agree."""
OFFLINE_LOSS = ("log_loss", "beats_rules", "offline_loss", "beats_rules_loss")
BETTER_ONLINE = {"harm": 1, "paired_shadow": -1}
"""Gates with the online effect, and the side of 0 on which it is better: of outcomes above, of losses below."""
LOSS, EFFECT = "relative difference", "relative effect"
"""Units of the intervals that these gates give."""


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
    offline, online = facts.verdicts(*OFFLINE_LOSS), facts.verdicts(*BETTER_ONLINE)
    said, against = [], []
    for version in offline.keys() & online.keys():
        lost, seen = _intervals(offline[version], LOSS), _intervals(online[version], EFFECT)
        if not lost or not seen:
            continue
        (_, before), (gate, after) = lost[0], seen[-1]  # beside the champion first; as seen last
        words = f"version {version}: loss {before.estimate:+.1%} offline, {after.name} {after.estimate:+.1%} online"
        said.append(words)
        if _sign(before) * _sign(after) * BETTER_ONLINE[gate] > 0:  # worse before and better now
            against.append(words)
    if against:
        raise unfound(f"contradicted by {'; '.join(sorted(against))}")
    if len(said) < ENOUGH:
        raise unfound(
            f"{len(said)} releases have both figures, {ENOUGH} are asked for: {'; '.join(said) or 'none'}"
        )
    return "; ".join(sorted(said))


def _intervals(verdicts: list[Verdict], unit: str) -> list[tuple[str, Evidence]]:
    """Gate and evidence of each interval in ``unit``."""
    return [
        (v.gate, e) for v in verdicts for e in v.evidence if e.unit == unit and e.lower is not None
    ]


def _sign(evidence: Evidence) -> int:
    """Which side of 0 the whole interval lies on; 0 where it holds 0."""
    assert evidence.lower is not None
    assert evidence.upper is not None
    return (evidence.lower > 0) - (evidence.upper < 0)


def staleness(facts: ReadinessFacts) -> str:
    """A champion of earlier weeks was measured beside a newly trained model, on the newest rows."""
    if not facts.stale:
        why = "no model was measured beside a champion that was a week old or older"
        raise unfound(facts.why_missing("stale", why))
    return "; ".join(facts.stale)


def simpler(facts: ReadinessFacts) -> str:
    """The rules, which are simpler than any model, are worse on the same rows."""
    return facts.passed("beats_rules", "beats_rules_loss")


def inclusive(facts: ReadinessFacts) -> str:
    """Answers are as right for every group of people that a column of the users' own names."""
    found = facts.of_champion()
    if not found.people:
        raise unfound("no column of the users' own names a group of people")
    unseen = [name for name in found.people if name not in {each.column for each in found.groups}]
    if unseen:
        raise unfound(f"too few rows to compare people by {', '.join(unseen)}")
    furthest = max(found.groups, key=lambda each: abs(each.off))
    if wrong := found.wrong(found.groups):
        raise unfound(f"off by more than {found.margin:.3g} {found.unit}: {', '.join(wrong)}")
    return (
        f"version {found.version} is as right for {len(found.groups)} groups by {', '.join(found.people)}; furthest off: "
        f"{furthest.column} {furthest.word}, {furthest.off:+.3g} {found.unit}, {found.margin:.3g} allowed"
    )


def slices(facts: ReadinessFacts) -> str:
    """Quality by segment: beside the champion before, and of a first champion by what came itself."""
    try:
        return facts.passed("segments", "offline_segments")
    except NotComputable as error:
        found = facts.checked
        champion = facts.state.champion if facts.state else None
        judged = facts.verdicts("segments", "offline_segments").get(champion or "")
        if judged or found is None or found.version != champion or not found.slices:
            raise
        if wrong := found.wrong(found.slices):
            said = f"off by more than {found.margin:.3g} {found.unit}: {', '.join(wrong)}"
            raise unfound(said) from error
    return f"version {found.version} is as right in {len(found.slices)} slices, {found.margin:.3g} {found.unit} allowed"

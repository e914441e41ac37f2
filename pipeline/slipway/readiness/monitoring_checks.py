"""The rubric's fourth section: monitoring."""

from datetime import timedelta

from slipway.domain.in_words import counted
from slipway.readiness.facts import ReadinessFacts, unfound


def dependencies(facts: ReadinessFacts) -> str:
    """Every run's packages and code are digested, and a run that differs says in what."""
    found = facts.reruns
    if found is None or not found.runs:
        raise unfound(facts.why_missing("reruns", "no run was kept"))
    return (
        f"code and packages of {counted(found.runs, 'run')} are digested, "
        f"{counted(found.environments, 'set')} of packages; a rerun names the part that differs"
    )


def invariants(facts: ReadinessFacts) -> str:
    """Inputs of live traffic are compared with their own past."""
    if not facts.drift_weeks:
        raise unfound(
            facts.why_missing("drift_weeks", "no week of the log was compared with those before")
        )
    return f"columns of the log compared over {facts.drift_weeks} weeks"


def skew(facts: ReadinessFacts) -> str:
    """What was served is what is computed again."""
    found = facts.consistency
    if found is None:
        raise unfound(facts.why_missing("consistency", "no logged row was computed again yet"))
    if found.wrong:
        raise unfound(f"columns differ on {found.day}: {', '.join(found.wrong)}")
    return f"{found.rows:,} logged rows until {found.day} are as they are computed again"


def fresh(facts: ReadinessFacts) -> str:
    """A candidate of a young week was offered, so that the champion is young or was held against one."""
    newest = facts.state.newest_interval_end if facts.state else None
    if newest is None:
        raise unfound("nothing was offered yet")
    age = facts.now - newest
    said = f"the newest offered week ended {age / timedelta(days=1):.1f} days ago"
    if age > timedelta(days=facts.timeout_days):
        raise unfound(f"{said}, more than the {facts.timeout_days:g} days of a release")
    return said


def stable(facts: ReadinessFacts) -> str:
    """No score is undefined: offline all rows are served as fitted, and live requests fall back rarely."""
    return f"{facts.passed('parity')}; {facts.passed('errors')}"


def performance(facts: ReadinessFacts) -> str:
    """Latency of live requests beside the champion's."""
    return facts.passed("latency", "guardrails")


def quality(facts: ReadinessFacts) -> str:
    """The champion is watched beside who it replaced, on a sound ledger."""
    if facts.ledger_faults:
        raise unfound(f"the ledger is not sound: {facts.ledger_faults[0]}")
    champion = facts.state.champion if facts.state else None
    if champion is None:
        raise unfound("no champion is watched yet")
    return f"version {champion} is watched; {facts.passed('harm', 'watch_harm', 'paired_shadow')}"

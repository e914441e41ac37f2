"""The rubric's third section: ML infrastructure."""

from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.readiness.facts import ReadinessFacts, unfound


def reproducible(facts: ReadinessFacts) -> str:
    """Runs with equal rows, code, packages and recipe learned the same, bit for bit."""
    found = facts.reruns
    if found is None:
        raise unfound(facts.why_missing("reruns", "no run was kept"))
    said = f"of {found.runs} runs {found.same} groups with equal causes learned the same"
    if found.different or not found.same:
        raise unfound(f"{said}, {found.different} did not")
    return f"{said}, none differed"


def unit_tested(facts: ReadinessFacts) -> str:
    """What was fitted, saved and loaded again scores as it was fitted."""
    return facts.passed("parity")


def integrated(facts: ReadinessFacts) -> str:
    """Whole runs, from the log to a registered version."""
    versions = {step.candidate.version for step in facts.past}
    if not versions or facts.reruns is None:
        raise unfound("no run went from the log to a registered version that was offered")
    return (
        f"{facts.reruns.runs} runs trained, {len(versions)} versions offered; a backfill goes the same way "
        "and touches no traffic"
    )


def validated(facts: ReadinessFacts) -> str:
    """Nothing is served before an offline panel."""
    bare = [
        step.candidate.version
        for step in facts.past
        if step.to_stage is Stage.SHADOW and not step.verdicts
    ]
    shadowed = [step for step in facts.past if step.to_stage is Stage.SHADOW]
    if not shadowed:
        raise unfound("no version entered the shadow yet")
    if bare:
        raise unfound(f"without verdicts in the shadow: version {', '.join(bare)}")
    return f"{len(shadowed)} versions entered the shadow, each on its offline panel"


def debuggable(facts: ReadinessFacts) -> str:
    """Any logged row can be computed again, column by column."""
    found = facts.consistency
    if found is None:
        raise unfound(facts.why_missing("consistency", "no logged row was computed again yet"))
    return f"{found.rows:,} logged rows computed again column by column until {found.day}"


def canaried(facts: ReadinessFacts) -> str:
    """The champion went through every stage of the canary on live traffic."""
    champion = facts.state.champion if facts.state else None
    if champion is None:
        raise unfound("no champion yet")
    gone = {step.to_stage for step in facts.past if step.candidate.version == champion}
    left_out = [stage.value for stage in CANARY_STAGES if stage not in gone]
    if left_out:
        raise unfound(f"version {champion} did not go through {', '.join(left_out)}")
    return f"version {champion} went through {', '.join(stage.value for stage in CANARY_STAGES)}"


def rolled_back(facts: ReadinessFacts) -> str:
    """A rollback was rehearsed."""
    if facts.drill is None:
        raise unfound(
            facts.why_missing("drill", f"no drill passed yet: slipway drill {facts.line}")
        )
    return f"{facts.drill.at:%Y-%m-%d}: {facts.drill.words}"

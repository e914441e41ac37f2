"""The rubric's first section: features and data. Each check returns its evidence or raises NotComputable."""

from slipway.readiness.facts import ReadinessFacts, unfound


def schema(facts: ReadinessFacts) -> str:
    """Every table of the newest run met its expectations."""
    found = facts.validation
    if found is None:
        raise unfound(facts.why_missing("validation", "no training table was validated yet"))
    total = sum(found.expectations.values())
    said = f"{total} expectations on {', '.join(found.expectations)} in run {found.run}"
    if not found.success or not total:
        raise unfound(f"not all held: {said}")
    return f"{said}, all met"


def beneficial(facts: ReadinessFacts) -> str:
    """Each input of the champion is needed: shuffled among the rows it costs loss, beyond chance."""
    found = facts.of_champion()
    if not found.worths:
        raise unfound(f"version {found.version} reads no column")
    idle = [each.column for each in found.worths if each.lower <= 0]
    least = min(found.worths, key=lambda each: each.rise)
    said = f"{least.column} ({least.rise:+.2%} loss when it is shuffled)"
    if idle:
        raise unfound(f"not shown to be of use to version {found.version}: {', '.join(idle)}")
    return (
        f"each of {len(found.worths)} inputs lowers the loss of version {found.version} on {found.rows:,} rows; "
        f"least: {said}"
    )


def cost(facts: ReadinessFacts) -> str:
    """What all inputs together cost a request, beside the champion's."""
    return facts.passed("latency_offline", "latency")


def meta_level(facts: ReadinessFacts) -> str:
    """Every input is declared with when it is known, and the audit of the rows accuses no input."""
    if facts.audited is None:
        raise unfound(facts.why_missing("audited", "the inputs of no run were audited yet"))
    accused = [name for name in facts.audited if name in facts.inputs]
    if accused:
        raise unfound(f"the audit of the newest run accuses {', '.join(accused)}")
    return (
        f"{len(facts.inputs)} inputs, each known at the request or before it; "
        "the newest run's audit accuses none"
    )


def privacy(facts: ReadinessFacts) -> str:
    """Nothing lies there for longer than it is kept."""
    if facts.expired is None:
        raise unfound(facts.why_missing("expired", "what is older than it is kept was not counted"))
    if facts.expired:
        raise unfound(f"{facts.expired} items are older than they are kept: slipway retention")
    return "nothing is older than it is kept, and `slipway forget` erases a person from all of it"


def feature_code(facts: ReadinessFacts) -> str:
    """Inputs were rebuilt from the log and counted without the future, as the proofs of the newest run say."""
    found = facts.validation
    if found is None:
        raise unfound(facts.why_missing("validation", "no training table was validated yet"))
    proofs = found.expectations.get("proofs", 0)
    if not found.success or not proofs:
        raise unfound(f"{proofs} proofs of inputs in run {found.run}, success {found.success}")
    return f"{proofs} proofs of inputs rebuilt from the log in run {found.run}, all met"

"""A plan in words: what differs, what that does, and which stages would be done."""

from collections.abc import Iterator
from functools import singledispatch

from slipway.domain.in_words import counted
from slipway.lines.changes import ChangeEffect
from slipway.lines.plan import (
    LinePlan,
    RetireLine,
    SetFeaturesAside,
    Stage,
    UseDefinition,
    WriteDefinition,
)


def explain(plan: LinePlan) -> str:
    """The plan for people, several lines of text."""
    return "\n".join(_lines(plan))


def _lines(plan: LinePlan) -> Iterator[str]:
    yield headline(plan)
    for effect in plan.effects:
        yield f"  {effect.name}: {effect.value}"
        for change in plan.changes:
            if change.effect is effect:
                yield f"    {change.place}: {change.before} → {change.after}"
        if tables_so_far := _tables(plan, effect):
            yield f"    {tables_so_far}"
    if plan.under_way and plan.changes:
        yield f"  {plan.under_way}"
    for number, stage in enumerate(plan.stages, start=1):
        yield f"  {number}. {stage_in_words(stage)}"


def headline(plan: LinePlan) -> str:
    """The plan in one line."""
    return f"{plan.line}: {_lead(plan)}"


def _lead(plan: LinePlan) -> str:
    if plan.after is None:
        return "declared no more" if plan.before else "not declared, and not in use"
    if plan.before is None:
        return f"new, a line of kind {plan.after.kind} ({plan.after.short})"
    if not plan.changes:
        return f"nothing to do, {plan.after.short} is in use"
    return f"{counted(len(plan.changes), 'change')} ({plan.before.short} → {plan.after.short})"


def _tables(plan: LinePlan, effect: ChangeEffect) -> str:
    """Which tables that were made so far the effect is about."""
    if effect is ChangeEffect.FEATURES and plan.kept.features:
        return f"feature tables: {_range(plan.kept.features)}"
    if effect in {ChangeEffect.SNAPSHOT, ChangeEffect.FEATURES} and plan.kept.snapshots:
        return f"training tables: {_range(plan.kept.snapshots)}"
    return ""


def _range(names: tuple[str, ...]) -> str:
    ends = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return f"{len(names)} so far, {ends}"


@singledispatch
def stage_in_words(stage: Stage) -> str:
    """One stage in words."""
    raise TypeError(stage)


@stage_in_words.register
def _(stage: WriteDefinition) -> str:
    return f"keep definition {stage.definition.short}"


@stage_in_words.register
def _(stage: SetFeaturesAside) -> str:
    return f"set the feature tables of {stage.of} aside; the next look counts them again"


@stage_in_words.register
def _(stage: UseDefinition) -> str:
    return f"use it: the DAGs of {stage.line} and its next run follow it"


@stage_in_words.register
def _(stage: RetireLine) -> str:
    return f"take the DAGs of {stage.line} away; its log, versions and ledger stay"

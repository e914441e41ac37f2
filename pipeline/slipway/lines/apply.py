"""Does what a plan says, stage by stage; a plan that was cut short is simply applied again."""

from functools import singledispatch
from pathlib import Path

from slipway.lines import store
from slipway.lines.plan import (
    LinePlan,
    RetireLine,
    SetFeaturesAside,
    Stage,
    UseDefinition,
    WriteDefinition,
)


def apply(plan: LinePlan, home: Path, *, breaking: bool = False) -> None:
    """Do the plan's stages in ``home``, in order; each is harmless when it was done before.

    Raises NotEligible as :meth:`LinePlan.require_allowed`, before anything is done.
    """
    plan.require_allowed(breaking=breaking)
    for stage in plan.stages:
        do(stage, home)


@singledispatch
def do(stage: Stage, home: Path) -> None:
    """Do one stage."""
    raise TypeError(stage, home)


@do.register
def _(stage: WriteDefinition, home: Path) -> None:
    store.write(home, stage.definition)


@do.register
def _(stage: SetFeaturesAside, home: Path) -> None:
    tables = home / "features" / stage.line
    if tables.is_dir():
        earlier = len(list(tables.parent.glob(f"{stage.line}.{stage.of}*")))
        tables.rename(tables.with_name(f"{stage.line}.{stage.of}.{earlier}"))


@do.register
def _(stage: UseDefinition, home: Path) -> None:
    store.use(home, stage.line, stage.digest)


@do.register
def _(stage: RetireLine, home: Path) -> None:
    store.retire(home, stage.line)

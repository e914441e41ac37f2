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
    # within the line's folder, so that erasures and retention find them
    aside = tables / "set_aside" / stage.of
    for table in sorted(tables.glob("as_of=*")):
        aside.mkdir(parents=True, exist_ok=True)
        earlier = len(list(aside.glob(f"{table.name}*")))
        table.rename(aside / (f"{table.name}.{earlier}" if earlier else table.name))


@do.register
def _(stage: UseDefinition, home: Path) -> None:
    store.use(home, stage.line, stage.digest)


@do.register
def _(stage: RetireLine, home: Path) -> None:
    store.retire(home, stage.line)

"""What it takes to let a line follow another definition: a list of small stages, decided before any is done.

The plan is pure. Two interpreters read it: :mod:`slipway.lines.explain` says it, :mod:`slipway.lines.apply`
does it.
"""

from dataclasses import dataclass

from slipway.domain.errors import NotEligible
from slipway.lines.changes import ChangeEffect, LineChange, changes
from slipway.lines.definition import Definition


@dataclass(frozen=True, slots=True)
class WriteDefinition:
    """Keep the compiled line as an immutable file."""

    definition: Definition


@dataclass(frozen=True, slots=True)
class SetFeaturesAside:
    """Move the line's feature tables out of the way, named by the definition that they are of."""

    line: str
    of: str


@dataclass(frozen=True, slots=True)
class UseDefinition:
    """Let DAGs and runs follow a kept definition."""

    line: str
    digest: str


@dataclass(frozen=True, slots=True)
class RetireLine:
    """Leave the line without DAGs; its log, versions and ledger stay."""

    line: str


COUNTED_AGAIN = (ChangeEffect.FEATURES,)
"""Effects after which the feature tables that were counted so far are of no use."""

Stage = WriteDefinition | SetFeaturesAside | UseDefinition | RetireLine


@dataclass(frozen=True, slots=True)
class KeptTables:
    """Names of the tables that were made so far, oldest first."""

    snapshots: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


NOTHING_KEPT = KeptTables()


@dataclass(frozen=True, slots=True)
class LinePlan:
    """From the definition in use to the declared one; None: not planned yet, or declared no more.

    ``under_way`` says in words which candidate is being released, ``kept`` which tables are of the
    definition in use. ``stages`` are empty where nothing is to be done.
    """

    line: str
    before: Definition | None
    after: Definition | None
    changes: tuple[LineChange, ...]
    stages: tuple[Stage, ...]
    under_way: str | None = None
    kept: KeptTables = NOTHING_KEPT

    @property
    def effects(self) -> tuple[ChangeEffect, ...]:
        """What the changes do, the weightiest first, each once."""
        return tuple(dict.fromkeys(change.effect for change in self.changes))

    @property
    def is_breaking(self) -> bool:
        """Whether earlier versions cannot be compared with later ones, or not be served."""
        return ChangeEffect.BREAKING in self.effects

    def require_allowed(self, *, breaking: bool) -> None:
        """Raise NotEligible for a break that nobody asked for, or in the middle of a release."""
        if self.is_breaking and self.under_way:
            raise NotEligible(
                f"plan of {self.line}",
                found=f"a breaking change while {self.under_way}",
                expected="no candidate under way",
                next_step=f"wait for its end, or say slipway rollback {self.line}",
            )
        if self.is_breaking and not breaking:
            raise NotEligible(
                f"plan of {self.line}",
                found="a breaking change",
                expected="asked for",
                next_step="read the plan; apply it with --breaking, or give the new line a new name",
            )


def plan(
    line: str,
    before: Definition | None,
    after: Definition | None,
    *,
    under_way: str | None = None,
    kept: KeptTables = NOTHING_KEPT,
) -> LinePlan:
    """The way from one definition of ``line`` to another."""
    found = changes(before, after) if before and after else ()
    return LinePlan(
        line, before, after, found, _stages(line, before, after, found), under_way, kept
    )


def _stages(
    line: str, before: Definition | None, after: Definition | None, found: tuple[LineChange, ...]
) -> tuple[Stage, ...]:
    if after is None:
        return (RetireLine(line),) if before else ()
    write, use = WriteDefinition(after), UseDefinition(line, after.digest)
    if before is None:
        return (write, use)
    if before.digest == after.digest:
        return ()
    if any(change.effect in COUNTED_AGAIN for change in found):
        return (write, SetFeaturesAside(line, before.short), use)
    return (write, use)

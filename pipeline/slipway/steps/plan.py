"""Which definition of a line is in use, and what it takes to use the declared one."""

from collections.abc import Sequence
from pathlib import Path

from slipway import lines
from slipway.domain.errors import BadConfig
from slipway.lines import store
from slipway.lines.apply import apply
from slipway.lines.definition import Definition, compiled
from slipway.lines.explain import explain, headline
from slipway.lines.plan import KeptTables, LinePlan, plan
from slipway.settings import settings
from slipway.steps import context


def definition_of(line_name: str) -> Definition:
    """The line as it is declared now; the installation's policy file is not part of it.

    Raises as :func:`slipway.lines.declared`.
    """
    return compiled(lines.declared(line_name))


def keep(line_name: str) -> Path:
    """Compile the line and keep its definition, without using it; returns the file."""
    return store.write(settings().home, definition_of(line_name))


def plan_of(line_name: str) -> LinePlan:
    """The way from the definition in use to the declared one, or away from one that is declared no more."""
    home = settings().home
    before = store.in_use(home, line_name)
    gone = line_name not in lines.all_names() and before is not None
    after = None if gone else definition_of(line_name)
    return plan(
        line_name,
        before,
        after,
        under_way=_under_way(line_name) if before else None,
        kept=_kept(home, line_name),
    )


def use_bundled(home: Path, asked: Sequence[str] | None = None) -> list[str]:
    """Use the bundled lines as they are declared; returns what that changed, in words.

    An example that nobody planned waits for somebody who does; ``asked`` are lines that are used in place
    of those which every new stack uses. A team's line is left to its team: whether it is declared and
    not in use stands at the end.
    """
    plans, used = list[str](), store.names(home)
    wanted = lines.unasked_names() if asked is None else asked
    bundled = [name for name in lines.bundled_names() if name in used]
    for name in dict.fromkeys((*wanted, *bundled)):
        found = plan(name, store.in_use(home, name), definition_of(name), kept=_kept(home, name))
        if found.stages:
            apply(found, home, breaking=True)
            plans.append(explain(found) if found.changes else headline(found))
    known = {*lines.bundled_names(), *used, *wanted}
    waiting = (name for name in lines.all_names() if name not in known)
    return [*plans, *(f"{name}: declared, not in use: slipway plan {name}" for name in waiting)]


def required(line_name: str) -> str:
    """The digest of the definition in use, which must be the declared one; the first is used at once.

    Raises BadConfig where the declaration was edited and nobody planned that.
    """
    home, declared = settings().home, definition_of(line_name)
    used = store.in_use(home, line_name)
    if used is None:
        apply(plan(line_name, None, declared), home)
    elif used.digest != declared.digest:
        raise BadConfig(
            f"definition of {line_name}",
            found=declared.short,
            expected=f"{used.short}, which is in use",
            next_step=f"slipway plan {line_name} says what the change does, and --apply uses it",
        )
    return declared.digest


def _under_way(line_name: str) -> str | None:
    state = context.ledger().state(line_name)
    if state.candidate is None:
        return None
    return f"version {state.candidate.version} is under way, in {state.candidate.stage}"


def _kept(home: Path, line_name: str) -> KeptTables:
    snapshots = {p.stem.split("-")[0] for p in (home / "snapshots" / line_name).glob("*.parquet")}
    tables = (
        p.name.removeprefix("as_of=") for p in (home / "features" / line_name).glob("as_of=*")
    )
    return KeptTables(tuple(sorted(snapshots)), tuple(sorted(tables)))

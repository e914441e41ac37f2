"""The declared model lines: found, loaded one by one, each at fault alone.

``all_names`` imports no line; whatever loads one may take as long as the team's package does, and
raises BadConfig for whatever is wrong in it.
"""

import sys
from pathlib import Path

from slipway import bundled
from slipway.domain.clusters import ClusterLine
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig, UnknownReference
from slipway.domain.line import Line
from slipway.lines import store
from slipway.lines.declarations import GROUP, OBJECT, Declaration, declarations
from slipway.lines.loading import import_line
from slipway.lines.policy_file import strangers, with_policy, with_understood

__all__ = [
    "EXPECTATIONS",
    "GROUP",
    "all_names",
    "bundled_modules",
    "bundled_names",
    "cluster_names",
    "declaration_of",
    "declared",
    "from_module",
    "load",
    "load_clusters",
    "names",
    "policy_faults",
    "suites_folder",
    "unasked_names",
    "understood",
    "wanted_names",
]

EXPECTATIONS = "expectations"


def all_names() -> tuple[str, ...]:
    """Names of all declared lines, of whatever kind, also of those that cannot be loaded."""
    return tuple(declarations())


def names() -> tuple[str, ...]:
    """Names of the lines with live traffic among those that can be loaded."""
    return tuple(name for name, line in _loadable() if line.has_traffic)


def cluster_names() -> tuple[str, ...]:
    """Names of the lines that cluster among those that can be loaded."""
    return tuple(name for name, line in _loadable() if isinstance(line, ClusterLine))


def _loadable() -> list[tuple[str, DeclaredLine]]:
    found = []
    for name, declaration in declarations().items():
        try:
            found.append((name, import_line(declaration)))
        except BadConfig:
            continue
    return found


def bundled_names() -> tuple[str, ...]:
    """Names of the lines that come with Slipway."""
    return tuple(name for name, d in declarations().items() if d.bundled and not d.fault)


def unasked_names() -> tuple[str, ...]:
    """Names of the bundled lines that a new stack uses unasked; another example waits to be planned."""
    return tuple(name for name, d in declarations().items() if d.usual and not d.fault)


def wanted_names(home: Path) -> tuple[str, ...]:
    """Names of the lines that anybody wants in ``home``: a team's own, and the bundled ones in use there.

    Before any is in use, those which every new stack uses.
    """
    used = store.names(home)
    wanted = used or unasked_names()
    found = (name for name, d in declarations().items() if not d.bundled or name in wanted)
    return tuple(dict.fromkeys((*found, *used)))


def bundled_modules(home: Path) -> tuple[str, ...]:
    """Modules with the code of bundled lines in use: what a process that forks imports beforehand.

    A team's line is imported by the task that needs it, so that a slow one keeps nobody waiting.
    """
    modules: list[str] = []
    used = store.names(home)
    for name in bundled_names():
        if name not in used:
            continue
        declaration = declaration_of(name)
        line = import_line(declaration)
        modules.append(declaration.value.partition(":")[0])
        modules += [m for m in (_word(line, "rules"),) if m]
    return tuple(modules)


def _word(line: DeclaredLine, field: str) -> str:
    found = getattr(line, field, "")
    return found if isinstance(found, str) else ""


def from_module(module: str, name: str, folder: Path) -> DeclaredLine:
    """The line ``name`` of a module in ``folder`` that nobody declared yet; raises BadConfig."""
    return import_line(Declaration(name, f"{module}:{OBJECT}", str(folder), folder))


def suites_folder(name: str) -> Path:
    """The folder ``expectations`` beside the module that declares the line, or Slipway's own.

    Raises as :func:`declared`.
    """
    declaration = declaration_of(name)
    if declaration.bundled:
        return bundled.folder(EXPECTATIONS)
    import_line(declaration)
    module = sys.modules[declaration.value.replace(" ", "").partition(":")[0]]
    return Path(str(module.__file__)).parent / EXPECTATIONS


def declaration_of(name: str) -> Declaration:
    """Who declares the line called ``name``; raises UnknownReference where nobody does."""
    found = declarations()
    if name not in found:
        raise UnknownReference(
            "line",
            found=name,
            expected=f"one of {', '.join(found)}",
            next_step=f"declare it as an entry point of {GROUP}, or name its folder in SLIPWAY_LINES",
        )
    return found[name]


def declared(name: str, policy_file: Path | None = None) -> DeclaredLine:
    """The line called ``name``; ``policy_file`` (TOML, a table per line) overrides its policy.

    Raises UnknownReference for a line that nobody declares and BadConfig for one that cannot be
    loaded, or for a wrong knob.
    """
    return with_policy(import_line(declaration_of(name)), policy_file)


def understood(name: str, policy_file: Path | None, home: Path) -> tuple[DeclaredLine, str]:
    """The line, by the policy that was last understood in ``home`` where the file cannot be now.

    The second says what is wrong with it now, "" where nothing is. Raises as :func:`declared` for
    whatever else is wrong, and for a policy file that was never understood.
    """
    return with_understood(import_line(declaration_of(name)), policy_file, home)


def policy_faults(policy_file: Path | None) -> dict[str, str]:
    """Name → what is wrong, for each table of the policy file that is of no declared line.

    Such a table is red alone, under its own name; a file that is no TOML is a fault of every line,
    which says so itself.
    """
    try:
        return {name: str(fault) for name, fault in strangers(policy_file, all_names()).items()}
    except BadConfig:
        return {}


def load(name: str, policy_file: Path | None = None) -> Line:
    """The line called ``name`` as one with requests; as :func:`declared`."""
    line = declared(name, policy_file)
    if isinstance(line, Line):
        return line
    raise _other_kind(name, line, "line with requests")


def load_clusters(name: str, policy_file: Path | None = None) -> ClusterLine:
    """The line called ``name`` as one of clusters; as :func:`declared`."""
    line = declared(name, policy_file)
    if isinstance(line, ClusterLine):
        return line
    raise _other_kind(name, line, "line of clusters")


def _other_kind(name: str, line: DeclaredLine, what: str) -> UnknownReference:
    return UnknownReference(
        what,
        found=name,
        expected=f"another kind than {line.kind}",
        next_step=f"ask for what a line of kind {line.kind} has",
    )

"""Which lines are declared, and by whom: found without importing any of them.

Two places are looked into again at each call:

* the entry points ``slipway.lines`` of installed packages: ``news = "news.line:LINE"``. Those of Slipway's own
  that stand in the group ``slipway.usual_lines`` as well are used by every new stack;
* the folders of ``SLIPWAY_LINES`` (several are separated as in ``PATH``), for a first try: a project whose
  ``pyproject.toml`` has such an entry point, or modules that say ``LINE = ...``, named as the line.
"""

import ast
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distribution, distributions
from pathlib import Path
from typing import Any

from slipway import bundled

GROUP = "slipway.lines"
USUAL = "slipway.usual_lines"
VARIABLE = "SLIPWAY_LINES"
OBJECT = "LINE"
"""The attribute of a module that is its line, where a declaration names none."""
OWN = "slipway"
"""The distribution whose lines are bundled."""
_POINTS = "entry_points.txt"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
NAME_RULE = (
    "1 to 50 of a-z, 0-9 and _, a letter first: it is in URLs, paths, DAG ids and the registry"
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One line as somebody declared it: where it is, and what is wrong with the declaration alone.

    ``value`` is ``module:attribute``; ``place`` says for people who declared it; ``folder`` has to be
    importable from; ``usual`` says of a ``bundled`` one that a new stack uses it unasked; ``fault`` is empty
    where nothing is wrong yet.
    """

    name: str
    value: str
    place: str
    folder: Path | None = None
    bundled: bool = False
    usual: bool = False
    fault: str = ""


def is_name(text: str) -> bool:
    """Whether a line may be called so.

    >>> is_name("news_2"), is_name("News"), is_name("../feed"), is_name("feed-rules"), is_name("")
    (True, False, False, False, False)
    """
    return _NAME.fullmatch(text) is not None


def declarations() -> dict[str, Declaration]:
    """Every declared line by its name, bundled ones first; one that is declared twice is at fault."""
    same: dict[str, list[Declaration]] = {}
    for each in sorted(_all(), key=lambda d: (not d.bundled, d.name)):
        same.setdefault(each.name, []).append(each)
    return {name: _one(several) for name, several in same.items()}


def _one(same: list[Declaration]) -> Declaration:
    """The one declaration of a name; two that are not the same object refuse each other."""
    first = same[0]
    if len({(each.value, each.folder) for each in same}) > 1:
        places = " and ".join(dict.fromkeys(each.place for each in same))
        fault = f"declared twice, by {places}: rename or remove one of them"
        return Declaration(first.name, "", places, fault=fault)
    if not is_name(first.name):
        fault = f"called {first.name!r} by {first.place}, must be {NAME_RULE}: rename it"
        return Declaration(first.name, "", first.place, fault=fault)
    return first


def _all() -> Iterator[Declaration]:
    yield from _installed()
    for text in os.environ.get(VARIABLE, "").split(os.pathsep):
        if text.strip():
            yield from _of_folder(Path(text.strip()).absolute())


def _installed() -> Iterator[Declaration]:
    """Those of entry points; a clone's own stand in its pyproject.toml, whatever was installed once."""
    clone = bundled.pyproject()
    if clone is not None:
        yield from _bundled(_entry_points(clone), _entry_points(clone, USUAL))
    seen: set[str] = set()
    for found in distributions():
        try:
            # every step asks, and to read the metadata of all packages takes twenty times as long
            text = found.read_text(_POINTS) or ""
            if GROUP not in text:
                continue
            name = found.metadata["Name"] or ""
            owner = re.sub(r"[-_.]+", "-", name).lower()
            points = found.entry_points
            mine, usual = (
                {point.name: point.value for point in points if point.group == group}
                for group in (GROUP, USUAL)
            )
            shadowed = distribution(name).read_text(_POINTS) != text
        except Exception:  # noqa: BLE001, S112 - a foreign package that cannot be read declares no line
            continue
        if shadowed or owner in seen or (owner == OWN and clone is not None):
            continue  # an older copy, later on the path
        seen.add(owner)
        if owner == OWN:
            yield from _bundled(mine, usual)
        else:
            yield from (Declaration(*point, f"the package {owner}") for point in mine.items())


def _bundled(points: Mapping[str, str], usual: Collection[str]) -> Iterator[Declaration]:
    for name, value in points.items():
        yield Declaration(name, value, "Slipway itself", bundled=True, usual=name in usual)


def _of_folder(folder: Path) -> Iterator[Declaration]:
    if not folder.is_dir():
        fault = f"asked for by {VARIABLE}, which names {folder}: not a folder, correct the variable"
        yield Declaration(folder.name, "", str(folder), fault=fault)
        return
    project = folder / "pyproject.toml"
    if project.is_file():
        yield from _of_project(folder, project)
        return
    for path in sorted(folder.iterdir()):
        module = path / "__init__.py" if path.is_dir() else path
        if module.suffix == ".py" and module.is_file() and not path.name.startswith((".", "_")):
            yield from _of_module(folder, path.stem, module)


def _of_project(folder: Path, project: Path) -> Iterator[Declaration]:
    try:
        points = _entry_points(project)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        fault = f"asked for by {VARIABLE}, but {project} cannot be read ({error}): correct it"
        yield Declaration(folder.name, "", str(project), fault=fault)
        return
    source = folder / "src" if (folder / "src").is_dir() else folder
    for name, value in points.items():
        yield Declaration(name, value, str(project), source)


def _entry_points(project: Path, group: str = GROUP) -> Mapping[str, str]:
    raw = _parsed(project.read_text(encoding="utf-8"))
    points = raw.get("project", {}).get("entry-points", {}).get(group, {})
    return {str(name): str(value) for name, value in points.items()}


@lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    """TOML, parsed once as long as the file says the same."""
    return tomllib.loads(text)


def _of_module(folder: Path, name: str, module: Path) -> Iterator[Declaration]:
    """The line of a module that assigns ``LINE``, read and not run; of one that cannot be read, its fault."""
    try:
        body = ast.parse(module.read_bytes()).body
    except (OSError, ValueError, SyntaxError) as error:
        yield Declaration(name, "", str(module), fault=f"in {module}, which is no Python: {error}")
        return
    targets = [
        target
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    if any(isinstance(target, ast.Name) and target.id == OBJECT for target in targets):
        yield Declaration(name, f"{name}:{OBJECT}", str(module), folder)

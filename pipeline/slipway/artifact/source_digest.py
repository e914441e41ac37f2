"""The digest of a team's own code: a module and what it imports of its own package, by content."""

import ast
import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from slipway.domain.errors import BadConfig

_SLIPWAY, _BUNDLED = "slipway", "slipway.examples"
"""Slipway's own rooms have a digest of their own; the lines bundled with it are as any team's."""


def of_module(name: str) -> str:
    """Hex SHA-256 over the source of module ``name`` and of all it imports of its top package.

    Raises BadConfig for a module without a source file: it could not be digested, or run again.
    """
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        path = _source(module)
        if path is None:
            if module == name:
                raise BadConfig(
                    f"code of {name}",
                    found="no source file",
                    expected="a module in a file",
                    next_step="move the function out of the notebook or console into a module",
                )
            continue
        found[module] = path
        waiting += [other for other in _imported(module, path) if _own(other, name)]
    state = hashlib.sha256()
    for module, path in sorted(found.items()):
        state.update(f"{module}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def _own(module: str, of: str) -> bool:
    top = module.partition(".")[0]
    if top == _SLIPWAY:
        return module.startswith(_BUNDLED)
    return top == of.partition(".")[0]


def _source(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError, AttributeError):
        return None
    origin = spec.origin if spec else None
    path = Path(origin) if origin else None
    return path if path and path.suffix == ".py" and path.is_file() else None


def _imported(module: str, path: Path) -> Iterator[str]:
    """Names of the modules that ``module`` imports, and of what may be one."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            where = ".".join(
                part for part in (base if node.level else "", node.module or "") if part
            )
            yield where
            yield from (f"{where}.{alias.name}" for alias in node.names)

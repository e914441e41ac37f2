"""From a declaration to the line itself: whatever goes wrong there is one sentence about that line."""

import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig, SlipwayError
from slipway.lines.declarations import OBJECT, Declaration

_HERE = str(Path(__file__).parent)


def import_line(declaration: Declaration) -> DeclaredLine:
    """The declared object, imported; raises BadConfig with one sentence for whatever it does wrong."""
    if declaration.fault:
        raise _bad(
            declaration, declaration.fault, "declared once, under a name that can be one", ""
        )
    module_name, _, attribute = declaration.value.replace(" ", "").partition(":")
    module = _import(declaration, module_name)
    found: object = module
    for part in (attribute or OBJECT).split("."):
        found = getattr(found, part, None)
    return _checked(declaration, found)


def _import(declaration: Declaration, name: str) -> ModuleType:
    if declaration.folder is not None and str(declaration.folder) not in sys.path:
        sys.path.append(str(declaration.folder))  # last: it may not replace an installed module
    try:
        module = import_module(name)
    except (Exception, SystemExit) as error:
        raise _bad(
            declaration, _said(error), "a module that can be imported", "correct it or its packages"
        ) from error
    origin = getattr(module, "__file__", None)
    if declaration.folder is not None and not Path(origin or "").is_relative_to(declaration.folder):
        raise _bad(
            declaration,
            f"the module {name} of {origin or 'Python'}",
            f"that of {declaration.folder}",
            "give its module a name that nothing else has",
        )
    return module


def _checked(declaration: Declaration, found: object) -> DeclaredLine:
    if not (isinstance(getattr(found, "kind", None), str) and hasattr(found, "policy")):
        raise _bad(
            declaration,
            f"a {type(found).__name__}",
            f"a line, such as slipway.domain.line.Line, as {declaration.value} says",
            f"assign it to {OBJECT} and name it in the declaration",
        )
    line = cast("DeclaredLine", found)
    if line.name != declaration.name:
        raise _bad(
            declaration,
            f"a line called {line.name!r}",
            f"called {declaration.name!r} as it is declared by {declaration.place}",
            "give both the same name",
        )
    return line


def _said(error: BaseException) -> str:
    """The error in one line, with the last place in the team's own code."""
    if isinstance(error, SlipwayError):
        return str(error)
    text = " ".join(str(error).split()) or "without a word"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_theirs(f.filename)]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text[:300]}{place}"


def _is_theirs(file: str) -> bool:
    return not file.startswith(("<", _HERE, sys.base_prefix))


def _bad(declaration: Declaration, found: str, expected: str, next_step: str) -> BadConfig:
    return BadConfig(
        f"line {declaration.name}",
        found=found,
        expected=expected,
        next_step=next_step or "the other lines are not affected",
    )

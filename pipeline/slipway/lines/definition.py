"""A line compiled to plain data: what it declares, whoever reads it needs no package of a team.

What stands at its default is left out, so that a field that Slipway adds changes no digest. Code that a
declaration names (rules, features, functions) stands in it as the digest of its module's source.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any, Self

from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig, BadInput

FORMAT = 1
CODE_FIELDS = ("rules",)
"""Fields of a line that name a module whose code is part of what it does."""

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Definition:
    """A compiled line; ``content`` is JSON, ``digest`` its hex SHA-256.

    ``code`` maps the modules that the content names to the digests of their sources.
    """

    name: str
    kind: str
    has_traffic: bool
    cron: str
    zone: str
    content: Mapping[str, Any]
    code: Mapping[str, str]

    @property
    def digest(self) -> str:
        """What tells two definitions apart."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()

    @property
    def short(self) -> str:
        """As much of the digest as people compare."""
        return self.digest[:_SHORT]

    def to_text(self) -> str:
        """The definition as it is kept: the same bytes for the same line."""
        raw = {"format": FORMAT} | {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self)
        }
        return json.dumps(raw, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str, where: str) -> Self:
        """Read what :meth:`to_text` wrote; raises BadInput for anything else, naming ``where``."""
        try:
            raw = {**json.loads(text)}
            written_as = raw.pop("format")
            found = cls(**raw)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                f"definition {where}",
                found=str(error),
                expected="a definition as slipway compile writes it",
                next_step="remove the file, then run slipway plan for the line",
            ) from error
        if written_as != FORMAT:
            raise BadInput(
                f"definition {where} format",
                found=written_as,
                expected=f"{FORMAT}",
                next_step="run slipway plan for the line",
            )
        return found


def compiled(line: DeclaredLine) -> Definition:
    """The line as data; raises BadConfig where it holds what cannot be written down."""
    modules: set[str] = set()
    content = _fields(line, line.name, modules)
    modules |= {m for m in (getattr(line, name, "") for name in CODE_FIELDS) if m}
    schedule = getattr(line, "schedule", None)
    return Definition(
        name=line.name,
        kind=line.kind,
        has_traffic=line.has_traffic,
        cron=line.cron,
        zone=getattr(schedule, "zone", "UTC"),
        content=content,
        code={module: _source_digest(module, line.name) for module in sorted(modules)},
    )


def _fields(value: Any, where: str, modules: set[str]) -> dict[str, Any]:  # a dataclass
    """What the dataclass ``value`` says beyond its defaults; modules of its functions are added."""
    found = {}
    for field in dataclasses.fields(value):
        here = getattr(value, field.name)
        if not field.name.startswith("_") and not _is_default(field, here):
            found[field.name] = _plain(here, f"{where}.{field.name}", modules)
    return found


def _is_default(field: "dataclasses.Field[Any]", value: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return type(value) is type(field.default) and bool(value == field.default)
    return field.default_factory is not dataclasses.MISSING and value == field.default_factory()


def _plain(value: Any, where: str, modules: set[str]) -> Any:  # JSON of anything
    """The value as JSON; modules of its functions are added."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__, **_fields(value, where, modules)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each, f"{where}.{key}", modules) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each, f"{where}[{n}]", modules) for n, each in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted(_plain(each, where, modules) for each in value)
    if isinstance(value, FunctionType | type | partial):
        return _function(value, where, modules)
    return _scalar(value, where)


def _scalar(value: object, where: str) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise BadConfig(
        where,
        found=f"a {type(value).__name__}",
        expected="a number, text, time, function, or a dataclass, list or table of them",
        next_step="put it into a function that the line names",
    )


def _function(value: Any, where: str, modules: set[str]) -> dict[str, Any]:  # JSON of anything
    """A function or class by its name; the source of its module is part of the definition."""
    if isinstance(value, partial):
        bound = {"args": value.args, "keywords": value.keywords}
        return {**_function(value.func, where, modules), **_plain(bound, where, modules)}
    modules.add(value.__module__)
    return {"function": f"{value.__module__}:{value.__qualname__}"}


def _source_digest(module: str, line: str) -> str:
    """The digest of a module's source; it is found and not run."""
    try:
        spec = find_spec(module)
        source = Path(spec.origin).read_bytes() if spec and spec.origin else None
    except Exception as error:  # a team's package is imported to find a module in it
        raise _no_source(module, line, str(error)) from error
    if source is None:
        raise _no_source(module, line, "no source")
    return hashlib.sha256(source).hexdigest()


def _no_source(module: str, line: str, found: str) -> BadConfig:
    return BadConfig(
        f"{line}: module {module}",
        found=found,
        expected="a module with a source that can be read",
        next_step="correct its name, or install it with its source",
    )

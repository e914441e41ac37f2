"""One training run and what is known of it: each step takes a run and returns one that knows more.

Between the tasks of a run stands its dict form, which every task reads with a check.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from slipway.domain.config import typed_replace, written
from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.json_value import Json
from slipway.domain.release import Origin

TRAIN, HOLDOUT = "train", "holdout"
"""The splits of a frozen training table."""

R = TypeVar("R")
"""The kind of recipe: what a run overrides of its line's."""


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """The frozen table of a run; ``digest`` is hex SHA-256 of its rows.

    ``definition`` is the digest of the line's definition that it was frozen by.
    """

    path: Path
    digest: str
    rows: int
    definition: str = ""


@dataclass(frozen=True, slots=True)
class ValidationRecord:
    """What validation proved; ``digest`` is of the findings, ``folder`` holds their pages.

    ``suspicions`` says in words what the audit of the inputs accuses, and ``accused`` whether it
    accuses any. ``resumed`` is a run that validation had stopped, and that goes on corrected.
    """

    folder: Path
    digest: str
    expectations: int
    suspicions: str
    accused: bool
    resumed: bool


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What was fitted: ``folder`` holds it.

    ``reproducibility`` says how it stands to earlier runs of its interval and recipe. ``plain`` is
    the same recipe's fit without the champion's help, where it had any; ``follows`` the version
    whose public ids it carries on. ``learned`` is the digest of what was learned alone.
    """

    folder: Path
    fingerprint: str
    reproducibility: str
    plain: Path | None = None
    follows: str | None = None
    learned: str = ""


@dataclass(frozen=True, slots=True)
class Run(Generic[R]):
    """A run whose table is frozen: of the line's data interval [start, end), by its recipe.

    ``key`` is the scheduler's name of the run, ``work`` the folder of its own.
    """

    line: str
    key: str
    start: datetime
    end: datetime
    recipe: R
    work: Path
    snapshot: SnapshotRecord

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {name: _plain(value) for name, value in _fields(self).items()}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], recipe: R) -> Self:
        """Read what :meth:`to_dict` wrote; ``recipe`` is the line's own, of the same kind.

        Raises BadInput for a field that is missing, unknown or of another type: the run was begun
        by another version of the code.
        """
        run: Self = _read(cls, raw, "run", recipe)
        return run

    def validated(self, found: ValidationRecord) -> "ValidatedRun[R]":
        """The run once its tables were proven."""
        return ValidatedRun(**_fields(self), validation=found)


@dataclass(frozen=True, slots=True)
class ValidatedRun(Run[R]):
    """A run whose tables are proven."""

    validation: ValidationRecord

    def trained(self, model: ModelRecord) -> "TrainedRun[R]":
        """The run once its model was fitted."""
        return TrainedRun(**_fields(self), model=model)


@dataclass(frozen=True, slots=True)
class TrainedRun(ValidatedRun[R]):
    """A run with a fitted model."""

    model: ModelRecord

    def evaluated(self, measurements: Path, champion: str | None) -> "EvaluatedRun[R]":
        """The run once its model was measured beside the version ``champion``."""
        return EvaluatedRun(**_fields(self), measurements=measurements, champion=champion)


@dataclass(frozen=True, slots=True)
class EvaluatedRun(TrainedRun[R]):
    """A run whose offline measurements lie in the file ``measurements``."""

    measurements: Path
    champion: str | None

    def registered(self, version: str, origin: Origin, author: str) -> "RegisteredRun[R]":
        """The run once its model is a version of the registry."""
        return RegisteredRun(**_fields(self), version=version, origin=origin, author=author)


@dataclass(frozen=True, slots=True)
class RegisteredRun(EvaluatedRun[R]):
    """A run whose model is registered; ``author`` started it and may not approve it."""

    version: str
    origin: Origin
    author: str


def _fields(value: Any) -> dict[str, Any]:  # any dataclass
    return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}


def _plain(value: Any) -> Any:  # whatever a run holds
    if dataclasses.is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in written(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def _read(kind: Any, raw: Any, where: str, recipe: Any = None) -> Any:  # whatever a run holds
    """The dataclass ``kind`` from its dict form; ``where`` names it for whoever reads the error."""
    names = [item.name for item in dataclasses.fields(kind)]
    _expect_names(raw, names, where)
    hints = typing.get_type_hints(kind)
    return kind(
        **{
            name: _recipe(recipe, raw[name])
            if hints[name] is R
            else _value(hints[name], raw[name], f"{where}.{name}")
            for name in names
        }
    )


def _value(hint: Any, raw: Any, where: str) -> Any:  # types are data here
    if isinstance(hint, types.UnionType):
        return None if raw is None else _value(typing.get_args(hint)[0], raw, where)
    if dataclasses.is_dataclass(hint):
        return _read(hint, raw, where)
    if hint in (str, int, bool):
        if type(raw) is hint:
            return raw
    elif isinstance(raw, str):
        try:
            return datetime.fromisoformat(raw) if hint is datetime else hint(raw)
        except ValueError:
            pass
    raise _refused(where, raw, f"a {hint.__name__}")


def _recipe(own: R, raw: Json) -> R:
    _expect_names(raw, list(written(own)), "run.recipe")
    try:
        return typed_replace(own, raw, where="run.recipe")
    except BadConfig as error:
        raise _refused(error.what, error.found, error.expected) from error


def _expect_names(raw: Json, names: list[str], where: str) -> None:
    if not isinstance(raw, Mapping):
        raise _refused(where, raw, f"a table of {', '.join(names)}")
    for word, odd in (("unknown", set(raw) - set(names)), ("missing", set(names) - set(raw))):
        if odd:
            raise _refused(f"{word} fields of the {where}", sorted(odd), "none")


def _refused(what: str, found: object, expected: str) -> BadInput:
    return BadInput(
        what,
        found=found,
        expected=f"{expected}, as this version of the code hands it from task to task",
        next_step="clear the run from its first task",
    )

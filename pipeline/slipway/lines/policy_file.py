"""The installation's policy file: single knobs of declared lines, overridden in TOML."""

import os
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from slipway.domain.config import typed_replace
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.stage import CANARY_STAGES
from slipway.domain.watch_policy import WatchPolicy

Knobs = TypeVar("Knobs")

WATCH = "watch"
"""The table of a line's watch."""

LOOP = "loop"
"""The table of what a line tolerates of the loop with its own clicks."""

FOLDER = "policy"
"""Below the installation's home: the policy file as it was last understood for each line."""


def with_policy(line: DeclaredLine, policy_file: Path | None) -> DeclaredLine:
    """The line with the knobs of its own table in ``policy_file``; other tables are no matter of it.

    Raises BadConfig for no TOML, or a wrong knob.
    """
    if policy_file is None:
        return line
    where = f"{line.name}.policy"
    overrides = dict(_table(where, _tables(policy_file).get(line.name, {})))
    if hasattr(line.policy, "canary"):  # of a kind with traffic
        overrides["canary"] = _canary(where, line.policy, overrides.pop("canary", {}))
    for other in (WATCH, LOOP):  # decide nothing of a release
        overrides.pop(other, None)
    kept = f"{line.name}.retention"
    days = _table(kept, overrides.pop("retention", {}))
    changed: DeclaredLine = replace(
        line,  # type: ignore[type-var]  # every kind of line is a dataclass, which a protocol cannot say
        retention=typed_replace(line.retention, days, where=kept),
        policy=typed_replace(line.policy, overrides, where=where),
    )
    return changed


def watch_policy(name: str, policy_file: Path | None) -> WatchPolicy:
    """The knobs of a line's watch, with those of its table ``watch``; raises BadConfig as :func:`with_policy`."""
    return _own(name, WATCH, WatchPolicy(), policy_file)


def loop_policy(name: str, policy_file: Path | None) -> LoopPolicy:
    """The knobs of a line's loop, with those of its table ``loop``; raises BadConfig as :func:`with_policy`."""
    return _own(name, LOOP, LoopPolicy(), policy_file)


def _own(name: str, table: str, usual: Knobs, policy_file: Path | None) -> Knobs:
    """The usual knobs with those of a line's own ``table``."""
    if policy_file is None:
        return usual
    where = f"{name}.{table}"
    own = _table(f"{name}.policy", _tables(policy_file).get(name, {}))
    return typed_replace(usual, _table(where, own.get(table, {})), where=where)


def with_understood(
    line: DeclaredLine, policy_file: Path | None, home: Path
) -> tuple[DeclaredLine, str]:
    """The line with the knobs of ``policy_file``, or with those that were last understood in ``home``.

    The second says what is wrong with the file now, "" where nothing is: harm is judged and users
    are answered all the same. Raises BadConfig for a file that was never understood.
    """
    if policy_file is None:
        return line, ""
    last = home / FOLDER / f"{line.name}.toml"
    text = _bytes(policy_file)
    try:
        found = with_policy(line, policy_file)
    except BadConfig as error:
        if not last.is_file():
            raise
        said = f"{error}; until then the policy that was last understood goes on"
        return with_policy(line, last), said
    if text is not None and text != _bytes(last):
        with suppress(OSError):  # a full disk keeps nobody from being judged
            _keep(last, text)
    return found, ""


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _keep(path: Path, text: bytes) -> None:
    """Replace the file, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.draft")
    draft.write_bytes(text)
    draft.replace(path)


def _canary(where: str, policy: Any, raw: Any) -> tuple[Any, ...]:  # the kind's own, TOML
    """The rules of the canary stages, each with its own knobs."""
    canary = _table(f"{where}.canary", raw)
    unknown = set(canary) - {stage.value for stage in CANARY_STAGES}
    if unknown:
        raise BadConfig(
            f"{where}.canary",
            found=sorted(unknown),
            expected=f"one of {[stage.value for stage in CANARY_STAGES]}",
            next_step="correct the stage's name",
        )
    return tuple(
        typed_replace(
            policy.rule(stage),
            _table(f"{where}.{stage}", canary.get(stage.value, {})),
            where=f"{where}.{stage}",
        )
        for stage in CANARY_STAGES
    )


def strangers(policy_file: Path | None, known: Sequence[str]) -> dict[str, BadConfig]:
    """What stands in ``policy_file`` beside the tables of the ``known`` lines: each is a fault of that name.

    Raises BadConfig for no TOML.
    """
    found = sorted(set(_tables(policy_file)) - set(known)) if policy_file else ()
    return {
        name: BadConfig(
            f"policy file, [{name}]",
            found="no such line here",
            expected=f"a table for a declared line: {', '.join(f'[{n}]' for n in known)}",
            next_step="correct the line's name, install its package, or put the knob below its line:"
            " until then nothing follows it",
        )
        for name in found
    }


def _tables(policy_file: Path) -> dict[str, Any]:
    """All that stands in the policy file; raises BadConfig for no TOML."""
    try:
        return tomllib.loads(policy_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(
            "policy file",
            found=str(policy_file),
            expected="TOML that can be read",
            next_step=f"correct it or the variable SLIPWAY_POLICY ({error})",
        ) from error


def _table(where: str, found: Any) -> dict[str, Any]:  # whatever TOML holds
    if isinstance(found, dict):
        return found
    raise BadConfig(
        where,
        found=found,
        expected="a table of knobs",
        next_step="write one knob in a line below it",
    )

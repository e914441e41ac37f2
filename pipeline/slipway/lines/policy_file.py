"""The installation's policy file: single knobs of declared lines, overridden in TOML."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from slipway.domain.config import typed_replace
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig
from slipway.domain.stage import CANARY_STAGES
from slipway.domain.watch_policy import WatchPolicy

WATCH = "watch"
"""The table of a line's watch."""


def with_policy(
    line: DeclaredLine, policy_file: Path | None, known: Callable[[], Sequence[str]]
) -> DeclaredLine:
    """The line with the knobs of ``policy_file``; a table in it may be of any of the ``known`` names.

    Raises BadConfig for no TOML, a line that is not declared, or a wrong knob.
    """
    if policy_file is None:
        return line
    overrides = _overrides(line.name, policy_file, known())
    where = f"{line.name}.policy"
    if hasattr(line.policy, "canary"):  # of a kind with traffic
        overrides["canary"] = _canary(where, line.policy, overrides.pop("canary", {}))
    overrides.pop(
        WATCH, None
    )  # knobs of what is looked at later, which decide nothing of a release
    kept = f"{line.name}.retention"
    days = _table(kept, overrides.pop("retention", {}))
    changed: DeclaredLine = replace(
        line,  # type: ignore[type-var]  # every kind of line is a dataclass, which a protocol cannot say
        retention=typed_replace(line.retention, days, where=kept),
        policy=typed_replace(line.policy, overrides, where=where),
    )
    return changed


def watch_policy(
    name: str, policy_file: Path | None, known: Callable[[], Sequence[str]]
) -> WatchPolicy:
    """The knobs of a line's watch, with those of its table ``watch``; raises BadConfig as :func:`with_policy`."""
    if policy_file is None:
        return WatchPolicy()
    where = f"{name}.{WATCH}"
    changed = _table(where, _overrides(name, policy_file, known()).get(WATCH, {}))
    return typed_replace(WatchPolicy(), changed, where=where)


def _canary(where: str, policy: Any, raw: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the kind's own, TOML
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


def _overrides(name: str, policy_file: Path, known: Sequence[str]) -> dict[str, Any]:
    """The line's table of the policy file; raises BadConfig for no TOML, or a line that is not declared."""
    try:
        tables = tomllib.loads(policy_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(
            "policy file",
            found=str(policy_file),
            expected="TOML that can be read",
            next_step=f"correct it or the variable SLIPWAY_POLICY ({error})",
        ) from error
    unknown = sorted(set(tables) - set(known))
    if unknown:
        raise BadConfig(
            "policy file",
            found=", ".join(unknown),
            expected=f"a table for a declared line: {', '.join(f'[{n}]' for n in known)}",
            next_step="correct the line's name, or put the knob below its line",
        )
    return _table(f"{name}.policy", tables.get(name, {}))


def _table(where: str, found: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever TOML holds
    if isinstance(found, dict):
        return found
    raise BadConfig(
        where,
        found=found,
        expected="a table of knobs",
        next_step="write one knob in a line below it",
    )

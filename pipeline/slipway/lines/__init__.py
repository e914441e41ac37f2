"""The declared model lines; ``names()`` is cheap enough for a DAG file's parse."""

import tomllib
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from slipway.domain.clusters import ClusterLine
from slipway.domain.config import typed_replace
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig, UnknownReference
from slipway.domain.line import Line
from slipway.domain.stage import CANARY_STAGES

_LINES = {"feed": "slipway.examples.films.line"}
_CLUSTERS = {"posts": "slipway.examples.posts"}
"""The one place that names bundled lines: the module whose ``LINE`` each of them is."""


def names() -> tuple[str, ...]:
    """Names of the declared lines that rank: those with live traffic."""
    return tuple(_LINES)


def cluster_names() -> tuple[str, ...]:
    """Names of the declared lines that cluster: they have stages of their own, without traffic."""
    return tuple(_CLUSTERS)


def all_names() -> tuple[str, ...]:
    """Names of all declared lines."""
    return (*_LINES, *_CLUSTERS)


def modules() -> tuple[str, ...]:
    """Modules with the code of declared lines: what a process that forks imports beforehand."""
    return (*_LINES.values(), *_CLUSTERS.values(), *(load(name).rules for name in _LINES))


def declared(name: str, policy_file: Path | None = None) -> DeclaredLine:
    """The line called ``name``, whatever its kind; ``policy_file`` as for :func:`load`."""
    return load_clusters(name, policy_file) if name in _CLUSTERS else load(name, policy_file)


def load_clusters(name: str, policy_file: Path | None = None) -> ClusterLine:
    """The line of clusters called ``name``; ``policy_file`` as for :func:`load`.

    Raises UnknownReference for one that is not declared and BadConfig for a wrong knob.
    """
    if name not in _CLUSTERS:
        raise UnknownReference(
            "line of clusters",
            found=name,
            expected=f"one of {', '.join(_CLUSTERS)}",
            next_step="declare it in pipeline/slipway/lines",
        )
    line: ClusterLine = import_module(_CLUSTERS[name]).LINE
    overrides = _overrides(name, policy_file)
    return replace(line, policy=typed_replace(line.policy, overrides, where=f"{name}.policy"))


def load(name: str, policy_file: Path | None = None) -> Line:
    """The line called ``name``; ``policy_file`` (TOML, a table per line) overrides its policy.

    Raises UnknownReference for a line that is not declared and BadConfig for a wrong knob.
    """
    if name not in _LINES:
        raise UnknownReference(
            "line",
            found=name,
            expected=f"one of {', '.join(_LINES)}",
            next_step="declare it in pipeline/slipway/lines",
        )
    line: Line = import_module(_LINES[name]).LINE
    overrides = _overrides(name, policy_file)
    canary = _table(f"{name}.policy.canary", overrides.pop("canary", {}))
    unknown = set(canary) - {stage.value for stage in CANARY_STAGES}
    if unknown:
        raise BadConfig(
            f"{name}.policy.canary",
            found=sorted(unknown),
            expected=f"one of {[stage.value for stage in CANARY_STAGES]}",
            next_step="correct the stage's name",
        )
    rules = tuple(
        typed_replace(
            line.policy.rule(stage),
            _table(f"{name}.policy.{stage}", canary.get(stage.value, {})),
            where=f"{name}.policy.{stage}",
        )
        for stage in CANARY_STAGES
    )
    policy = typed_replace(line.policy, {**overrides, "canary": rules}, where=f"{name}.policy")
    return replace(line, policy=policy)


def _overrides(name: str, policy_file: Path | None) -> dict[str, Any]:
    """The line's table of the policy file; raises BadConfig for no TOML, or a line that is not declared."""
    if policy_file is None:
        return {}
    try:
        tables = tomllib.loads(policy_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(
            "policy file",
            found=str(policy_file),
            expected="TOML that can be read",
            next_step=f"correct it or the variable SLIPWAY_POLICY ({error})",
        ) from error
    unknown = sorted(set(tables) - set(all_names()))
    if unknown:
        raise BadConfig(
            "policy file",
            found=", ".join(unknown),
            expected=f"a table for a declared line: {', '.join(f'[{n}]' for n in all_names())}",
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

"""The declared model lines; ``names()`` is cheap enough for a DAG file's parse."""

import tomllib
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from pipeline.domain.clusters import ClusterLine
from pipeline.domain.config import typed_replace
from pipeline.domain.errors import BadConfig, UnknownReference
from pipeline.domain.line import Line
from pipeline.domain.stage import CANARY_STAGES

_LINES = ("feed",)
_CLUSTERS = ("posts",)


def names() -> tuple[str, ...]:
    """Names of the declared lines that rank: those with live traffic."""
    return _LINES


def cluster_names() -> tuple[str, ...]:
    """Names of the declared lines that cluster: they have a road of their own, without traffic."""
    return _CLUSTERS


def all_names() -> tuple[str, ...]:
    """Names of all declared lines."""
    return _LINES + _CLUSTERS


def cron(name: str) -> str:
    """When the line is retrained (UTC), whatever its kind."""
    return load_clusters(name).cron if name in _CLUSTERS else load(name).cron


def load_clusters(name: str, policy_file: Path | None = None) -> ClusterLine:
    """The line of clusters called ``name``; ``policy_file`` as for :func:`load`.

    Raises UnknownReference for one that is not declared and BadConfig for a wrong knob.
    """
    if name not in _CLUSTERS:
        raise UnknownReference(
            "line of clusters",
            found=name,
            expected=f"one of {', '.join(_CLUSTERS)}",
            next_step="declare it in pipeline/lines",
        )
    line: ClusterLine = import_module(f"pipeline.lines.{name}").LINE
    overrides = tomllib.loads(policy_file.read_text()).get(name, {}) if policy_file else {}
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
            next_step="declare it in pipeline/lines",
        )
    line: Line = import_module(f"pipeline.lines.{name}").LINE
    if policy_file is None:
        return line
    overrides = tomllib.loads(policy_file.read_text()).get(name, {})
    canary = overrides.pop("canary", {})
    unknown = set(canary) - {stage.value for stage in CANARY_STAGES}
    if unknown:
        raise BadConfig(
            f"{name}.policy.canary",
            found=sorted(unknown),
            expected=f"one of {[stage.value for stage in CANARY_STAGES]}",
            next_step="correct the stage's name",
        )
    policy = typed_replace(line.policy, overrides, where=f"{name}.policy")
    rules = tuple(
        typed_replace(
            line.policy.rule(stage), canary.get(stage.value, {}), where=f"{name}.policy.{stage}"
        )
        for stage in CANARY_STAGES
    )
    return replace(line, policy=replace(policy, canary=rules))

"""How a version comes into the registry: a run with its files first, then the version itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.domain.errors import BadInput
from slipway.registry import flavors, page, runs
from slipway.registry.names import (
    EVIDENCE_FILES,
    EVIDENCE_FOLDER,
    KEY,
    RANKER_DIGEST,
    RANKER_FOLDER,
    RUN_DATA,
)
from slipway.registry.rest import Rest
from slipway.registry.shown import run_data


@dataclass(frozen=True, slots=True)
class Registration:
    """One version to be: its model, the key that names the attempt, and what it is made of."""

    line: str
    model: str
    key: str
    ranker: Path
    evidence: Path | None
    tags: Mapping[str, str]
    description: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


def register(rest: Rest, new: Registration) -> str:
    """The version of that registration; what an earlier attempt left is gone on with."""
    page.check_description(new.description)
    registered = _with_key(rest, new.model, new.key)
    if registered:
        return registered
    name = f"{new.model} {new.key[:24]}"
    run = runs.open_run(rest, new.line, name, {KEY: f"{new.model}:{new.key}"})
    runs.log(rest, run, new.params, new.metrics)
    digests = _upload(rest, run, new)
    runs.end(rest, run, "FINISHED")
    tags = {**new.tags, **digests, KEY: new.key, RUN_DATA: run_data(new.params, new.metrics)}
    answer = rest.create(
        "model-versions/create",
        name=new.model,
        source=f"{run.root}/{RANKER_FOLDER}",
        run_id=run.id,
        tags=[{"key": k, "value": page.placed(v, *run[:2])} for k, v in tags.items()],
        description=page.placed(new.description, *run[:2]),
    )
    return str(answer["model_version"]["version"])


def _upload(rest: Rest, run: runs.MlflowRun, new: Registration) -> dict[str, str]:
    with flavors.described(new.ranker, new.line) as folder:
        digests = {RANKER_DIGEST: rest.upload(run.root, folder, RANKER_FOLDER)}
    if new.evidence is not None:
        digests[EVIDENCE_FILES] = rest.upload(run.root, new.evidence, EVIDENCE_FOLDER)
    return digests


def _with_key(rest: Rest, model: str, key: str) -> str | None:
    if "'" in key:
        raise BadInput(
            "registration key",
            found=key,
            expected="without quotes",
            next_step="name the run by its id and its digests",
        )
    query = f"name = '{model}' AND tags.`{KEY}` = '{key}'"
    found = rest.get("model-versions/search", filter=query).get("model_versions", ())
    return str(found[0]["version"]) if found else None

"""MLflow runs: where a version's files, parameters and metrics live."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from slipway.registry.names import KEY
from slipway.registry.rest import RegistryRefused, Rest
from slipway.registry.shown import NOTE, run_data

_BATCH = 100  # MLflow takes at most this many parameters or tags in one call


class MlflowRun(NamedTuple):
    """A run's id, its experiment and the URI below which its artifacts are."""

    id: str
    experiment: str
    root: str


def _run(raw: Mapping[str, Any]) -> MlflowRun:
    info = raw["info"]
    return MlflowRun(info["run_id"], info["experiment_id"], info["artifact_uri"])


def get(rest: Rest, run_id: str) -> MlflowRun:
    """The run of that id."""
    return _run(rest.get("runs/get", run_id=run_id)["run"])


def data_of(rest: Rest, run_id: str) -> str:
    """The digest of the numbers that MLflow shows of a run."""
    data = rest.get("runs/get", run_id=run_id)["run"].get("data", {})
    pairs = {
        name: {item["key"]: item.get("value", "") for item in data.get(name, ())}
        for name in ("params", "metrics", "tags")
    }
    return run_data(pairs["params"], pairs["metrics"], pairs["tags"].get(NOTE, ""))


def experiment(rest: Rest, name: str) -> str:
    """The id of the experiment called ``name``, made where it is missing."""
    for _ in range(2):
        try:
            found = rest.get("experiments/get-by-name", experiment_name=name)
            return str(found["experiment"]["experiment_id"])
        except RegistryRefused as refusal:
            if refusal.code != "RESOURCE_DOES_NOT_EXIST":
                raise
        try:
            return str(rest.create("experiments/create", name=name)["experiment_id"])
        except RegistryRefused as refusal:
            if refusal.code != "RESOURCE_ALREADY_EXISTS":
                raise  # else another task was faster: look again
    return str(rest.create("experiments/create", name=name)["experiment_id"])


def open_run(rest: Rest, line: str, name: str, tags: Mapping[str, str]) -> MlflowRun:
    """The run with this key, made where it is missing: a repeated task goes on in its own run."""
    experiment_id = experiment(rest, line)
    query = f"tags.`{KEY}` = '{tags[KEY]}'"
    found = rest.search("runs/search", experiment_ids=[experiment_id], filter=query, max_results=1)
    if found.get("runs"):
        return _run(found["runs"][0])
    answer = rest.create(
        "runs/create",
        experiment_id=experiment_id,
        run_name=name,
        start_time=_wall_ms(),
        tags=[{"key": k, "value": v} for k, v in tags.items()],
    )
    return _run(answer["run"])


def log(
    rest: Rest, run: MlflowRun, params: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Log parameters and metrics of a run."""
    rows = [{"key": k, "value": str(v)} for k, v in params.items()]
    stamp = _wall_ms()
    measured = [{"key": k, "value": v, "timestamp": stamp, "step": 0} for k, v in metrics.items()]
    for start in range(0, max(len(rows), len(measured)), _BATCH):
        part = slice(start, start + _BATCH)
        rest.put("runs/log-batch", run_id=run.id, params=rows[part], metrics=measured[part])


def tag(rest: Rest, run: MlflowRun, tags: Mapping[str, str]) -> None:
    """Set tags of a run."""
    rest.put(
        "runs/log-batch", run_id=run.id, tags=[{"key": k, "value": v} for k, v in tags.items()]
    )


def end(rest: Rest, run: MlflowRun, status: str) -> None:
    """Close a run as FINISHED or FAILED."""
    rest.put("runs/update", run_id=run.id, status=status, end_time=_wall_ms())


def _wall_ms() -> int:
    """Wall time for MLflow's own pages; no decision reads it."""
    return int(time.time() * 1000)

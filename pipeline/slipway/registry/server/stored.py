"""What the server's own stores hold of a run: read in its process, past no guard and no network."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from slipway.artifact.digest import digest
from slipway.artifact.manifest import Manifest
from slipway.domain.errors import BadInput
from slipway.registry.facts import VersionFacts
from slipway.registry.names import RANKER_DIGEST
from slipway.registry.server.refusals import forbidden
from slipway.registry.shown import NOTE, ShownRun, is_ranker, run_data

_SCHEME = "mlflow-artifacts:"


def shown(facts: VersionFacts) -> ShownRun:
    """What the run of a version shows; raises Refused where it cannot be read whole."""
    from mlflow.server.handlers import _get_tracking_store  # only in the server

    try:
        run = _get_tracking_store().get_run(facts.run_id)
        root, store = _inside(facts, run.info.artifact_uri), _store()
        with tempfile.TemporaryDirectory() as scratch:
            files = {
                path.removeprefix(f"{root}/"): _sha256(store, path, scratch)
                for path in _paths(store, root)
                if not is_ranker(path.removeprefix(f"{root}/"))
            }
    except (MlflowException, OSError) as error:
        raise _unreadable(facts, str(error)) from error
    data = run.data
    return ShownRun(files, run_data(data.params, data.metrics, data.tags.get(NOTE, "")))


def content(facts: VersionFacts, path: str) -> bytes:
    """One file of a version's run; raises Refused where it cannot be read."""
    from mlflow.server.handlers import _get_tracking_store  # only in the server

    try:
        root = _inside(facts, _get_tracking_store().get_run(facts.run_id).info.artifact_uri)
        with tempfile.TemporaryDirectory() as scratch:
            return Path(
                _store().download_artifacts(f"{root}/{path}", dst_path=scratch)
            ).read_bytes()
    except (MlflowException, OSError) as error:
        raise _unreadable(facts, str(error)) from error


def manifest(facts: VersionFacts) -> Manifest:
    """What kind of ranker a version's files hold, read from the very files that are registered.

    Raises Refused where they are not those of its digest, or no ranker.
    """
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = _store().download_artifacts(_inside(facts, facts.source), dst_path=scratch)
            found = digest(Path(folder))
            if found != facts.tags.get(RANKER_DIGEST):
                raise _unreadable(facts, f"files with digest {found[:12]}")
            return Manifest.read(Path(folder))
    except (MlflowException, OSError, BadInput) as error:
        raise _unreadable(facts, str(error)) from error


def _store() -> Any:  # MLflow has no types
    from mlflow.server import ARTIFACTS_DESTINATION_ENV_VAR  # only in the server
    from mlflow.store.artifact.artifact_repository_registry import (  # only in the server
        get_artifact_repository,
    )

    return get_artifact_repository(os.environ.get(ARTIFACTS_DESTINATION_ENV_VAR, ""))


def _inside(facts: VersionFacts, uri: str) -> str:
    """The path of an artifact below the server's destination."""
    scheme, path = uri[: len(_SCHEME)], uri[len(_SCHEME) :].strip("/")
    if scheme != _SCHEME or not path or ".." in path.split("/"):
        raise _unreadable(facts, f"files at {uri}")
    return path


def _paths(store: Any, folder: str) -> Iterator[str]:  # MLflow has no types
    for item in store.list_artifacts(folder):
        if item.is_dir:
            yield from _paths(store, item.path)
        else:
            yield item.path


def _sha256(store: Any, path: str, scratch: str) -> str:  # MLflow has no types
    content = Path(store.download_artifacts(path, dst_path=scratch))
    found = hashlib.sha256(content.read_bytes()).hexdigest()
    content.unlink()
    return found


def _unreadable(facts: VersionFacts, found: str) -> Exception:
    return forbidden(
        f"files of {facts.name}",
        found=found[:200],
        expected="those it was registered with, in the server's artifact store",
        next_step="register the version again",
    )

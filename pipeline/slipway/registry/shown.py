"""What a reviewer opens: the files of a version's run, and the numbers that MLflow shows of it.

One comparison for the server, when a word is given, and for the pipeline, when it is used: both ask
whether the run still shows what the version's tags name. The tags are under the reviewer's seal.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from slipway.artifact.digest import files_digest
from slipway.domain.errors import ApprovalRefused
from slipway.registry.facts import VersionFacts
from slipway.registry.names import (
    EVIDENCE_FILES,
    EVIDENCE_FOLDER,
    LIVE_FILES,
    LIVE_FOLDER,
    RANKER_FOLDER,
    RUN_DATA,
)

NOTE = "mlflow.note.content"
"""The tag of a run that MLflow shows as its description."""

_BOUND = {EVIDENCE_FOLDER: EVIDENCE_FILES, LIVE_FOLDER: LIVE_FILES}
"""Folder of a run → the version's tag with the digest of its files."""


@dataclass(frozen=True, slots=True)
class ShownRun:
    """What a run shows now.

    ``files`` maps the path of each file but the ranker's, which has its own digest, to the hex
    SHA-256 of its content; ``data`` is :func:`run_data`.
    """

    files: Mapping[str, str]
    data: str


def run_data(params: Mapping[str, object], metrics: Mapping[str, float], note: str = "") -> str:
    """Hex SHA-256 of a run's parameters, metrics and description, as MLflow's page shows them."""
    body = {
        "params": {key: str(value) for key, value in params.items()},
        "metrics": {key: repr(float(value)) for key, value in metrics.items()},
        "note": note,
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def is_ranker(path: str) -> bool:
    """Whether a file belongs to the ranker: the router checks it against a digest of its own."""
    return path.split("/", maxsplit=1)[0] == RANKER_FOLDER


def check_shown(facts: VersionFacts, shown: ShownRun) -> None:
    """Raises ApprovalRefused where a run shows something else than the tags of its version name.

    A run without a tag of its data was registered by an older Slipway: its numbers are not held.
    """
    parts: dict[str, dict[str, str]] = {folder: {} for folder in _BOUND}
    for path, sha256 in shown.files.items():
        folder, _, inner = path.partition("/")
        if folder not in parts or not inner:
            raise _changed(facts, path, "no file beside the evidence")
        parts[folder][inner] = sha256
    for folder, tag in _BOUND.items():
        found = files_digest(parts[folder]) if parts[folder] else ""
        expected = facts.tags.get(tag, "")
        if found != expected:
            raise _changed(
                facts,
                f"{folder}/ with digest {found[:12] or 'of no files'}",
                f"{expected[:12] or 'no files'}, as the pipeline attached it",
            )
    data = facts.tags.get(RUN_DATA)
    if data is not None and shown.data != data:
        raise _changed(
            facts, "other parameters, metrics or description", "those it was registered with"
        )


def _changed(facts: VersionFacts, found: str, expected: str) -> ApprovalRefused:
    return ApprovalRefused(
        f"what a reviewer reads of {facts.name}",
        found=found,
        expected=expected,
        next_step="somebody changed what the reviewer reads: retrain the week",
    )

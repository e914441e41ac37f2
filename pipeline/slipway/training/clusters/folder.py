"""The folder of a week's clusters: what is registered, and what the next week follows.

``clusters.json`` holds the clusters by id, with names and words; ``state.npz`` the posts' ids and
the sorter. Equal clusters have equal bytes.
"""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from slipway.domain.cluster import Cluster
from slipway.domain.errors import BadInput
from slipway.training.clusters.sorter import Sorter
from slipway.training.clusters.state import State
from slipway.training.fingerprint import DECIMALS

FORMAT = 1
MANIFEST, ARRAYS = "clusters.json", "state.npz"


def write(folder: Path, line: str, state: State, fingerprint: str, follows: str | None) -> Path:
    """Write a week's clusters into ``folder``; ``follows`` is the version whose ids they carry on."""
    folder.mkdir(parents=True, exist_ok=True)
    body = {
        "format": FORMAT,
        "line": line,
        "follows": follows,
        "fingerprint": fingerprint,
        "cut": state.cut.isoformat(),
        "next_id": state.next_id,
        "clusters": [asdict(c) | {"born": c.born.isoformat()} for c in state.clusters],
    }
    (folder / MANIFEST).write_text(json.dumps(body, sort_keys=True, indent=1) + "\n")
    arrays: dict[str, Any] = {"posts": state.posts, "labels": state.labels, "texts": state.texts}
    np.savez(folder / ARRAYS, allow_pickle=False, **arrays, **state.sorter.arrays())
    return folder


def read(folder: Path, line: str) -> State:
    """Read a week's clusters; raises BadInput where they are missing, damaged or another line's."""
    try:
        raw = _manifest(folder, line)
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        sorter = Sorter(**{name: found.pop(name) for name in Sorter.__slots__})
        clusters = tuple(_cluster(each) for each in raw["clusters"])
        cut = date.fromisoformat(raw["cut"])
        return State(cut, **found, clusters=clusters, next_id=raw["next_id"], sorter=sorter)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise BadInput(
            f"clusters of {line} in {folder.name}",
            found=str(error),
            expected=f"{MANIFEST} and {ARRAYS} of format {FORMAT}, as registered",
            next_step="nothing was trained, last week's clusters stay: restore the champion's files",
        ) from error


def follows(folder: Path, line: str) -> str | None:
    """The version whose ids the clusters in ``folder`` carry on; None for a first week."""
    version: str | None = _manifest(folder, line)["follows"]
    return version


def _manifest(folder: Path, line: str) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    if (raw["format"], raw["line"]) != (FORMAT, line):
        raise ValueError(f"format {raw['format']} of line {raw['line']}")
    return raw


def learned(state: State) -> str:
    """Hex SHA-256 of what was learned: ids, clusters and the sorter, rounded."""
    digest = hashlib.sha256("\n".join(map(str, state.posts)).encode())
    for whole in (state.labels, state.texts, state.sorter.ids):
        digest.update(np.asarray(whole, np.int64).tobytes())
    for real in (state.sorter.idf, state.sorter.components, state.sorter.centres):
        digest.update((np.round(real, DECIMALS) + 0.0).tobytes())
    named = [(c.id, c.name, c.born.isoformat(), c.parent, c.posts) for c in state.clusters]
    digest.update(json.dumps([named, state.next_id]).encode())
    return digest.hexdigest()


def _cluster(raw: dict[str, Any]) -> Cluster:
    words = {
        name: tuple((str(word), float(weight)) for word, weight in raw[name])
        for name in ("terms", "named_for")
    }
    return Cluster(**{**raw, **words, "born": date.fromisoformat(raw["born"])})

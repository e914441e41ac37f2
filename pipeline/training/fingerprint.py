"""The fingerprint: equal exactly when rows, code, requirements, recipe and learned state are equal.

Files are not digested: they carry timestamps. What a model *learned* is digested (its trees, its
examination), and what it *answers* on fixed probe rows.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.domain.errors import BadConfig
from pipeline.domain.line import Recipe
from pipeline.training.compiled import CompiledTrees

Array = npt.NDArray[np.float64]

ROOMS = ("domain", "data", "training", "lines")
"""Rooms whose code decides what a model becomes."""

DECIMALS = 12
"""Answers are rounded here: the exponential's last bits are the processor's, not the model's."""

_PACKAGE = Path(__file__).resolve().parent.parent


def combine(parts: Mapping[str, str]) -> str:
    """Hex SHA-256 over named digests, whatever their order.

    >>> combine({"a": "1", "b": "2"}) == combine({"b": "2", "a": "1"})
    True
    """
    return _sha256(json.dumps(dict(parts), sort_keys=True).encode())


def of_code(package: Path = _PACKAGE) -> str:
    """Digest of the source of :data:`ROOMS`, by relative name and content."""
    state = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((package / room).glob("*.py")):
            state.update(f"{room}/{path.name}\0".encode())
            state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


def of_lock(lock: Path = _PACKAGE.parent / "requirements.lock") -> str:
    """Digest of the requirements lock; raises BadConfig where it is missing."""
    if not lock.is_file():
        raise BadConfig(
            "requirements lock",
            found=f"no file {lock.name} beside the package",
            expected="the lock this environment was installed from",
            next_step="run from a checkout, or copy the lock beside the package",
        )
    return _sha256(lock.read_bytes())


def of_recipe(recipe: Recipe) -> str:
    """Digest of every knob of the recipe, seeds included; its name is a label and left out."""
    knobs = asdict(recipe)
    knobs.pop("name")
    return _sha256(json.dumps(knobs, sort_keys=True).encode())


def of_learned(trees: Sequence[CompiledTrees], theta: Array, probe: Array) -> str:
    """Digest of what was learned: the trees of all seeds, theta float64[places], and answers.

    ``probe`` float64[m, inputs] are rows that every seed's model answers.
    """
    state = hashlib.sha256(np.round(theta, DECIMALS).tobytes())
    for model in trees:
        state.update(model.digest().encode())
        state.update((np.round(model.predict_proba(probe), DECIMALS) + 0.0).tobytes())
    return state.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

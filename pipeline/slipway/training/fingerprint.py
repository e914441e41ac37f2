"""The fingerprint: equal exactly when rows, code, environment, recipe and learned state are equal.

Files are not digested: they carry timestamps. What a model *learned* is digested (its trees, its
examination), and what it *answers* on fixed probe rows. The parts are kept apart, so that a reader sees which one differs.
"""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.artifact.ensemble import Ensemble
from slipway.domain import former_names
from slipway.domain.clusters import ClusterRecipe
from slipway.domain.config import by_first_names
from slipway.domain.errors import NotReproducible
from slipway.domain.line import ModelRecipe

Array = npt.NDArray[np.float64]

DECIMALS = 12
"""Answers are rounded here: the exponential's last bits are the processor's, not the model's."""

_NO_CLAIM = (
    "name",
    "seeds",
    former_names.CATEGORY_BOOST,
    "ensemble",
    "anchor",
    "blend",
    "tree_sets",
    "warm_start",
)

_PACKAGE = Path(__file__).resolve().parent.parent

_FORMER = "lock"
"""A part that only fingerprints of Slipway 0.1 have; their ``code`` is that of four rooms."""

PARTS = {
    "snapshot": "the rows of the snapshot",
    "code": "Slipway's code",
    "environment": "the installed packages",
    "recipe": "the recipe",
    "line": "the line's own code",
    "adopted": "the files of the adopted model",
    "champion": "the champion that the recipe blends with",
    "learned": "what was learned",
}
"""The parts of a fingerprint in words, causes before what they cause."""


def combine(parts: Mapping[str, str]) -> str:
    """Hex SHA-256 over named digests, whatever their order.

    >>> combine({"a": "1", "b": "2"}) == combine({"b": "2", "a": "1"})
    True
    """
    return _sha256(json.dumps(dict(parts), sort_keys=True).encode())


def of_code(package: Path = _PACKAGE) -> str:
    """Digest of the source of all of Slipway, by relative name and content.

    The copies of a clone's other folders that a wheel holds are left out: equal code, equal digest.
    """
    state = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if "bundled" not in name.parts[:-2]:
            state.update(f"{name.as_posix()}\0".encode())
            state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


LOADED = of_code()
"""Digest of the code as this process began to read it."""


def of_running_code() -> str:
    """:data:`LOADED`; raises NotReproducible where the files are others by now.

    A process that began with one version of the code and loads the rest from another runs code
    that nobody can ever run again.
    """
    if (found := of_code()) != LOADED:
        raise NotReproducible(
            "code on disk",
            found=found[:12],
            expected=f"{LOADED[:12]}, as when this process began",
            next_step="the code was changed meanwhile: start the run again",
        )
    return LOADED


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The parts of two fingerprints that differ, in words, causes first.

    >>> differing({"code": "1", "environment": "2"}, {"code": "1", "environment": "3"})
    ('the installed packages',)
    """
    return tuple(said for part, said in PARTS.items() if before.get(part) != now.get(part))


def compare(earlier: Sequence[Mapping[str, str]], now: Mapping[str, str]) -> str:
    """One sentence on how ``now`` stands to ``earlier`` runs of its interval and recipe.

    Raises NotReproducible where an earlier run differs in nothing but what was learned: then
    something decides the model that is not in the fingerprint, and no two weeks can be compared.
    """
    if not earlier:
        return "the first run of this interval and recipe"
    alike = [before for before in earlier if _FORMER not in before]
    if not alike:
        return _beside_former(earlier, now)
    nearest = min(reversed(alike), key=lambda before: len(_causes(before, now)))
    causes, learned = _causes(nearest, now), nearest["learned"] == now["learned"]
    if not causes and not learned:
        raise NotReproducible(
            PARTS["learned"],
            found=now["learned"][:12],
            expected=f"{nearest['learned'][:12]}, as from the same rows, code, packages and recipe before",
            next_step=f"compare the machines: this one is {platform.platform()}",
        )
    if not causes:
        return "the same as an earlier run of this interval and recipe"
    end = f"; {PARTS['learned']} is the same" if learned else ""
    return f"differs from an earlier run of this interval in {' and '.join(causes)}{end}"


def _causes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(said for said in differing(before, now) if said != PARTS["learned"])


def _beside_former(earlier: Sequence[Mapping[str, str]], now: Mapping[str, str]) -> str:
    """As :func:`compare`, where all earlier runs were fingerprinted by Slipway 0.1."""
    unlike = {PARTS["code"], PARTS["environment"]}
    found = [[said for said in differing(before, now) if said not in unlike] for before in earlier]
    nearest = min(reversed(found), key=len)
    rest = f"differs in {' and '.join(nearest)}" if nearest else "is the same in all else"
    return (
        "an earlier run of this interval was fingerprinted by Slipway 0.1, from the requirements lock and a "
        f"part of the code: code and packages cannot be compared; it {rest}"
    )


def of_recipe(recipe: ModelRecipe | ClusterRecipe) -> str:
    """Digest of every knob of the recipe, seeds included; its name is a label and left out."""
    knobs = by_first_names(recipe)
    knobs.pop("name")
    return _sha256(json.dumps(knobs, sort_keys=True).encode())


def of_fit(recipe: ModelRecipe, source: str = "") -> str:
    """Digest of what shapes a single fit: two recipes of one such digest claim as much.

    ``source`` is the digest of a factory's code.
    """
    knobs = by_first_names(recipe)
    for name in _NO_CLAIM:
        knobs.pop(name, None)
    if source:
        knobs["source"] = source
    return _sha256(json.dumps(knobs, sort_keys=True).encode())


def of_learned(
    model: Ensemble, theta: Array, probe: Array, boosts: Mapping[str, float] | None = None
) -> str:
    """Digest of what was learned: all tree sets, their weights, theta float64[places], and answers.

    ``probe`` float64[m, inputs] are rows that the model answers; ``boosts`` are what its ranking adds to a
    category's log-odds: with other ones it is another model, of which other decisions are made.
    """
    state = hashlib.sha256(np.round(theta, DECIMALS).tobytes())
    state.update(np.round(np.asarray(model.weights), DECIMALS).tobytes())
    for trees in model.sets:
        state.update(trees.digest().encode())
    state.update((np.round(model.predict_proba(probe), DECIMALS) + 0.0).tobytes())
    if added := {code: offset for code, offset in (boosts or {}).items() if offset}:
        state.update(json.dumps(added, sort_keys=True).encode())
    return state.hexdigest()


def of_answers(answers: Array, theta: Array, text: bytes = b"") -> str:
    """Digest of what a model of a team's own learned: theta, the library's text, and its answers.

    ``answers`` float64[m] are on fixed rows; ``text`` is empty where a library writes none.
    """
    state = hashlib.sha256(np.round(theta, DECIMALS).tobytes())
    state.update(text)
    state.update((np.round(answers, DECIMALS) + 0.0).tobytes())
    return state.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

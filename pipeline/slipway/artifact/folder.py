"""The folder that is registered and served: ``ranker.json``, ``trees.npz``, ``model.skops``.

``ranker.json`` says what kind of ranker it is, which inputs it takes in which order, how places are
examined, by how much a category's ranking score is raised, and how its tree sets are weighed.
``trees.npz`` are the compiled trees, ``trees_1.npz`` those of a second set. ``model.skops`` is the
scikit-learn pipeline itself, without pickle, for parity and for people. ``recipe.json`` is how it was
fitted, so that a later week can measure the noise of the same recipe.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.artifact.ensemble import Ensemble
from slipway.artifact.manifest import Manifest
from slipway.artifact.source_digest import of_module
from slipway.domain.config import written
from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.line import Line, ModelRecipe, Recipe
from slipway.domain.model import Adopt, Fit

Array = npt.NDArray[np.float64]

RECIPE = "recipe.json"


def category_boosts(line: Line, recipe: Recipe) -> dict[str, float]:
    """Ranking offsets (logit) by category code, as text; raises BadConfig for an unknown category."""
    boosts, words = recipe.category_boost or {}, line.category.words
    for category, offset in boosts.items():
        if category not in words or not np.isfinite(offset):
            raise BadConfig(
                "recipe.category_boost",
                found={category: offset},
                expected=f"finite offsets of {', '.join(words)}",
                next_step="correct the category; nothing was started",
            )
    return {str(words.index(category)): float(boosts[category]) for category in sorted(boosts)}


def write(
    folder: Path,
    *,
    line: Line,
    recipe: Recipe,
    model: Ensemble,
    theta: Array,
    fingerprint: str,
    end: str = "",
) -> Path:
    """Write one model as a ranker folder; ``end`` is the end of its data interval (ISO, UTC)."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder)
    Manifest(
        line=line.name,
        kind="trees",
        inputs=recipe.inputs,
        examination=tuple(theta.tolist()),
        category_boost=category_boosts(line, recipe),
        fingerprint=fingerprint,
        weights=model.weights if len(model.sets) > 1 else (),
    ).write(folder)
    _write_recipe(folder, recipe, end, "")
    return folder


def write_own(
    folder: Path,
    *,
    line: Line,
    recipe: Fit | Adopt,
    theta: Array,
    fingerprint: str,
    claim: str,
    end: str = "",
) -> Path:
    """Make the folder of a team's own model (:mod:`slipway.artifact.own_model`) a ranker's.

    ``claim`` is the digest of what shapes its fit.
    """
    Manifest(
        line=line.name,
        kind="estimator",
        inputs=recipe.inputs,
        examination=tuple(theta.tolist()),
        fingerprint=fingerprint,
    ).write(folder)
    _write_recipe(folder, recipe, end, claim)
    return folder


def _write_recipe(folder: Path, recipe: ModelRecipe, end: str, claim: str) -> None:
    knobs = {name: value for name, value in asdict(recipe).items() if name in written(recipe)}
    raw = {"recipe": knobs, "interval_end": end}
    if not isinstance(recipe, Recipe):
        raw |= {"type": type(recipe).__name__, "claim": claim}
    (folder / RECIPE).write_text(json.dumps(raw, sort_keys=True, indent=1) + "\n")


def claim_of(folder: Path) -> str:
    """Digest of what shaped a stored model's fit; "" where its recipe says it all, or is missing."""
    path = folder / RECIPE
    return str(json.loads(path.read_text()).get("claim", "")) if path.is_file() else ""


def recipe_of(folder: Path, line: Line) -> tuple[ModelRecipe, str] | None:
    """How a stored ranker was fitted and the end of its data interval; None where it does not say.

    None also where it came about otherwise than the line's models do now: it cannot be fitted again.
    Raises BadInput for a damaged file.
    """
    path = folder / RECIPE
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text())
        if raw.get("type", Recipe.__name__) != type(line.recipe).__name__:
            return None
        return line.recipe_with(raw["recipe"]), str(raw["interval_end"])
    except (ValueError, KeyError, TypeError, AttributeError, BadConfig) as error:
        raise BadInput(
            f"{folder.name}/{RECIPE}",
            found=str(error),
            expected="the recipe of a ranker of this line",
            next_step="do not use this artifact; train the interval again",
        ) from error


def write_rules(folder: Path, line: Line, theta: Sequence[float] | Array) -> Path:
    """Write the hand-written rules as a ranker folder, so that they are a model like any other.

    Their fingerprint is the digest of their code: rules that were changed are another version.
    """
    Manifest(
        line=line.name,
        kind="rules",
        inputs=tuple(column.name for column in line.features),
        examination=tuple(float(value) for value in theta),
        fingerprint=of_module(line.rules),
    ).write(folder)
    return folder

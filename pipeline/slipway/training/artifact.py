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
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.line import Line, Recipe
from slipway.training.blend import MODEL, TREES, Blend, file_of
from slipway.training.ranker_folder import Manifest

__all__ = ["MODEL", "RECIPE", "TREES", "Blend", "load_estimator", "write", "write_rules"]

Array = npt.NDArray[np.float64]

RECIPE = "recipe.json"
TRUSTED = (
    "functools.partial",  # the trees' own column encoder: partial(check_array, ...)
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
"""Types beyond skops' own list that a stored pipeline holds; anything else is refused."""


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
    model: Blend,
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
        genre_boost=category_boosts(line, recipe),
        fingerprint=fingerprint,
        weights=model.weights if len(model.sets) > 1 else (),
    ).write(folder)
    knobs = {"recipe": asdict(recipe), "interval_end": end}
    (folder / RECIPE).write_text(json.dumps(knobs, sort_keys=True, indent=1) + "\n")
    return folder


def keep_estimators(folder: Path, estimators: Sequence[Any], earlier: Path | None = None) -> None:
    """Store the pipelines of a ranker's own tree sets, and those of ``earlier``'s after them."""
    from skops.io import dump  # noqa: PLC0415 - only where something is trained

    for place, estimator in enumerate(estimators):
        dump(estimator, folder / file_of(MODEL, place))
    sets = len(Manifest.read(folder).weights) or 1
    for place in range(len(estimators), sets):
        if earlier is not None:
            source = earlier / file_of(MODEL, place - len(estimators))
            (folder / file_of(MODEL, place)).write_bytes(source.read_bytes())


def recipe_of(folder: Path, line: Line) -> tuple[Recipe, str] | None:
    """How a stored ranker was fitted and the end of its data interval; None where it does not say.

    Raises BadInput for a damaged file.
    """
    path = folder / RECIPE
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text())
        return line.recipe_with(raw["recipe"]), str(raw["interval_end"])
    except (ValueError, KeyError, TypeError, AttributeError, BadConfig) as error:
        raise BadInput(
            f"{folder.name}/{RECIPE}",
            found=str(error),
            expected="the recipe of a ranker of this line",
            next_step="do not use this artifact; train the interval again",
        ) from error


def write_rules(folder: Path, line: Line, theta: Sequence[float] | Array) -> Path:
    """Write the hand-written rules as a ranker folder, so that they are a model like any other."""
    Manifest(
        line=line.name,
        kind="rules",
        inputs=tuple(column.name for column in line.features),
        examination=tuple(float(value) for value in theta),
        fingerprint="rules",
    ).write(folder)
    return folder


def load_estimator(folder: Path, place: int = 0) -> Any:  # noqa: ANN401 - scikit-learn is untyped
    """The pipeline of tree set ``place`` of a ranker folder; raises BadInput for foreign types."""
    from skops.io import get_untrusted_types, load  # noqa: PLC0415 - heavy
    from skops.io.exceptions import UntrustedTypesFoundException  # noqa: PLC0415 - as above

    path = folder / file_of(MODEL, place)
    try:
        return load(path, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        foreign = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED))
        raise BadInput(
            f"stored pipeline {path.name}",
            found=", ".join(foreign),
            expected="types of a scikit-learn pipeline of boosted trees only",
            next_step="do not use this artifact; train the interval again",
        ) from error

"""The folder that is registered and served: ``ranker.json``, ``trees.npz``, ``model.skops``.

``ranker.json`` says what kind of ranker it is, which inputs it takes in which order, how places are
examined, and by how much a genre's ranking score is raised. ``trees.npz`` are the compiled trees.
``model.skops`` is the scikit-learn pipeline itself, without pickle, for parity and for people.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.domain.errors import BadConfig, BadInput
from pipeline.domain.line import Line, Recipe
from pipeline.lines.feed import GENRES
from pipeline.training.compiled import CompiledTrees
from pipeline.training.ranker_folder import Manifest

Array = npt.NDArray[np.float64]

TREES, MODEL = "trees.npz", "model.skops"
TRUSTED = (
    "functools.partial",  # the trees' own column encoder: partial(check_array, ...)
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
"""Types beyond skops' own list that a stored pipeline holds; anything else is refused."""


def genre_boosts(recipe: Recipe) -> dict[str, float]:
    """Ranking offsets (logit) by genre code, as text; raises BadConfig for an unknown genre."""
    boosts = recipe.genre_boost or {}
    for genre, offset in boosts.items():
        if genre not in GENRES or not np.isfinite(offset):
            raise BadConfig(
                "recipe.genre_boost",
                found={genre: offset},
                expected=f"finite offsets of {', '.join(GENRES)}",
                next_step="correct the genre; nothing was started",
            )
    return {str(GENRES.index(genre)): float(boosts[genre]) for genre in sorted(boosts)}


def write(
    folder: Path,
    *,
    line: Line,
    recipe: Recipe,
    trees: CompiledTrees,
    theta: Array,
    fingerprint: str,
    estimator: Any | None = None,  # noqa: ANN401 - scikit-learn is untyped
) -> Path:
    """Write one model as a ranker folder; ``estimator`` adds the pipeline itself."""
    folder.mkdir(parents=True, exist_ok=True)
    trees.save(folder / TREES)
    if estimator is not None:
        from skops.io import dump  # noqa: PLC0415 - only where something is trained

        dump(estimator, folder / MODEL)
    Manifest(
        line=line.name,
        kind="trees",
        inputs=recipe.inputs,
        examination=tuple(theta.tolist()),
        genre_boost=genre_boosts(recipe),
        fingerprint=fingerprint,
    ).write(folder)
    return folder


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


def load_estimator(folder: Path) -> Any:  # noqa: ANN401 - scikit-learn is untyped
    """The scikit-learn pipeline of a ranker folder; raises BadInput for foreign types in it."""
    from skops.io import get_untrusted_types, load  # noqa: PLC0415 - heavy

    path = folder / MODEL
    foreign = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED))
    if foreign:
        raise BadInput(
            f"stored pipeline {path.name}",
            found=", ".join(foreign),
            expected="types of a scikit-learn pipeline of boosted trees only",
            next_step="do not use this artifact; train the interval again",
        )
    return load(path, trusted=list(TRUSTED))

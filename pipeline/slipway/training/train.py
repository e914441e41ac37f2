"""One verb: a snapshot and a recipe become a fitted, fingerprinted, stored model."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from slipway.artifact.ensemble import Ensemble
from slipway.artifact.estimators import keep_estimators
from slipway.artifact.folder import category_boosts, write
from slipway.artifact.hist_trees import compile_trees
from slipway.domain.line import Line, Recipe
from slipway.domain.run import TRAIN
from slipway.training import dataset, examination, fingerprint, fit, installed_packages
from slipway.training.blend import joined
from slipway.training.dataset import Rows
from slipway.training.teacher import Teacher, learn_from

PROBE_ROWS = 512
"""Rows, evenly spread over the snapshot, whose answers are part of the fingerprint."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run leaves behind.

    ``folder`` is the ranker to release; ``plain`` is the same recipe's fit without the champion's
    help and without an ensemble, where these were asked for: what they cost is measured against it.
    ``digests`` are the parts of the fingerprint by name. ``blend_note`` says in words how much of the
    champion is in the model, and why. ``stored`` is the format and type of a model of a team's own,
    ``types`` what its file holds beyond plain values, and ``warned`` what its fit warned of.
    """

    fingerprint: str
    folder: Path
    plain: Path | None
    examination: tuple[float, ...]
    rows: int
    digests: dict[str, str]
    blend_note: str
    stored: str = ""
    types: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "fingerprint": self.fingerprint,
            "folder": str(self.folder),
            "plain": str(self.plain) if self.plain else None,
            "examination": list(self.examination),
            "rows": self.rows,
            "digests": dict(self.digests),
            "leaned": self.blend_note,
            "stored": self.stored,
            "types": list(self.types),
            "warned": list(self.warned),
        }


def train(
    snapshot: dataset.Frozen,
    line: Line,
    recipe: Recipe,
    out: Path,
    champion: Path | None = None,
) -> Trained:
    """Fit ``recipe`` on the snapshot's train split and write its ranker below ``out``.

    ``champion`` is the ranker folder that a recipe with ``blend`` or ``anchor`` is blended with; without one
    such a recipe is fitted plainly. The same snapshot, recipe and champion give the same fingerprint,
    in any process, whatever the number of threads, the hash seed, or the order of rows in the file.

    Raises BadConfig for a wrong recipe and BadInput for rows that nothing can be learned from or a
    champion that cannot be loaded.
    """
    fit.check_recipe(line, recipe)
    boosts = category_boosts(line, recipe)
    teacher = Teacher.load(champion, line) if champion and recipe.uses_champion else None
    rows = dataset.rows_of(dataset.load(snapshot.path, line, snapshot.digest), line, TRAIN)
    theta = examination.estimate(rows.position, rows.clicked, rows.explored, line.list_length)
    found = fitted(rows, theta, line, recipe, teacher, snapshot.end)
    spread = np.linspace(0, len(rows) - 1, min(PROBE_ROWS, len(rows))).astype(int)
    probe = rows.features[spread][:, fit.input_places(line, recipe.inputs)]
    digests = {
        "snapshot": snapshot.digest,
        "code": fingerprint.of_running_code(),
        "environment": installed_packages.of_environment(),
        "recipe": fingerprint.of_recipe(recipe),
        "learned": fingerprint.of_learned(found.model, theta, probe, boosts),
    } | ({"champion": teacher.digest} if teacher else {})
    whole = fingerprint.combine(digests)

    def keep(name: str, model: Ensemble) -> Path:
        return write(
            out / name,
            line=line,
            recipe=recipe,
            model=model,
            theta=theta,
            fingerprint=whole,
            end=snapshot.end.isoformat(),
        )

    folder = keep("ranker", found.model)
    keep_estimators(folder, found.estimators, champion)
    plain = keep("plain", found.plain) if found.plain else None
    return Trained(whole, folder, plain, tuple(theta.tolist()), len(rows), digests, found.said)


class Fitted(NamedTuple):
    """The model to release, its own pipelines, its plain fit where it is another, and the lesson."""

    model: Ensemble
    estimators: list[Any]
    plain: Ensemble | None
    said: str


def fitted(
    rows: Rows,
    theta: fit.Array,
    line: Line,
    recipe: Recipe,
    teacher: Teacher | None = None,
    end: datetime | None = None,
) -> Fitted:
    """Fit ``recipe`` on ``rows``; ``end`` is the end of their data interval. Raises as :func:`train`."""
    weights = fit.weights_of(rows, theta, fit.first_look(rows, theta, line, recipe))
    anchored = teacher.probability(rows) if teacher and recipe.anchor else None
    estimators = [
        fit.fit_one(rows, weights, line, recipe, seed, anchored)
        for seed in recipe.seeds[: recipe.ensemble]
    ]
    fresh = _as_one(estimators)
    lesson = learn_from(teacher, fresh, rows, weights, line, recipe, end)
    plain = None
    if anchored is not None:
        plain = _as_one([fit.fit_one(rows, weights, line, recipe, recipe.seeds[0])])
    elif recipe.uses_champion or recipe.ensemble > 1:
        plain = _as_one(estimators[:1])
    model = joined(fresh, lesson.model, lesson.weight, recipe.tree_sets)
    return Fitted(model, estimators, plain, lesson.said)


def _as_one(estimators: list[Any]) -> Ensemble:
    sets = tuple(compile_trees(estimator.named_steps["trees"]) for estimator in estimators)
    return Ensemble(sets, (1 / len(sets),) * len(sets))

"""One verb: a snapshot and a recipe become fitted, fingerprinted, stored models."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.domain.line import Line, Recipe
from pipeline.training import artifact, dataset, examination, fingerprint, fit
from pipeline.training.compiled import compile_trees

PROBE_ROWS = 512
"""Rows, evenly spread over the snapshot, whose answers are part of the fingerprint."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run leaves behind.

    ``folder`` is the ranker to release (first seed); ``seeds`` are the ranker folders of all seeds,
    the first one included: together they are the noise floor. ``digests`` are the parts of the
    fingerprint by name.
    """

    fingerprint: str
    folder: Path
    seeds: tuple[Path, ...]
    examination: tuple[float, ...]
    rows: int
    digests: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "fingerprint": self.fingerprint,
            "folder": str(self.folder),
            "seeds": [str(path) for path in self.seeds],
            "examination": list(self.examination),
            "rows": self.rows,
            "digests": dict(self.digests),
        }


def train(snapshot: dataset.Frozen, line: Line, recipe: Recipe, out: Path) -> Trained:
    """Fit every seed of ``recipe`` on the snapshot's train split and write rankers below ``out``.

    The same snapshot and recipe give the same fingerprint, in any process, whatever the number of
    threads, the hash seed, or the order of rows in the file.

    Raises BadConfig for a wrong recipe and BadInput for rows that nothing can be learned from.
    """
    fit.check_recipe(line, recipe)
    artifact.genre_boosts(recipe)
    rows = dataset.rows_of(dataset.load(snapshot.path, line, snapshot.digest), line, dataset.TRAIN)
    theta = examination.estimate(rows.position, rows.clicked, rows.explored, line.list_length)
    estimators = fit.fit_all(rows, theta, line, recipe)
    trees = [compile_trees(estimator.named_steps["trees"]) for estimator in estimators]
    spread = np.linspace(0, len(rows) - 1, min(PROBE_ROWS, len(rows))).astype(int)
    probe = rows.features[spread][:, fit.input_places(line, recipe.inputs)]
    digests = {
        "snapshot": snapshot.digest,
        "code": fingerprint.of_running_code(),
        "lock": fingerprint.of_lock(),
        "recipe": fingerprint.of_recipe(recipe),
        "learned": fingerprint.of_learned(trees, theta, probe),
    }
    whole = fingerprint.combine(digests)
    folders = [out / "ranker", *(out / "seeds" / str(seed) for seed in recipe.seeds[1:])]
    for place, folder in enumerate(folders):
        artifact.write(
            folder,
            line=line,
            recipe=recipe,
            trees=trees[place],
            theta=theta,
            fingerprint=whole,
            estimator=None if place else estimators[0],
        )
    return Trained(whole, folders[0], tuple(folders), tuple(theta.tolist()), len(rows), digests)

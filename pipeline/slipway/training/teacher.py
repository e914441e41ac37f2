"""The champion as a teacher: how much of last week's model goes into this week's."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.digest import digest
from slipway.artifact.ensemble import Ensemble
from slipway.artifact.folder import recipe_of
from slipway.artifact.hist_trees import compile_trees
from slipway.artifact.manifest import Manifest
from slipway.domain.errors import BadInput
from slipway.domain.line import Line, Recipe
from slipway.training import fit
from slipway.training.blend import lean
from slipway.training.dataset import Rows

Array = npt.NDArray[np.float64]

SEED = 20_250_120
"""Which requests are in which half when chance's part of the difference is measured."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """A stored champion: its trees with their ``inputs``, and the end of its data interval."""

    model: Ensemble
    inputs: tuple[str, ...]
    places: list[int]
    digest: str
    end: datetime | None

    @classmethod
    def load(cls, folder: Path, line: Line) -> "Teacher":
        """Read a ranker folder; raises BadInput for one that is damaged or holds no trees."""
        manifest = Manifest.read(folder)
        if manifest.kind != "trees" or manifest.line != line.name:
            raise BadInput(
                "champion to blend with",
                found=f"{manifest.kind} of the line {manifest.line}",
                expected=f"trees of the line {line.name}",
                next_step="train without blend and anchor; the champion goes on serving",
            )
        stored = recipe_of(folder, line)
        return cls(
            model=Ensemble.load(folder, manifest.weights),
            inputs=manifest.inputs,
            places=fit.input_places(line, [line.column(name).name for name in manifest.inputs]),
            digest=digest(folder),
            end=datetime.fromisoformat(stored[1]) if stored and stored[1] else None,
        )

    def probability(self, rows: Rows) -> Array:
        """The champion's answers, float64[n]."""
        return self.model.predict_proba(rows.features[:, self.places])

    def log_odds(self, rows: Rows) -> Array:
        """The same as log-odds."""
        return self.model.raw_scores(rows.features[:, self.places])


class BlendDecision(NamedTuple):
    """What is taken from the champion: its ``model`` at ``weight``; ``said`` in words, and why."""

    model: Ensemble | None
    weight: float
    said: str


def learn_from(
    teacher: Teacher | None,
    fresh: Ensemble,
    rows: Rows,
    weights: Array,
    line: Line,
    recipe: Recipe,
    end: datetime | None,
) -> BlendDecision:
    """The champion's weight beside ``fresh``; two fits on halves say what chance alone changes.

    A champion that reads other inputs cannot be blended: its weight is 0, with that reason.
    """
    if not recipe.uses_champion:
        return BlendDecision(None, 0.0, "fitted alone")
    if teacher is None:
        return BlendDecision(None, 0.0, "fitted alone: there was no champion to blend with yet")
    if not recipe.blend:
        return BlendDecision(
            None, 0.0, f"labels are the champion's answers for {recipe.anchor:.0%}"
        )
    if teacher.inputs != recipe.inputs:
        return BlendDecision(None, 0.0, "champion's weight 0: it reads other inputs")
    inputs = fit.input_places(line, recipe.inputs)
    found = lean(
        teacher.log_odds(rows),
        fresh.raw_scores(rows.features[:, inputs]),
        _halves(rows, weights, line, recipe),
        _common(teacher, line, end),
        recipe.blend,
    )
    said = (
        f"champion's weight {found.weight:.0%} of at most {recipe.blend:.0%}: log-odds drifted by "
        f"{np.sqrt(found.drift):.3f}, chance alone moves them by {np.sqrt(2 * found.chance):.3f}"
    )
    return BlendDecision(teacher.model, found.weight, said)


def _common(teacher: Teacher, line: Line, end: datetime | None) -> float:
    """Share of the training weeks that the champion's newest trees saw too."""
    if teacher.end is None or end is None:
        return 0.0
    apart = abs(end - teacher.end) / line.schedule.train
    return max(0.0, 1.0 - apart) * teacher.model.weights[0]


def _halves(rows: Rows, weights: Array, line: Line, recipe: Recipe) -> tuple[Array, Array]:
    """Log-odds on all rows of fits on two disjoint halves of the requests."""
    requests, code = np.unique(rows.request.astype(str), return_inverse=True)
    side = (np.random.default_rng(SEED).permutation(len(requests)) % 2)[code.reshape(-1)]
    inputs = fit.input_places(line, recipe.inputs)

    def answer(half: int) -> Array:
        keep = side == half
        model = fit.fit_one(rows.where(keep), weights[keep], line, recipe, recipe.seeds[0])
        trees = compile_trees(model.named_steps["trees"])
        return trees.raw_scores(rows.features[:, inputs])

    return answer(0), answer(1)

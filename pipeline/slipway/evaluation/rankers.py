"""A stored ranker read for measuring: the arrays that are served, and the fitted original."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.training import artifact
from slipway.training.blend import Blend, mean_of
from slipway.training.fit import input_places
from slipway.training.ranker_folder import Manifest

Array = npt.NDArray[np.float64]
Model = Callable[[Array], Array]

GENRE = "genre"
_LOWEST = 1e-12  # keeps the log-odds of a certain model finite


class Ranker(Protocol):
    """Whatever answers features float64[n, F] of the line, in declared order."""

    @property
    def examination(self) -> tuple[float, ...]:
        """P(a place is looked at), from the top; empty: unknown."""

    def score(self, features: Array) -> tuple[Array, Array]:
        """Probability of a click once looked at, and the ranking score; float64[n] each."""


@dataclass(frozen=True, eq=False)
class StoredRanker:
    """A ranker folder in memory.

    ``model`` answers the probability; ``boost`` float64[codes] is added to the log-odds of a genre
    at column ``genre``; ``original`` is the fitted pipeline's answer, where it was stored too.
    """

    fingerprint: str
    examination: tuple[float, ...]
    model: Model
    boost: Array | None
    genre: int | None
    original: Model | None

    def score(self, features: Array) -> tuple[Array, Array]:
        """Probability and ranking score, float64[n] each."""
        probability = self.model(features)
        clipped = np.clip(probability, _LOWEST, 1 - _LOWEST)
        ranking = np.log(clipped) - np.log1p(-clipped)
        if self.boost is not None and self.genre is not None:
            codes = np.nan_to_num(features[:, self.genre], nan=-1).astype(int)
            known = (codes >= 0) & (codes < len(self.boost))
            ranking = ranking + np.where(known, self.boost[np.where(known, codes, 0)], 0.0)
        return probability, ranking


@dataclass(frozen=True, eq=False)
class ScoredOnce:
    """A ranker that scores each table once, however many comparisons ask for it.

    A table is known by being the same object; it and its scores live as long as this does.
    """

    ranker: Ranker
    _known: dict[int, tuple[Array, tuple[Array, Array]]] = field(default_factory=dict)

    @property
    def examination(self) -> tuple[float, ...]:
        """See :class:`Ranker`."""
        return self.ranker.examination

    def score(self, features: Array) -> tuple[Array, Array]:
        """See :class:`Ranker`."""
        if id(features) not in self._known:
            self._known[id(features)] = features, self.ranker.score(features)
        return self._known[id(features)][1]


def load_ranker(folder: Path, line: Line) -> StoredRanker:
    """Read a ranker folder of ``line``.

    Raises BadInput for a damaged folder or one of another line, BadConfig for unknown inputs.
    """
    manifest = Manifest.read(folder)
    if manifest.line != line.name:
        raise BadInput(
            f"ranker {folder.name}",
            found=f"of the line {manifest.line}",
            expected=f"of the line {line.name}",
            next_step="compare models of one line only",
        )
    boost = _boost(manifest)
    names = [column.name for column in line.features]
    stored = (folder / artifact.MODEL).is_file()
    return StoredRanker(
        fingerprint=manifest.fingerprint,
        examination=manifest.examination,
        model=_model(manifest, folder, line),
        boost=boost,
        genre=names.index(GENRE) if boost is not None else None,
        original=_fitted(folder, manifest.weights) if manifest.kind == "trees" and stored else None,
    )


def in_memory(
    model: Model, line: Line, inputs: tuple[str, ...], examination: tuple[float, ...]
) -> StoredRanker:
    """A ranker that was never stored; ``model`` answers ``inputs`` in their order."""
    return StoredRanker("", examination, _on_inputs(model, line, inputs), None, None, None)


def _on_inputs(model: Model, line: Line, inputs: tuple[str, ...]) -> Model:
    """``model`` of ``inputs`` as one of all features of the line."""
    places = np.array(input_places(line, inputs))
    if places.tolist() == list(range(len(line.features))):
        return model
    return lambda features: model(features[:, places])


def _model(manifest: Manifest, folder: Path, line: Line) -> Model:
    if manifest.kind == "rules":
        rules: Model = import_module(line.rules).score
        return rules
    if manifest.kind == "sklearn":
        return _fitted(folder)
    for name in manifest.inputs:
        line.column(name)
    trees = Blend.load(folder, manifest.weights)
    return _on_inputs(trees.predict_proba, line, manifest.inputs)


def _fitted(folder: Path, weights: tuple[float, ...] = ()) -> Model:
    """The pipeline itself, or several weighed as their tree sets are, loaded when first asked."""

    def answer(features: Array) -> Array:
        if len(weights) < 2:  # noqa: PLR2004 - a mean needs two
            probability: Array = artifact.load_estimator(folder).predict_proba(features)[:, 1]
            return probability
        sets = [artifact.load_estimator(folder, place) for place in range(len(weights))]
        scores = [np.asarray(one.decision_function(features), dtype=np.float64) for one in sets]
        blended: Array = expit(mean_of(scores, weights))
        return blended

    return answer


def _boost(manifest: Manifest) -> Array | None:
    offsets = {int(code): value for code, value in (manifest.genre_boost or {}).items()}
    if not offsets:
        return None
    table = np.zeros(max(offsets) + 1)
    table[list(offsets)] = list(offsets.values())
    return table

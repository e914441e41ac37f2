"""A model as the router needs it: features in, click probabilities and a ranking out."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput, SlipwayError
from slipway.domain.line import Line
from slipway.training.blend import Blend
from slipway.training.ranker_folder import Manifest

Array = npt.NDArray[np.float64]

_LOWEST = 1e-12  # keeps the log-odds of a model that is certain finite

TRUSTED_TYPES = (
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
"""What a stored scikit-learn model may be made of, besides what skops trusts by itself."""


Model = Callable[[Array], tuple[Array, Array]]
"""From features float64[n, F] in line order to ``(probability[n], log_odds[n])``."""

MODEL_ERRORS = (
    SlipwayError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TimeoutError,
    TypeError,
    ValueError,
)
"""What a model may raise on rows it cannot take: another arm answers then."""


@dataclass(frozen=True, eq=False)
class Ranker:
    """One version, ready to answer.

    ``batched`` models are slow per call and cheap per row: ask them for many requests at once.
    """

    line: str
    kind: str
    fingerprint: str
    model: Model
    examination: tuple[float, ...] = ()
    genre_boost: Array | None = None
    genre_column: int | None = None

    @property
    def batched(self) -> bool:
        """Whether requests should be gathered before the model is asked."""
        return self.kind == "sklearn"

    def score(self, features: Array) -> tuple[Array, Array]:
        """``(probability[n], ranking_score[n])`` of ``features`` float64[n, F] in line order.

        The ranking score is the log-odds plus the boost of the item's genre; the probability is
        the model's own. Raises BadInput where the model answers something not finite.
        """
        probability, ranking = self.model(features)
        if self.genre_boost is not None and self.genre_column is not None:
            codes = features[:, self.genre_column]
            known = (codes >= 0) & (codes < len(self.genre_boost))
            places = np.where(known, codes, 0).astype(np.intp)
            ranking = ranking + np.where(known, self.genre_boost[places], 0.0)
        if not np.isfinite(ranking).all():
            raise BadInput(
                f"scores of {self.line}",
                found="not finite",
                expected="a number per item",
                next_step="look at the model's leaves and inputs",
            )
        return probability, ranking


def log_odds(probability: Array) -> Array:
    """log(p / (1 - p)), finite also where the model is certain."""
    clipped = np.clip(probability, _LOWEST, 1 - _LOWEST)
    odds: Array = np.log(clipped) - np.log1p(-clipped)
    return odds


def builtin_rules(line: Line) -> Ranker:
    """The line's hand-written rules as shipped with the code: the last arm that always answers."""
    return Ranker(line=line.name, kind="rules", fingerprint="built-in", model=_rules(line))


def load_ranker(folder: Path, line: Line) -> Ranker:
    """Read a ranker's folder for ``line``; a first call is made, so that serving meets warm code.

    Raises BadInput for a folder that is damaged, meant for another line, or asks for inputs that
    the line does not know at inference.
    """
    manifest = Manifest.read(folder)
    if manifest.line != line.name:
        raise _refuse(f"ranker {folder.name} line", manifest.line, line.name)
    features = [column.name for column in line.features]
    boost, genre = _boost(manifest), None
    if boost is not None:
        if "genre" not in features:
            raise _refuse("genre_boost", "set", "absent on a line without genres")
        genre = features.index("genre")
    ranker = Ranker(
        line=line.name,
        kind=manifest.kind,
        fingerprint=manifest.fingerprint,
        model=_model(manifest, folder, line),
        examination=manifest.examination,
        genre_boost=boost,
        genre_column=genre,
    )
    ranker.score(np.zeros((2, len(features))))
    return ranker


def _model(manifest: Manifest, folder: Path, line: Line) -> Model:
    if manifest.kind == "rules":
        return _rules(line)
    if manifest.kind == "sklearn":
        return _sklearn(folder / "model.skops")
    return _trees(Blend.load(folder, manifest.weights), manifest.inputs, line)


def _trees(trees: Blend, inputs: tuple[str, ...], line: Line) -> Model:
    from scipy.special import expit  # noqa: PLC0415 - as scikit-learn: the same bits

    features = [column.name for column in line.features]
    unknown = [name for name in inputs if name not in features]
    if unknown:
        raise _refuse("ranker inputs", unknown, f"known at inference: {', '.join(features)}")
    if len(inputs) != trees.width:
        raise _refuse("ranker inputs", len(inputs), f"{trees.width}, as the trees read")
    places = np.array([features.index(name) for name in inputs], dtype=np.intp)
    in_order = places.tolist() == list(range(len(features)))

    def answer(rows: Array) -> tuple[Array, Array]:
        scores = trees.raw_scores(rows if in_order else rows[:, places])
        return expit(scores), scores

    return answer


def _sklearn(path: Path) -> Model:
    from skops.io import get_untrusted_types, load  # noqa: PLC0415 - heavy, and rarely needed

    try:
        alien = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED_TYPES))
        if alien:
            raise _refuse(f"types in {path.name}", alien, "trusted types only")
        estimator: Any = load(path, trusted=list(TRUSTED_TYPES))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise _refuse(path.name, str(error), "a model stored by skops") from error

    def answer(rows: Array) -> tuple[Array, Array]:
        probability: Array = estimator.predict_proba(rows)[:, 1]
        return probability, log_odds(probability)

    return answer


def _rules(line: Line) -> Model:
    rules = import_module(line.rules).score

    def answer(rows: Array) -> tuple[Array, Array]:
        probability = rules(rows)
        return probability, log_odds(probability)

    return answer


def _boost(manifest: Manifest) -> Array | None:
    """Log-odds to add per genre code, float64[highest code + 1]; None: nothing to add."""
    if not manifest.genre_boost:
        return None
    try:
        offsets = {int(code): float(value) for code, value in manifest.genre_boost.items()}
    except ValueError as error:
        raise _refuse("genre_boost", str(error), "genre codes to numbers") from error
    if min(offsets) < 0 or max(offsets) > 255 or not np.isfinite(list(offsets.values())).all():  # noqa: PLR2004 - codes are bytes
        raise _refuse("genre_boost", offsets, "codes 0 to 255 to finite numbers")
    table = np.zeros(max(offsets) + 1)
    for code, value in offsets.items():
        table[code] = value
    return table


def _refuse(what: str, found: object, expected: str) -> BadInput:
    return BadInput(what, found=found, expected=expected, next_step="this version is not served")

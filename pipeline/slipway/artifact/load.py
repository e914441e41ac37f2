"""The one loader of a ranker's folder: the router, the evaluation and MLflow ask the same object."""

from importlib import import_module
from pathlib import Path

import numpy as np

from slipway.artifact import own_model
from slipway.artifact.compiled import CompiledModel
from slipway.artifact.ensemble import Ensemble
from slipway.artifact.estimators import load_estimator
from slipway.artifact.manifest import Manifest
from slipway.artifact.own_model import COMPILED, OwnModel
from slipway.artifact.ranker import FAULTS, Array, LoadedRanker, Model, log_odds
from slipway.domain.errors import BadInput
from slipway.domain.line import Line
from slipway.domain.outcomes import OutcomeKind

_MOST_CODE = 255  # codes of categories are bytes


def load_ranker(folder: Path, line: Line) -> LoadedRanker:
    """Read a ranker's folder for ``line``; a first call is made, so that serving meets warm code.

    Raises BadInput for a folder that is damaged, meant for another line, or asks for inputs that
    the line does not know at inference.
    """
    manifest = Manifest.read(folder)
    if manifest.line != line.name:
        raise _refuse(f"ranker {folder.name} line", manifest.line, line.name)
    features = [column.name for column in line.features]
    boost, column = _boost(manifest), None
    if boost is not None:
        if not line.segments or line.category.name not in features:
            raise _refuse("category_boost", "set", "absent on a line whose items have no category")
        column = features.index(line.category.name)
    ranker = LoadedRanker(
        line=line.name,
        kind=manifest.kind,
        fingerprint=manifest.fingerprint,
        model=_model(manifest, folder, line),
        examination=manifest.examination,
        category_boost=boost,
        category_column=column,
        folder=folder,
        compiled=(folder / COMPILED).is_file(),
    )
    _first_call(ranker, folder, len(features))
    return ranker


def tree_ranker(
    trees: Ensemble, line: Line, inputs: tuple[str, ...], examination: tuple[float, ...]
) -> LoadedRanker:
    """A ranker of ``trees`` that was never stored; it answers as it would from its folder."""
    return LoadedRanker(line.name, "trees", "", _trees(trees, inputs, line), examination)


def own_ranker(model: OwnModel, line: Line, examination: tuple[float, ...]) -> LoadedRanker:
    """A ranker of a team's own model that was never stored; it answers as it would from its folder."""
    return LoadedRanker(line.name, "estimator", "", of_own_model(model), examination)


def builtin_rules(line: Line) -> LoadedRanker:
    """The line's hand-written rules as shipped with the code: the last arm that always answers."""
    return LoadedRanker(line=line.name, kind="rules", fingerprint="built-in", model=_rules(line))


def _first_call(ranker: LoadedRanker, folder: Path, width: int) -> None:
    try:
        ranker.score(np.zeros((2, width)))
    except (BadInput, MemoryError):  # the latter says nothing of the version
        raise
    except FAULTS as error:
        raise _refuse(
            f"first answer of {folder.name}", str(error), f"a number for each of {width} features"
        ) from error


def _model(manifest: Manifest, folder: Path, line: Line) -> Model:
    if manifest.kind == "rules":
        return _rules(line)
    if manifest.kind == "sklearn":
        return _sklearn(folder)
    if manifest.kind == "estimator":
        return of_own_model(own_model.load(folder, line))
    return _trees(Ensemble.load(folder, manifest.weights), manifest.inputs, line)


def _trees(trees: Ensemble, inputs: tuple[str, ...], line: Line) -> Model:
    from scipy.special import expit  # as scikit-learn: the same bits

    features = [column.name for column in line.features]
    unknown = [name for name in inputs if name not in features]
    if unknown:
        raise _refuse("ranker inputs", unknown, f"known at inference: {', '.join(features)}")
    if len(inputs) != trees.width:
        raise _refuse("ranker inputs", len(inputs), f"{trees.width}, as the trees read")
    columns = np.array([features.index(name) for name in inputs], dtype=np.intp)
    in_order = columns.tolist() == list(range(len(features)))

    def answer(rows: Array) -> tuple[Array, Array]:
        scores = trees.raw_scores(rows if in_order else rows[:, columns])
        return expit(scores), scores

    return answer


def of_own_model(model: OwnModel | CompiledModel) -> Model:
    """How a model of a team's own answers features: its answer, and what is ranked by."""

    def answer(rows: Array) -> tuple[Array, Array]:
        found = model.answer(rows)
        return found, log_odds(found) if model.outcome is OutcomeKind.BINARY else found

    return answer


def _sklearn(folder: Path) -> Model:
    estimator = load_estimator(folder)

    def answer(rows: Array) -> tuple[Array, Array]:
        probability: Array = estimator.predict_proba(rows)[:, 1]
        return probability, log_odds(probability)

    return answer


def _rules(line: Line) -> Model:
    rules, binary = import_module(line.rules).score, line.primary.kind is OutcomeKind.BINARY

    def answer(rows: Array) -> tuple[Array, Array]:
        found = rules(rows)
        return found, log_odds(found) if binary else found

    return answer


def _boost(manifest: Manifest) -> Array | None:
    """Log-odds to add per category code, float64[highest code + 1]; None: nothing to add."""
    if not manifest.category_boost:
        return None
    try:
        offsets = {int(code): float(value) for code, value in manifest.category_boost.items()}
    except ValueError as error:
        raise _refuse("category_boost", str(error), "category codes to numbers") from error
    finite = np.isfinite(list(offsets.values())).all()
    if min(offsets) < 0 or max(offsets) > _MOST_CODE or not finite:
        raise _refuse("category_boost", offsets, f"codes 0 to {_MOST_CODE} to finite numbers")
    table = np.zeros(max(offsets) + 1)
    for code, value in offsets.items():
        table[code] = value
    return table


def _refuse(what: str, found: object, expected: str) -> BadInput:
    return BadInput(
        what,
        found=found,
        expected=expected,
        next_step="this version is neither measured nor served: train the interval again",
    )

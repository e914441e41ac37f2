"""One verb: a model that was fitted elsewhere becomes a ranker's folder, to be judged as any other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.artifact import adopted, own_model
from slipway.artifact.digest import digest
from slipway.artifact.folder import write_own
from slipway.artifact.own_model import OwnModel
from slipway.artifact.typed_frame import InputColumn, TypedFrame
from slipway.domain.errors import BadConfig
from slipway.domain.line import Line
from slipway.domain.model import Adopt
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.run import TRAIN
from slipway.training import dataset, examination, factory, fingerprint, installed_packages
from slipway.training.own import NOWHERE, answers_kept, learned
from slipway.training.train import Trained

Array = npt.NDArray[np.float64]

ROWS = 200
"""Rows on which a category takes one level after the other, to see whether the model reads it."""

LEVELS = 20


def adopt(snapshot: dataset.Frozen, line: Line, recipe: Adopt, out: Path, source: Path) -> Trained:
    """Write the model in folder ``source`` (as MLflow logged it) as a ranker below ``out``.

    Nothing is fitted: the snapshot gives the rows it is asked about, and the dictionary of categories
    that have no declared words. Raises BadConfig for columns that are not the model's, for
    answers that are none, and BadInput for files that cannot be read without running them.
    """
    rows = dataset.rows_of(dataset.load(snapshot.path, line, snapshot.digest), line, TRAIN)
    theta = examination.estimate(rows.position, rows.clicked, rows.explored, line.list_length)
    return take_over(snapshot, line, recipe, rows.features, OutcomeKind.BINARY, out, source, theta)


def take_over(
    snapshot: dataset.Frozen,
    line: Line,
    recipe: Adopt,
    features: Array,
    outcome: OutcomeKind,
    out: Path,
    source: Path,
    theta: Array = NOWHERE,
) -> Trained:
    """The same on ``features`` float64[n, F] of the training rows; raises as :func:`adopt`."""
    estimator = adopted.read(source, recipe.trusted)
    names = adopted.column_names(estimator, recipe.inputs)
    frame = _frame(line, names, features)
    _check_codes(line, estimator, frame)
    model = OwnModel(estimator, frame, outcome)
    kept = answers_kept(line, model, features)
    stored, types = own_model.keep(out / "ranker", model, kept, recipe.trusted)
    digests = {
        "snapshot": snapshot.digest,
        "code": fingerprint.of_running_code(),
        "environment": installed_packages.of_environment(),
        "recipe": fingerprint.of_recipe(recipe),
        "adopted": digest(source),
        "learned": learned(out / "ranker", stored, kept, theta),
    }
    whole, end = fingerprint.combine(digests), snapshot.end.isoformat()
    folder = write_own(
        out / "ranker",
        line=line,
        recipe=recipe,
        theta=theta,
        fingerprint=whole,
        claim=digests["adopted"],
        end=end,
    )
    return Trained(
        whole,
        folder,
        None,
        tuple(theta.tolist()),
        len(features),
        digests,
        f"adopted from {recipe.uri}: how much of it is its seed's is not known",
        stored,
        types,
        tuple(_unread(line, model, features)),
    )


def _frame(line: Line, names: tuple[str, ...], rows: Array) -> TypedFrame:
    """Categories with all their declared words: a model from elsewhere may know more than these rows."""
    learned_here = TypedFrame.learn(line, names, rows)
    return replace(learned_here, columns=tuple(_declared(line, c) for c in learned_here.columns))


def _declared(line: Line, column: InputColumn) -> InputColumn:
    words = line.column(column.name).words
    if column.codes is None or not words:
        return column
    codes = tuple(float(code) for code in range(len(words)))
    return column._replace(codes=codes, levels=words)


def _check_codes(line: Line, estimator: object, frame: TypedFrame) -> None:
    """An XGBoost model reads categories by the codes of the frame it was fitted on, which nobody knows."""
    categories = [column.name for column in frame.columns if column.codes is not None]
    if categories and type(estimator).__module__.startswith("xgboost"):
        raise BadConfig(
            f"{line.name}.model.inputs",
            found=categories,
            expected="numbers, of an XGBoost model from elsewhere: its file holds codes without words",
            next_step="adopt a scikit-learn pipeline that encodes the words itself",
        )


def _unread(line: Line, model: OwnModel, features: Array) -> list[str]:
    """Categories that change no answer: perhaps the model knows other words than the line's."""
    some = features[np.linspace(0, len(features) - 1, min(ROWS, len(features))).astype(int)]
    found = []
    for column in model.frame.columns:
        if column.codes is None:
            continue
        answers = []
        for code in column.codes[:LEVELS]:
            asked = some.copy()
            asked[:, column.place] = code
            answers.append(factory.asked(line, model, asked))
        if all(np.array_equal(answers[0], other) for other in answers):
            words = ", ".join(column.levels[:LEVELS])
            found.append(f"no answer depends on {column.name}: does the model know {words}?")
    return found

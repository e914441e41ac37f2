"""One verb: a snapshot and a team's factory become a fitted, fingerprinted, stored ranker."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.artifact import own_model
from slipway.artifact.folder import write_own
from slipway.artifact.model_files import LIBRARIES
from slipway.artifact.own_model import Kept, OwnModel
from slipway.domain.line import Line, Recipe
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.run import TRAIN
from slipway.training import dataset, examination, factory, fingerprint, fit, installed_packages
from slipway.training.dataset import Rows
from slipway.training.factory import Examples
from slipway.training.train import PROBE_ROWS, Trained

Array = npt.NDArray[np.float64]

NOWHERE: Array = np.ones(0)
"""The examination of a line without places."""

GAPS = 8
"""Rows per input whose value is taken away, among those whose answers are kept."""

_TEXTS = {name: LIBRARIES[name].file for name in ("lightgbm", "xgboost")}
"""Files that say all that was learned and nothing else: CatBoost's holds the time of the fit."""


def train_own(
    snapshot: dataset.Frozen, line: Line, recipe: Fit, out: Path, champion: Path | None = None
) -> Trained:
    """Fit the team's factory on the snapshot's train split and write its ranker below ``out``.

    ``champion`` plays no part. Raises BadConfig for whatever is wrong with inputs, seeds, factory or
    answers, NotReproducible for a fit that is left to chance, and BadInput for rows that nothing can be
    learned from.
    """
    del champion
    fit.check_inputs(line, recipe)
    rows = dataset.rows_of(dataset.load(snapshot.path, line, snapshot.digest), line, TRAIN)
    theta = examination.estimate(rows.position, rows.clicked, rows.explored, line.list_length)
    examples = examples_of(rows, theta, line, recipe)
    return fit_and_store(snapshot, line, recipe, examples, OutcomeKind.BINARY, out, theta)


def fit_and_store(
    snapshot: dataset.Frozen,
    line: Line,
    recipe: Fit,
    examples: Examples,
    outcome: OutcomeKind,
    out: Path,
    theta: Array = NOWHERE,
) -> Trained:
    """Check the factory, fit it on ``examples`` and write its ranker below ``out``; raises as above."""
    factory.check(line, recipe, examples, outcome, recipe.seeds[0])
    model, heard = factory.fitted(line, recipe, examples, outcome, recipe.seeds[0])
    kept = answers_kept(line, model, examples.features)
    source = factory.source_of(recipe)
    digests = {
        "snapshot": snapshot.digest,
        "code": fingerprint.of_running_code(),
        "environment": installed_packages.of_environment(),
        "line": fingerprint.combine({"source": source}),
        "recipe": fingerprint.of_recipe(recipe),
    }
    stored, types = own_model.keep(out / "ranker", model, kept, recipe.trusted)
    digests["learned"] = learned(out / "ranker", stored, kept, theta)
    whole = fingerprint.combine(digests)
    claim, end = fingerprint.of_fit(recipe, source), snapshot.end.isoformat()
    folder = write_own(
        out / "ranker",
        line=line,
        recipe=recipe,
        theta=theta,
        fingerprint=whole,
        claim=claim,
        end=end,
    )
    return Trained(
        whole,
        folder,
        None,
        tuple(theta.tolist()),
        len(examples.labels),
        digests,
        "fitted alone",
        stored,
        types,
        heard,
    )


def examples_of(rows: Rows, theta: Array, line: Line, recipe: Fit) -> Examples:
    """Rows of lists as examples; weighed by how likely their place was looked at.

    The first look that this needs is Slipway's own trees', whatever the factory gives.
    """
    if not recipe.weighted:
        return Examples(rows.features, rows.clicked)
    places = [n for n in line.readable_by_trees(recipe.inputs) if _few(line, rows, n)]
    gamma = fit.first_look(rows, theta, line, Recipe("first look", tuple(places)))
    return Examples(rows.features, rows.clicked, fit.weights_of(rows, theta, gamma))


def _few(line: Line, rows: Rows, name: str) -> bool:
    """Whether Slipway's trees can read the input: a category of not too many levels, or a number."""
    if not line.column(name).dtype.is_category:
        return True
    return len(np.unique(rows.column(line, name))) < fit.MAX_BINS


def answers_kept(line: Line, model: OwnModel, features: Array) -> Kept:
    """What the fitted object answers on rows spread over ``features``, and with gaps in them."""
    spread = np.linspace(0, len(features) - 1, min(PROBE_ROWS, len(features))).astype(int)
    rows = [features[spread]]
    for column in model.frame.columns:
        declared = line.column(column.name)
        if column.codes is not None or (declared.default is None and declared.known < 1):
            gaps = features[spread[:GAPS]].copy()
            gaps[:, column.place] = np.nan
            rows.append(gaps)
    probe = np.concatenate(rows)
    return Kept(probe, factory.asked(line, model, probe))


def learned(folder: Path, stored: str, kept: Kept, theta: Array) -> str:
    """Digest of what was learned: the library's text where it writes one, and the kept answers."""
    name = _TEXTS.get(stored.partition(".")[0])
    text = (folder / name).read_bytes() if name else b""
    return fingerprint.of_answers(kept.answers, theta, text)

"""Is each column of the champion worth having, and is its answer as right for each group of people?

A column is shuffled among the held-out rows, which keeps its values and takes away what they say of the row
(permutation importance: Breiman 2001, Fisher, Rudin and Dominici 2019). What two columns both say is worth
nothing in either: such a column is not shown to be of use, which a person may know better.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from slipway.artifact.ranker import Array, Ranker
from slipway.data.words import name_of
from slipway.domain.champion_check import ChampionCheck, ColumnWorth, GroupLevel
from slipway.domain.line import Line
from slipway.domain.outcomes import OutcomeKind
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.run import HOLDOUT
from slipway.evaluation import heldout
from slipway.evaluation.heldout import HeldOut, codes
from slipway.evaluation.prediction_losses import SCORING
from slipway.evaluation.versus_champion import SEGMENT_ROWS
from slipway.stats.paired import one_sided, paired_difference
from slipway.training import dataset, predictions
from slipway.training.dataset import Frozen

SEED = 20_170_629
"""Of the shuffles: the same check says the same."""
USER = "user"

Answered = Callable[[Array], tuple[Array, Array]]
"""Answers float64[n] and their losses float64[n] to features float64[n, F]."""


def of_ranking(
    snapshot: Frozen, line: Line, ranker: Ranker, inputs: Sequence[str], version: str
) -> ChampionCheck:
    """The check of a model that ranks: an answer is the probability of a click at the item's place.

    Raises BadInput for a table that nothing can be measured on, NotComputable for answers that are no numbers.
    """
    rows = dataset.rows_of(dataset.load(snapshot.path, line, snapshot.digest), line, HOLDOUT)
    theta = np.asarray(ranker.examination)
    week = HeldOut.of(rows, theta, line.list_length)

    def answered(features: Array) -> tuple[Array, Array]:
        found = heldout.score(ranker, replace(week, rows=replace(rows, features=features)), theta)
        return found.predicted, found.loss

    return _check(snapshot, line, rows.features, rows.clicked, week.user, answered, inputs, version)


def of_predictions(
    snapshot: Frozen, line: Line, ranker: Ranker, inputs: Sequence[str], version: str
) -> ChampionCheck:
    """The check of a model that gives one answer; raises as :func:`of_ranking`."""
    rows = predictions.rows_of(
        predictions.load(snapshot.path, line, snapshot.digest), line, HOLDOUT
    )
    scoring = SCORING[line.primary.kind]

    def answered(features: Array) -> tuple[Array, Array]:
        answer = ranker.score(features)[0]
        return answer, scoring.loss(answer, rows.outcome)

    user = codes(rows.user)
    return _check(snapshot, line, rows.features, rows.outcome, user, answered, inputs, version)


def _check(
    snapshot: Frozen,
    line: Line,
    features: Array,
    outcome: Array,
    user: npt.NDArray[np.intp],
    answered: Answered,
    inputs: Sequence[str],
    version: str,
) -> ChampionCheck:
    names = [column.name for column in line.features]
    answer, loss = answered(features)
    read = [(name, names.index(name)) for name in inputs]
    people = tuple(
        c.name for c in line.features if getattr(c.origin, "of", "") == USER and c.dtype.is_category
    )
    binary = line.primary.kind is OutcomeKind.BINARY
    policy, margin = line.policy, line.policy.calibration_margin
    if isinstance(policy, PredictionPolicy) and not binary:
        margin = policy.bias_margin * abs(outcome.mean())
    off = answer - outcome

    def by(columns: Sequence[str]) -> tuple[GroupLevel, ...]:
        grouped = {name: features[:, names.index(name)] for name in columns}
        return tuple(levels(line, grouped, off, user, policy.quality_alpha))

    return ChampionCheck(
        version=version,
        snapshot=snapshot.digest,
        rows=len(outcome),
        worths=tuple(worths(features, user, loss, answered, read, policy.quality_alpha)),
        people=people,
        groups=by(people),
        margin=float(margin),
        unit="probability" if binary else line.primary.unit or line.primary.name,
        slices=by([name for name in line.segments if name in names]),
    )


def worths(
    features: Array,
    user: npt.NDArray[np.intp],
    loss: Array,
    answered: Answered,
    columns: Sequence[tuple[str, int]],
    alpha: float,
) -> Iterator[ColumnWorth]:
    """What each of ``columns`` (name and index) is worth; bounds err with ``alpha`` over all of them."""
    for name, index in columns:
        shuffled = features.copy()
        order = np.random.default_rng([SEED, index]).permutation(len(features))
        shuffled[:, index] = features[order, index]
        found = paired_difference(answered(shuffled)[1], loss, user)
        yield ColumnWorth(
            name, found.mean, one_sided(found.mean, found.se, alpha / len(columns)).lower
        )


def levels(
    line: Line,
    grouped: "dict[str, Array]",
    off: Array,
    user: npt.NDArray[np.intp],
    alpha: float,
) -> Iterator[GroupLevel]:
    """How far answers are ``off`` float64[n] on average by group; groups with few rows or one user are left out."""
    found = []
    for name, values in grouped.items():
        for code in np.unique(values[~np.isnan(values)]):
            keep = values == code
            if keep.sum() >= SEGMENT_ROWS and len(np.unique(user[keep])) > 1:
                found.append((name, name_of(line.column(name).words, code), keep))
    for name, word, keep in found:
        one = paired_difference(1 + off[keep], np.ones(int(keep.sum())), user[keep])
        ends = one_sided(one.mean, one.se, alpha / len(found))
        yield GroupLevel(name, str(word), one.mean, *ends, int(keep.sum()))

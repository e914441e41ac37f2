"""How good a binary model is on rows whose outcomes have not come, or why that cannot be said."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.sketch import coded
from slipway.stats.distribution_shift import Floats
from slipway.stats.expected_quality import Expected, effective_rows, expected

FOLDS, SEED = 5, 0
MOST_VALUES = 30
"""Values of a category that the density ratio tells apart; rarer ones are one."""
FARTHEST = 50.0
"""Times as frequent now as in the past, from which rows have none like them in the past."""
FEWEST = 30
"""Outcomes of each kind in the past, below which nothing is calibrated."""


class ScoredRows(NamedTuple):
    """Inputs ``features`` [n, k], ``score`` [n], and ``outcome`` [n] in {0, 1}, NaN where none is known.

    ``user`` [n] numbers whose rows they are; None where each row is one's own.
    """

    features: Floats
    score: Floats
    outcome: Floats
    user: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected of rows of now, by measure; or ``undecided``, why nothing is.

    ``effective`` rows of the past are like those of now; ``overlap`` is the share of rows of now that have any.
    """

    measures: Mapping[str, Expected]
    effective: float = 0.0
    overlap: float = 0.0
    undecided: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; :meth:`from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote, also after a trip through JSON."""
        measures = {name: Expected(*found) for name, found in raw["measures"].items()}
        return cls(**{**raw, "measures": measures})


def estimate(past: ScoredRows, now: ScoredRows, policy: WatchPolicy) -> Estimate:
    """What calibrated scores expect of ``now``, in whose outcomes nobody looks.

    UNDECIDED, and said why, with too few rows or outcomes of each kind in the past, and where rows
    of now have none like them in the past. It is blind to a relation that changed.
    """
    came = float(past.outcome.sum())
    if len(now.score) < policy.least_rows:
        return _undecided(f"{len(now.score)} rows of now, at least {policy.least_rows} are needed")
    if min(came, len(past.score) - came) < FEWEST:
        kinds = f"{came:g} of {len(past.score)} rows of the past had the outcome"
        return _undecided(f"{kinds}: at least {FEWEST} with it and {FEWEST} without are needed")
    old, new = density_ratio(past.features, now.features)
    effective, overlap = effective_rows(old), float((new < FARTHEST).mean())
    if overlap < policy.least_overlap:
        share = f"{1 - overlap:.1%} of rows of now have none like them in the past"
        return _undecided(
            f"{share}, at most {1 - policy.least_overlap:.1%} may", effective, overlap
        )
    if effective < policy.least_effective:
        few = f"{effective:.0f} effective rows of the past are like those of now"
        return _undecided(
            f"{few}, at least {policy.least_effective} are needed", effective, overlap
        )
    found = expected(
        (past.score, past.outcome, old),
        now.score,
        threshold=policy.threshold,
        level=policy.estimate_level,
        draws=policy.estimate_draws,
        rng=np.random.default_rng(SEED),
        users=None if past.user is None or now.user is None else (past.user, now.user),
    )
    return Estimate(dict(found), round(effective, 1), round(overlap, 6))


def _undecided(why: str, effective: float = 0.0, overlap: float = 0.0) -> Estimate:
    return Estimate({}, round(effective, 1), round(overlap, 6), f"UNDECIDED: {why}")


def density_ratio(past: Floats, now: Floats) -> tuple[Floats, Floats]:
    """How much more frequent rows like each of both are now than in the past, by rows not fitted on.

    The odds of a classifier that tells now from the past, times the ratio of their numbers (Bickel et al. 2009);
    mean 1 over the past.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import cross_val_predict

    both = np.concatenate([past, now])
    is_now = np.repeat([0, 1], [len(past), len(now)])
    model = HistGradientBoostingClassifier(
        max_iter=60, max_depth=3, min_samples_leaf=50, l2_regularization=1.0, random_state=SEED
    )
    order = np.random.default_rng(SEED).permutation(len(both))  # folds must not follow time
    chance = np.empty(len(both))
    chance[order] = cross_val_predict(
        model, both[order], is_now[order], cv=FOLDS, method="predict_proba"
    )[:, 1]
    chance = np.clip(chance, 1e-6, 1 - 1e-6)
    ratio = chance / (1 - chance) * (len(past) / len(now))
    old, new = ratio[: len(past)], ratio[len(past) :]
    return old / old.mean(), new


def features_of(table: pa.Table, codes: Mapping[str, Mapping[str, int]]) -> Floats:
    """Columns of a table as numbers [n, k]: categories by ``codes``, others as they are; missing is NaN."""
    parts = []
    for name in table.column_names:
        if name in codes:
            places, names = coded(table[name])
            of = [float(codes[name].get(value, len(codes[name]))) for value in names.tolist()]
            parts.append(np.array([*of, np.nan])[places])
        else:
            kind = table[name].type
            column = table[name].cast(pa.int64()) if pa.types.is_timestamp(kind) else table[name]
            parts.append(pc.cast(column, pa.float64(), safe=False).to_numpy())
    return np.column_stack(parts) if parts else np.zeros((table.num_rows, 1))


def codes_of(values: pa.ChunkedArray) -> dict[str, int]:
    """Numbers of the most frequent values of a category."""
    places, names = coded(values)
    count = np.bincount(places[places >= 0], minlength=len(names))
    chosen = np.argsort(-count, kind="stable")[:MOST_VALUES].tolist()
    return {names[k]: number for number, k in enumerate(chosen)}

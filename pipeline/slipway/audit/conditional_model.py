"""What the other columns say together: the yardstick of a suspicious one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slipway.audit.bins import Coded
from slipway.audit.design import Design
from slipway.audit.thresholds import CONDITIONAL_MODEL_DETERMINED, CONDITIONAL_MODEL_FOLDS

Floats = NDArray[np.float64]


class ConditionalModel:
    """Cross-fitted predictions of the label from a chosen set of columns, on a sample of rows."""

    def __init__(self, columns: Mapping[str, Coded], design: Design, *, most_rows: int) -> None:
        n = len(design.block)
        step = max(1, -(-n // most_rows))
        # a prime stride reaches every fold, block and weekday
        self.rows = np.arange(0, n, step)
        self.columns = {name: coded.taken(self.rows) for name, coded in columns.items()}
        targets = tuple(replace(t, yes=t.yes[self.rows]) for t in design.targets)
        self.design = replace(
            design, targets=targets, block=design.block[self.rows], fold=design.fold[self.rows]
        )

    def predict(self, names: Sequence[str], target: int) -> Floats:
        """P(yes) of each sampled row from columns ``names``, fitted on the other folds.

        Without columns it is the mean of the row's time block.
        """
        yes = self.design.targets[target].yes
        base = block_rate(self.design, yes)
        if not names:
            return base
        matrix = np.column_stack([self.columns[name].code for name in names])
        fold = self.design.fold % CONDITIONAL_MODEL_FOLDS
        found = base.copy()
        for k in range(CONDITIONAL_MODEL_FOLDS):
            train, test = fold != k, fold == k
            if 0 < yes[train].sum() < train.sum() and test.any():
                found[test] = _fit(matrix[train], yes[train], matrix[test])
        return found

    def copies(self, name: str, others: Sequence[str]) -> set[str]:
        """Columns of ``others`` that all but determine ``name``: they cannot vouch for it."""
        own = self.columns[name]
        return {o for o in others if _determines(self.columns[o], own)}


def block_rate(design: Design, yes: NDArray[np.bool_]) -> Floats:
    """Share of yes [n] in each row's time block."""
    n = np.bincount(design.block, minlength=design.blocks)
    hits = np.bincount(design.block, yes, design.blocks)
    rate: Floats = (hits / np.maximum(n, 1))[design.block]
    return rate


def _fit(train: NDArray[np.int32], yes: NDArray[np.bool_], test: NDArray[np.int32]) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=60,
        learning_rate=0.15,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        max_features=0.5,
        early_stopping=False,
        random_state=1,
    )
    predicted: Floats = model.fit(train, yes).predict_proba(test)[:, 1]
    return predicted


def _determines(other: Coded, own: Coded) -> bool:
    joint = np.bincount(
        other.code.astype(np.int64) * own.size + own.code, minlength=other.size * own.size
    ).reshape(other.size, own.size)
    total = joint.sum()
    h_own, h_other = _entropy(joint.sum(axis=0) / total), _entropy(joint.sum(axis=1) / total)
    # with as many cells as rows, anything explains anything
    spare = (np.count_nonzero(joint) - np.count_nonzero(joint.sum(axis=1))) / (2 * total)
    shared = h_own + h_other - _entropy((joint / total).ravel()) - spare
    return bool(h_own > 0 and shared > CONDITIONAL_MODEL_DETERMINED * h_own)


def _entropy(share: Floats) -> float:
    some = share[share > 0]
    return float(-(some * np.log(some)).sum())

"""Power of codes on rows that they were not learned on: folds to learn on, the others to judge on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.design import Design
from slipway.audit.thresholds import HELD_OUT_POWER_MOST_TARGETS, HELD_OUT_POWER_PRIOR
from slipway.stats import separation
from slipway.stats.separation import Separation


class Question(NamedTuple):
    """A yes-or-no outcome ``yes`` bool[n], and the rows ``learn`` bool[n] it may be learned on."""

    yes: NDArray[np.bool_]
    learn: NDArray[np.bool_]


def questions(design: Design, rows: NDArray[np.int64]) -> list[Question]:
    """The label's questions on some rows; folds, and with them groups, are kept whole."""
    learn = design.fold[rows] % 2 == 0
    return [
        Question(target.yes[rows], learn) for target in design.targets[:HELD_OUT_POWER_MOST_TARGETS]
    ]


def power(code: NDArray[np.int64] | NDArray[np.int32], question: Question) -> Separation:
    """AUC of the codes' [n] rates, learned on some rows, over the others: Hanley and McNeil's error."""
    yes, learn = question
    size = int(code.max(initial=0)) + 1
    n = np.bincount(code[learn], minlength=size)
    hits = np.bincount(code[learn & yes], minlength=size)
    base = float(yes[learn].mean()) if learn.any() else 0.0
    score = (hits - base * n) / (n + HELD_OUT_POWER_PRIOR)
    good = np.bincount(code[~learn & yes], minlength=size).astype(float)
    bad = np.bincount(code[~learn & ~yes], minlength=size).astype(float)
    found = separation.within(bad[None], good[None], score[None], np.zeros(1, dtype=np.intp))
    if not good.sum() or not bad.sum():
        return found
    error = separation.hanley_mcneil(found.auc, bad.sum(), good.sum())
    return found._replace(se=max(error, 0.25 / float(np.sqrt(min(good.sum(), bad.sum())))))

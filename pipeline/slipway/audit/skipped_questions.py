"""A question that is asked of some rows only: another column says of which."""

import numpy as np
from numpy.typing import NDArray

from slipway.audit.bins import Coded
from slipway.audit.thresholds import SKIPPED_QUESTIONS_AGREE, SKIPPED_QUESTIONS_MOST_VALUES


def says_where(coded: Coded, blank: NDArray[np.bool_]) -> bool:
    """Whether a column without blanks of few values says, by Cohen's kappa, where ``blank`` [n] is: unmarried, hence no spouse's age."""
    if coded.size > SKIPPED_QUESTIONS_MOST_VALUES + 1 or (coded.code == 0).any():
        return False
    rows = np.bincount(coded.code, minlength=coded.size)
    share = np.bincount(coded.code, blank, coded.size) / np.maximum(rows, 1)
    said = (share > 1 / 2)[coded.code]
    chance = said.mean() * blank.mean() + (1 - said.mean()) * (1 - blank.mean())
    same = float(np.mean(said == blank))
    return chance < 1 and bool(same - chance >= SKIPPED_QUESTIONS_AGREE * (1 - chance))

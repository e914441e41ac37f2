"""How a column goes with the others: as what follows from the outcome does, or as a cause of its own."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from slipway.audit.bins import Coded
from slipway.audit.knobs import Knobs

Floats = NDArray[np.float64]


class Tie(NamedTuple):
    """How a column's rates go with what the others predict: rank correlations over ``rows``.

    ``both`` that of the two, ``left`` what is left of it among rows of one outcome, ``own`` and
    ``others`` how each goes with the outcome (Pearl 2009, section 1.2.3).
    """

    both: float
    left: float
    own: float
    others: float
    rows: int

    def follows(self, knobs: Knobs) -> bool:
        """Whether it goes with the others through the outcome alone.

        What causes an outcome together with others is tied to them once the outcome is known; what
        only follows from it (written later) is not.
        """
        return self.both >= knobs.effect_tied and abs(self.left) <= knobs.effect_left * self.both

    def stands_alone(self, knobs: Knobs) -> bool:
        """Whether it stands beside the others, as a cause does that does not depend on them.

        What follows from the outcome goes with its causes as far as both go with it; a cause of its
        own does not, however strong it is.
        """
        expected = self.own * self.others
        sure = self.both + knobs.z_power / self.rows**0.5 < expected
        return sure and self.both <= knobs.cause_tied * expected


def tie_of(coded: Coded, predicted: Floats, yes: NDArray[np.bool_]) -> Tie:
    """The tie between a column and predictions [n] from others."""
    n = np.bincount(coded.code, minlength=coded.size)
    rate = np.bincount(coded.code, yes, coded.size) / np.maximum(n, 1)
    one, two, outcome = rankdata(rate[coded.code]), rankdata(predicted), yes.astype(float)
    left = _correlation(_inside(one, yes), _inside(two, yes))
    own, others = _correlation(one, outcome), _correlation(two, outcome)
    return Tie(_correlation(one, two), left, own, others, len(yes))


def _inside(x: Floats, yes: NDArray[np.bool_]) -> Floats:
    """Gap to the mean of the row's class."""
    found: Floats = x - np.where(yes, x[yes].mean(), x[~yes].mean())
    return found


def _correlation(x: Floats, y: Floats) -> float:
    """Pearson's r; 0 where one of the two does not vary."""
    spread = x.std() * y.std()
    return float(((x - x.mean()) * (y - y.mean())).mean() / spread) if spread > 0 else 0.0

"""How much of what is shown goes to how few items, in numbers from counts of exposures.

Sources: Gini (1912), in the form of Damgaard and Weiner (2000); Hill (1973) for entropy, whose exp is the effective number of items; discoverable
corpus: Su et al., Long-term value of exploration (WSDM 2024). A uniform list has a fine Gini, too: quality stands beside it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Concentration(NamedTuple):
    """Of one arm in one period.

    ``gini``; ``top_share`` of exposures that the most shown items have; ``discoverable`` share of the items that are shown
    often enough, all in [0, 1]; ``individual`` and ``collective`` are entropies (nats) of one user (mean) and of all: exp of
    them are effective numbers of items, and differences log ratios.
    """

    gini: float
    top_share: float
    discoverable: float
    individual: float
    collective: float


def concentration(shown: Array, of_users: Array, top: float, least: float) -> Concentration:
    """Of exposures ``shown`` [I] by item (never shown ones are 0), and entropies ``of_users`` [U].

    ``top`` is the share of items that are the most shown, ``least`` the exposures that make an item discoverable. Raises
    ValueError where nothing was shown.

    >>> concentration(np.array([1., 1., 0., 0.]), np.array([1.]), .25, 1).gini
    0.5
    """
    total, items = float(shown.sum()), len(shown)
    if not total:
        raise ValueError("nothing was shown: its concentration is undefined")
    order = np.sort(shown)
    gini = float(((2 * np.arange(1, items + 1) - items - 1) * order).sum() / (items * total))
    most = max(1, round(top * items))
    return Concentration(
        gini,
        float(order[-most:].sum() / total),
        float((shown >= least).mean()),
        float(of_users.mean()) if len(of_users) else 0.0,
        float(entropy(shown[None])[0]),
    )


def entropy(counts: Array) -> Array:
    """Entropy (nats) of each row of ``counts`` [n, I].

    >>> np.exp(entropy(np.array([[1., 1.], [2., 0.]]))).round(3).tolist()
    [2.0, 1.0]
    """
    total = np.maximum(counts.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    share = counts / total
    logs = np.log(np.where(share > 0, share, 1.0))
    found: Array = -(share * logs).sum(axis=1)
    return found


class Trend(NamedTuple):
    """By how much a series rose from its first period to its last along its line, with one-sided bounds."""

    rise: float
    lower: float
    upper: float


def trend(values: Array, floor: float, alpha: float) -> Trend:
    """The rise of ``values`` [T], T >= 3, by least squares; each bound errs with ``alpha``.

    The error is that of the residuals, and at least ``floor``, the noise of one value known from elsewhere: a short
    series may lie on a line by luck. Raises ValueError for fewer than three periods.

    >>> trend(np.array([0., 1., 2.]), .1, .05).rise
    2.0
    """
    from scipy.stats import t as student

    periods = len(values)
    if periods < 3:  # noqa: PLR2004 - a line leaves one degree of freedom
        raise ValueError("fewer than three periods: no trend")
    time = np.arange(periods) - (periods - 1) / 2
    slope = float((time * values).sum() / (time**2).sum())
    rest = values - values.mean() - slope * time
    noise = max(floor, float(np.sqrt((rest**2).sum() / (periods - 2))))
    rise = slope * (periods - 1)
    reach = float(student.isf(alpha, periods - 2)) * noise * (periods - 1)
    reach /= float(np.sqrt((time**2).sum()))
    return Trend(rise, rise - reach, rise + reach)

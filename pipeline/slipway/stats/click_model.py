"""What an off-policy value believes of clicks; :mod:`slipway.stats.off_policy` uses it."""

from typing import NamedTuple


class ClickModel(NamedTuple):
    """What is believed of clicks before they are counted.

    ``kappa`` and ``kappa_sd`` are log looks lost for each click above; ``doubt`` is the share of its correction
    that counts as a standard error; ``clip`` is the largest weight of a click.
    """

    kappa: float
    kappa_sd: float
    doubt: float
    clip: float

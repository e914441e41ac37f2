"""The value of what was chosen stands beside the values of all that could have been chosen."""

import numpy as np
import pandas as pd
from audit_kit import audited

ROWS = 600


def test_the_price_that_was_paid_is_accused_and_the_prices_on_offer_are_not():
    """Three ways to travel, each with its price, and the price of the one that was taken."""
    rng = np.random.default_rng(1)
    offer = pd.DataFrame({n: rng.gamma(3, 20, ROWS).round(2) for n in ("bus", "train", "car")})
    taken = offer.to_numpy() @ np.diag([1.0, 0.8, 0.9]) + rng.normal(0, 20, (ROWS, 3))
    label = np.array(offer.columns)[taken.argmin(axis=1)]
    paid = offer.to_numpy()[np.arange(ROWS), taken.argmin(axis=1)]
    assert audited(offer.assign(label=label), time=()).accused == ()
    assert audited(offer.assign(paid=paid, label=label), time=()).accused == ("paid",)

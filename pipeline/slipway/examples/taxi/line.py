"""The line ``taxi``: what tip will this ride bring, asked as it ends?

The columns are those of Chicago's taxi trips as TensorFlow Extended's example has them. What a rider gives does
not depend on what was predicted, so the paired shadow decides. By what means the rider pays is known when
the tip is: only cards record one, and a model that knew it would know the outcome.
"""

from datetime import timedelta

from slipway.domain.line import (
    Card,
    Clock,
    Column,
    DType,
    Line,
    Outcome,
    OutcomeKind,
    Schedule,
    Sent,
    Single,
    Take,
)
from slipway.domain.model import Fit
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.examples.taxi.model import poisson_trees

ZONE = "America/Chicago"

COLUMNS = (
    Column("hour", origin=Clock("hour", ZONE), known=1, about="hour in the city"),
    Column("weekday", origin=Clock("weekday", ZONE), known=1, about="0 is Monday, in the city"),
    Column("fare", origin=Sent(), lower=0, upper=120, known=0.95, about="dollars on the meter"),
    Column("miles", origin=Sent(), lower=0, upper=40, known=0.95, about="miles of the ride"),
    Column("minutes", origin=Sent(), lower=0, upper=120, known=0.95, about="minutes of the ride"),
    Column("company", DType.CATEGORY, Sent(), known=0.4, about="company of the taxi"),
    Column("pickup_area", DType.CATEGORY, Sent(), known=0.5, about="community area of the start"),
    Column("dropoff_area", DType.CATEGORY, Sent(), known=0.5, about="community area of the end"),
)

TIP = Outcome(
    "tip", OutcomeKind.AMOUNT, window=timedelta(hours=26), take=Take.LAST, exogenous=True,
    primary=True, cap=50.0, unit="dollars", about="what the rider gave, settled over night",
)  # fmt: skip
CARD = Outcome(
    "paid_by_card",
    window=timedelta(hours=26),
    exogenous=True,
    about="paid by card: known with the tip, and without a card none is recorded",
)

LINE = Line(
    name="taxi",
    about="Tips of taxi rides, predicted as the ride ends.",
    columns=COLUMNS,
    outcomes=(TIP, CARD),
    exposure=Single(),
    schedule=Schedule("0 5 * * 1", ZONE, train=timedelta(weeks=5)),
    recipe=Fit(poisson_trees, tuple(column.name for column in COLUMNS)),
    policy=PredictionPolicy(
        paired=True,
        threshold=3.0,
        no_hold_out_because="a tip is not drawn by chance; rules are compared offline",
    ),
    rules="slipway.examples.taxi.rules",
    card=Card(
        intended_use="tip expected as a ride ends, to forecast drivers' income",
        limits="cash tips are not recorded; it must not be shown to riders or decide who is sent a ride",
        owner="the fleet's income desk",
        overseer="tara, drivers' spokesperson",
    ),
)

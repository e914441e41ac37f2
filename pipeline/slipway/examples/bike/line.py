"""The line ``bike``: how many bikes will be rented in this hour?

The columns are those of the hourly table of Capital Bikeshare with its weather (Fanaee-T and Gama 2013,
UCI 275, CC BY 4.0). ``casual`` and ``registered`` add up to what is predicted: they are outcomes.
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
from slipway.examples.bike.model import boosted_trees

ZONE = "America/New_York"

COLUMNS = (
    Column("hour", origin=Clock("hour", ZONE), known=1, about="hour in the city"),
    Column("weekday", origin=Clock("weekday", ZONE), known=1, about="0 is Monday, in the city"),
    Column("month", origin=Clock("month", ZONE), known=1, about="month, in the city"),
    Column("season", DType.CODE, Sent(), words=("spring", "summer", "autumn", "winter"), known=0.99,
           about="season of the year"),
    Column("holiday", DType.CODE, Sent(), words=("no", "yes"), known=0.99, about="a public holiday"),
    Column("workingday", DType.CODE, Sent(), words=("no", "yes"), known=0.99,
           about="neither weekend nor holiday"),
    Column("weather", DType.CODE, Sent(), words=("clear", "mist", "light rain", "heavy rain"),
           known=0.99, about="the forecast of the hour"),
    Column("temperature", origin=Sent(), lower=-0.5, upper=1.5, known=0.99,
           about="of 41 degrees Celsius"),
    Column("feels_like", origin=Sent(), lower=-0.5, upper=1.5, known=0.99,
           about="of 50 degrees Celsius"),
    Column("humidity", origin=Sent(), lower=0, upper=1, known=0.99, about="fraction"),
    Column("windspeed", origin=Sent(), lower=0, upper=2, known=0.99, about="of 67 km/h"),
)  # fmt: skip

RENTALS = Outcome(
    "rentals", OutcomeKind.CONTINUOUS, window=timedelta(hours=26), take=Take.LAST, exogenous=True,
    unit="bikes", about="bikes rented in the hour, counted over night; a recount corrects it",
)  # fmt: skip

LINE = Line(
    name="bike",
    about="Bikes rented in an hour, forecast at its beginning.",
    columns=COLUMNS,
    outcomes=(RENTALS,),
    exposure=Single(group_of="workingday"),
    schedule=Schedule("0 6 1 * *", ZONE, train=timedelta(weeks=26)),
    recipe=Fit(boosted_trees, tuple(column.name for column in COLUMNS)),
    policy=PredictionPolicy(
        paired=True,
        threshold=400.0,
        no_hold_out_because="the city sends bikes by one forecast; rules are compared offline",
    ),
    segments=("workingday", "season"),
    rules="slipway.examples.bike.rules",
    card=Card(
        intended_use="hourly demand of the whole city, to plan how many bikes are moved",
        limits="one city's weather and calendar; says nothing of single stations, strikes or storms it never saw",
        owner="the fleet's planning team",
        overseer="otto, dispatcher in charge",
    ),
)

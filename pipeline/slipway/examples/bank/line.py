"""The line ``bank``: will this client subscribe a term deposit if the bank calls now?

The columns are those of a Portuguese bank's campaigns (Moro, Cortez and Rita 2014, UCI 222). Which client is
called, and when, is up to who reads the answer, so the outcome depends on it and the split decides; a client
decides within two weeks. How long the call lasts is known when it is over and tells nearly all: it is an
outcome, and validation stops whoever trains on it.
"""

from datetime import timedelta

from slipway.domain.line import (
    Card,
    Column,
    DType,
    Line,
    Outcome,
    OutcomeKind,
    Schedule,
    Sent,
    Single,
)
from slipway.domain.model import Fit
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.examples.bank.model import boosted_trees

JOBS = (
    "admin.", "blue-collar", "entrepreneur", "housemaid", "management", "retired", "self-employed",
    "services", "student", "technician", "unemployed", "unknown",
)  # fmt: skip
EDUCATION = (
    "basic.4y", "basic.6y", "basic.9y", "high.school", "illiterate", "professional.course",
    "university.degree", "unknown",
)  # fmt: skip
YES_NO = ("no", "yes", "unknown")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MARITAL, CONTACT = ("divorced", "married", "single", "unknown"), ("cellular", "telephone")
DAYS, BEFORE = ("mon", "tue", "wed", "thu", "fri"), ("nonexistent", "failure", "success")


def _code(name: str, words: tuple[str, ...], about: str, of: str = "user") -> Column:
    return Column(name, DType.CODE, Sent(of=of), words=words, known=0.99, about=about)


COLUMNS = (
    Column("age", origin=Sent(of="user"), lower=17, upper=100, known=0.99, about="years"),
    _code("job", JOBS, "type of job"),
    _code("marital", MARITAL, "marital status"),
    _code("education", EDUCATION, "highest school"),
    _code("in_default", YES_NO, "has a credit in default"),
    _code("housing", YES_NO, "has a housing loan"),
    _code("loan", YES_NO, "has a personal loan"),
    _code("contact", CONTACT, "by which telephone", of="request"),
    _code("month", MONTHS, "month of the call", of="request"),
    _code("weekday", DAYS, "weekday of the call", of="request"),
    Column("campaign", origin=Sent(), lower=1, upper=60, known=0.99,
           about="calls in this campaign, this one included"),
    Column("days_since", origin=Sent(), lower=0, upper=30,
           about="days since a call of an earlier campaign, missing without one"),
    Column("previous", origin=Sent(of="user"), lower=0, upper=10, known=0.99,
           about="calls in earlier campaigns"),
    _code("poutcome", BEFORE, "how the earlier campaign ended"),
    Column("emp_var_rate", origin=Sent(), lower=-5, upper=3, known=0.99,
           about="variation of employment, quarterly, per cent"),
    Column("cons_price_idx", origin=Sent(), lower=90, upper=97, known=0.99,
           about="consumer price index, monthly"),
    Column("cons_conf_idx", origin=Sent(), lower=-60, upper=-20, known=0.99,
           about="consumer confidence index, monthly"),
    Column("euribor3m", origin=Sent(), lower=0, upper=7, known=0.99,
           about="Euribor of three months, daily, per cent"),
    Column("nr_employed", origin=Sent(), lower=4_900, upper=5_300, known=0.99,
           about="employees, quarterly, thousands"),
)  # fmt: skip

SUBSCRIBED = Outcome(
    "subscribed",
    window=timedelta(days=14),
    primary=True,
    about="the client signs a term deposit within two weeks of the call",
)
DURATION = Outcome(
    "duration", OutcomeKind.AMOUNT, window=timedelta(days=14), unit="seconds",
    about="how long the call was: known when it is over, and then tells nearly all",
)  # fmt: skip

LINE = Line(
    name="bank",
    about="Term deposits that clients subscribe when they are called.",
    columns=COLUMNS,
    outcomes=(SUBSCRIBED, DURATION),
    exposure=Single(group_of="contact"),
    schedule=Schedule("0 6 * * 1", "Europe/Lisbon", train=timedelta(weeks=4)),
    recipe=Fit(boosted_trees, tuple(column.name for column in COLUMNS)),
    policy=PredictionPolicy(rules_share=0.05, threshold=0.3, timeout_days=90.0),
    segments=("contact", "poutcome"),
    rules="slipway.examples.bank.rules",
    card=Card(
        intended_use="order in which clients who agreed to be called are called about a term deposit",
        limits="clients who were never called have no outcome; it must not decide on credit, price or access",
        owner="the campaign desk",
        overseer="ruth, head of client contact",
    ),
)

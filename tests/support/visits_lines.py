"""Two lines of one team whose columns come about in every way: a ranking and a prediction."""

from datetime import timedelta

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from slipway.domain.line import (
    Age,
    AsOf,
    Clock,
    Column,
    Derived,
    Entity,
    Field,
    Line,
    Listed,
    Outcome,
    Schedule,
    Sent,
    Single,
    Supplied,
)
from slipway.domain.model import Fit
from slipway.domain.prediction_policy import PredictionPolicy

DAY = timedelta(days=1)
STORE = Entity(
    "shop", {"city": "category", "opened": "time", "area": "number"}, "store", history=True
)
PERSON = Entity("person", {"plan": "category", "since": "time"}, "user", history=True)
ARTICLE = Entity("item", {"sort": "category", "title": "text", "price": "number"}, history=True)
BOUGHT = Outcome("bought", window=timedelta(hours=1))

COMMON = (
    Column("store", "category", Sent(), default="s0"),
    Column("note", "text", Sent(of="user")),
    Column("last_visit", "time", Sent(of="user")),
    Column("stock", origin=Supplied("feast:store:stock"), lower=0),
    Column("mood", "category", Supplied("feast:user:mood", of="user")),
    Column("hour", origin=Clock("hour", "Europe/Berlin"), known=1),
    Column("city", "category", Field("shop.city")),
    Column("shop_age", origin=Age("shop.opened")),
    Column("plan", "category", Field("person.plan")),
    Column("customer_for", origin=Age("person.since", "hours")),
    Column("city_rate", origin=AsOf("city", DAY, of="bought", prior=0.3)),
    Column("user_count", origin=AsOf("user", DAY, "count")),
    Column("stock_per_area", origin=Derived(lambda stock, shop_age: stock / (1 + shop_age))),
)
OF_ITEM = (
    Column("sort", "category", Field("item.sort")),
    Column("title", "text", Field("item.title")),
    Column("price", origin=Field("item.price")),
    Column("sort_rate", origin=AsOf("sort", DAY, of="bought", prior=0.3)),
)


def _reader(inputs, texts):
    """A factory of a pipeline that reads words, levels and numbers of these inputs."""
    words = [c.name for c in inputs if c.dtype.is_category]
    numbers = [c.name for c in inputs if c.dtype == "number"]
    return [
        *((name, TfidfVectorizer(), name) for name in texts),
        ("levels", OneHotEncoder(handle_unknown="ignore"), words),
        ("numbers", SimpleImputer(), numbers),
    ]


def visit_model(seed):
    """Logistic regression on what a single answer's columns say."""
    parts = _reader(COMMON, ["note"])
    return make_pipeline(
        ColumnTransformer(parts), LogisticRegression(random_state=seed, max_iter=300)
    )


def shelf_model(seed):
    """The same with the columns of an item."""
    parts = _reader((*COMMON, *OF_ITEM), ["note", "title"])
    return make_pipeline(
        ColumnTransformer(parts), LogisticRegression(random_state=seed, max_iter=300)
    )


def _inputs(columns):
    return tuple(column.name for column in columns if column.dtype != "time")


SCHEDULE = Schedule(train=DAY, holdout=DAY)
VISITS = Line(
    name="visits",
    about="Will this visitor buy?",
    entities=(STORE, PERSON),
    columns=COMMON,
    outcomes=(BOUGHT,),
    exposure=Single(group_of="store"),
    schedule=SCHEDULE,
    recipe=Fit(visit_model, _inputs(COMMON)),
    policy=PredictionPolicy(no_hold_out_because="nobody is left without an answer"),
    rules="support.visits_lines",
)
SHELVES = Line(
    name="shelves",
    about="Which articles does this visitor buy?",
    entities=(ARTICLE, STORE, PERSON),
    columns=(*COMMON, *OF_ITEM),
    outcomes=(BOUGHT,),
    exposure=Listed(3, category_of="sort", group_of="store"),
    schedule=SCHEDULE,
    recipe=Fit(shelf_model, _inputs((*COMMON, *OF_ITEM)), weighted=False),
    rules="support.visits_lines",
)


def score(features):
    """Rules that know nothing: everybody alike."""
    return np.full(len(features), 0.3)

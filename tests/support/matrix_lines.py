"""Small lines of every kind and outcome, each with columns of every type and origin that a model reads."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np
from slipway.domain.line import (
    AsOf,
    Clock,
    Column,
    DType,
    Entity,
    Field,
    Line,
    Listed,
    Outcome,
    OutcomeKind,
    Recipe,
    Schedule,
    Sent,
    Single,
)
from slipway.domain.model import Fit
from slipway.domain.policy import Policy
from slipway.domain.prediction_policy import PredictionPolicy
from support import factories

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCHEDULE = Schedule("0 6 * * *", "Europe/Berlin", train=3 * DAY, holdout=DAY)
COMMON = (
    Column("device", "code", Sent(of="user"), words=("phone", "tablet", "desk"), known=0.9),
    Column("town", "category", Sent(), known=0.9),
    Column("minutes", origin=Sent(), lower=0, upper=60),
    Column("hour", origin=Clock("hour", "Europe/Berlin"), known=1),
)
OF_ITEM = (
    Column("sort", "category", Field("item.sort"), known=0.99),
    Column("price", origin=Field("item.price"), lower=0, upper=50),
)


def _counted(of):
    return Column("town_mean", origin=AsOf("town", DAY, "mean", of=of, prior=1.0))


def _predicts(kind, *, exogenous):
    outcome = Outcome("came", kind, window=2 * HOUR, exogenous=exogenous)
    columns = (*COMMON, _counted("came"))
    return Line(
        name="matrix",
        about="One answer for each visit.",
        columns=columns,
        outcomes=(outcome,),
        exposure=Single(group_of="device"),
        schedule=SCHEDULE,
        recipe=Fit(factories.logistic, tuple(c.name for c in columns)),
        policy=PredictionPolicy(paired=exogenous, no_hold_out_because="a test of every kind"),
        rules=__name__,
    )


def _ranks():
    columns = (
        *COMMON,
        *OF_ITEM,
        Column("sort_rate", origin=AsOf("sort", DAY, of="came", prior=0.2)),
    )
    return Line(
        name="matrix",
        about="Three things for each visit.",
        entities=(Entity("item", {"title": DType.TEXT, "sort": "category", "price": "number"}),),
        columns=columns,
        outcomes=(Outcome("came", window=2 * HOUR),),
        exposure=Listed(3, category_of="sort", group_of="device"),
        schedule=SCHEDULE,
        recipe=Recipe("weekly", inputs=tuple(c.name for c in columns)),
        policy=Policy(explore_share=0.1),
        rules=__name__,
    )


KINDS = {
    "ranking, clicks": _ranks,
    "prediction, decided by the split": partial(_predicts, OutcomeKind.BINARY, exogenous=False),
    "prediction, counts": partial(_predicts, OutcomeKind.COUNT, exogenous=True),
    "prediction, amounts": partial(_predicts, OutcomeKind.AMOUNT, exogenous=True),
    "prediction, a number": partial(_predicts, OutcomeKind.CONTINUOUS, exogenous=True),
}


def line_of(kind, model=None, **fields):
    """The line of a kind; ``model`` is a factory ``(seed, task)``, or None for Slipway's own trees."""
    line = KINDS[kind]()
    inputs = tuple(column.name for column in line.columns)
    task = TASKS.get(line.primary.kind, "positive")
    if model is None:
        return replace(line, recipe=Recipe("weekly", inputs=inputs, max_iter=10), **fields)
    given = {"task": task}
    if model is catboost:
        given["categories"] = tuple(c.name for c in line.columns if c.dtype.is_category)
    missing = "(missing)" if model is catboost else ""
    recipe = Fit(partial(model, **given), inputs, missing=missing)
    return replace(line, recipe=recipe, **fields)


TASKS = {OutcomeKind.BINARY: "binary", OutcomeKind.CONTINUOUS: "number"}
"""What a model is to do; counts and amounts are never below 0."""


def score(features):
    """Rules of any of the lines: later hours and longer visits are a little better."""
    return 0.1 + 0.002 * np.nan_to_num(features[:, 2]) + 0.002 * np.nan_to_num(features[:, 3])


# models as teams write them, for either task


def linear(seed, *, task):
    """Levels, filled and scaled numbers, and a weighted sum of them."""
    from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
    from sklearn.pipeline import make_pipeline

    last = {
        "binary": LogisticRegression(random_state=seed),
        "positive": PoissonRegressor(),
        "number": Ridge(),
    }[task]
    return make_pipeline(factories.encoded(), last)


def forest(seed, *, task):
    """A few trees on the same columns."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.pipeline import make_pipeline

    of = RandomForestClassifier if task == "binary" else RandomForestRegressor
    return make_pipeline(factories.encoded(), of(5, max_depth=4, random_state=seed))


def boosted(seed, *, task):
    """scikit-learn's boosted trees on the frame as it is."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    knobs = {
        "max_iter": 10, "categorical_features": "from_dtype", "early_stopping": False, "max_features": 0.6,
        "random_state": seed,
    }  # fmt: skip
    if task == "binary":
        return HistGradientBoostingClassifier(**knobs)
    loss = "poisson" if task == "positive" else "squared_error"
    return HistGradientBoostingRegressor(loss=loss, **knobs)


def lightgbm(seed, *, task):
    """LightGBM's."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    knobs = {"n_estimators": 10, "colsample_bytree": 0.6, "random_state": seed, "verbose": -1}
    if task == "binary":
        return LGBMClassifier(**knobs)
    return LGBMRegressor(objective="poisson" if task == "positive" else "regression", **knobs)


def xgboost(seed, *, task):
    """XGBoost's."""
    from xgboost import XGBClassifier, XGBRegressor

    knobs = {
        "n_estimators": 10, "colsample_bytree": 0.6, "random_state": seed, "enable_categorical": True,
    }  # fmt: skip
    if task == "binary":
        return XGBClassifier(**knobs)
    objective = "count:poisson" if task == "positive" else "reg:squarederror"
    return XGBRegressor(objective=objective, **knobs)


def catboost(seed, *, task, categories):
    """CatBoost's, which wants its categories by name and none missing."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    knobs = {
        "iterations": 10, "random_seed": seed, "verbose": 0, "cat_features": list(categories),
        "allow_writing_files": False,
    }  # fmt: skip
    if task == "binary":
        return CatBoostClassifier(**knobs)
    return CatBoostRegressor(loss_function="Poisson" if task == "positive" else "RMSE", **knobs)

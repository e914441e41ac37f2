"""Factories as teams write them, good ones and bad ones; each takes a seed."""

import numpy as np


def logistic(seed):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(encoded(), LogisticRegression(random_state=seed))


def forest(seed, trees=12):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        encoded(),
        RandomForestClassifier(int(trees), max_depth=6, random_state=seed, n_jobs=2),
    )


def calibrated(seed):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        max_iter=15, categorical_features="from_dtype", random_state=seed
    )
    return CalibratedClassifierCV(trees, cv=3)


def lightgbm(seed):
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=20, colsample_bytree=0.6, random_state=seed, verbose=-1)


def xgboost(seed):
    from xgboost import XGBClassifier

    return XGBClassifier(
        n_estimators=20, colsample_bytree=0.6, random_state=seed, enable_categorical=True
    )


def catboost(seed):
    from catboost import CatBoostClassifier

    return CatBoostClassifier(
        iterations=20,
        random_seed=seed,
        verbose=0,
        cat_features=["genre", "age_band"],
        allow_writing_files=False,
    )


def encoded():
    """Categories as one column per level, numbers filled in and scaled."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    return make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include="category"),
        ),
        (
            make_pipeline(SimpleImputer(), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
    )


class Mean:
    """An estimator by hand: it answers the mean of the labels, plus ``wrong`` of the rows."""

    def __init__(self, wrong=lambda rows, mean: mean):
        self.wrong = wrong

    def fit(self, rows, labels, sample_weight=None):
        """Learn the mean."""
        self.mean = float(np.mean(labels))
        return self

    def predict(self, rows):
        """The mean, or what is wrong with it."""
        return self.wrong(rows, np.full(len(rows), self.mean))


def raising(seed):
    raise ValueError("no licence for this library")


def undeclared_column(seed):
    def wrong(rows, mean):
        return mean + rows["rank"]

    return Mean(wrong)


def left_to_chance(seed):
    return Mean(lambda rows, mean: mean * np.random.default_rng().uniform(0.5, 1, len(rows)))


def not_a_number(seed):
    return Mean(lambda rows, mean: np.where(np.arange(len(rows)) == 3, np.nan, mean))


def wrong_shape(seed):
    return Mean(lambda rows, mean: np.stack([mean, mean], axis=1))


def labels_alone(seed):
    return Mean(lambda rows, mean: (rows["hour"].to_numpy() > 12).astype(int))


def beyond_one(seed):
    return Mean(lambda rows, mean: mean + 1)


def breaks_on_gaps(seed):
    def wrong(rows, mean):
        if rows.isna().to_numpy().any():
            raise ValueError("Input contains NaN")
        return mean

    return Mean(wrong)


def unweighable(seed):
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier()


def a_class(seed):
    return Mean


def a_number(seed):
    return 7

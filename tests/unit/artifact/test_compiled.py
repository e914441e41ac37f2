"""What is compiled answers as what was fitted, row by row and in batches, on rows that nobody fitted."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from slipway.artifact import compiled, linear, model_files, own_model
from slipway.artifact.additive import Additive
from slipway.artifact.compiled import CompiledModel
from slipway.artifact.own_model import Kept, OwnModel
from slipway.artifact.typed_frame import InputColumn, TypedFrame
from slipway.domain.errors import BadInput
from slipway.domain.line import Column, DType, Sent, Single
from slipway.domain.model import Fit
from slipway.domain.outcomes import OutcomeKind
from slipway.examples.bank.line import LINE
from slipway.training.deterministic import one_thread
from support import factories

NAMES, CATEGORIES = "abcde", "bd"
ROWS = 3_000
TREES = {"categorical_features": "from_dtype", "early_stopping": False, "max_iter": 25}


def rows_of(n, seed):
    """Numbers of many sizes and categories of few and of many words; a twentieth is missing."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack(
        [
            rng.normal(size=n) * 100,
            rng.choice([3.0, 7, 9, 100, 2e9], n),
            rng.normal(size=n),
            rng.integers(0, 40, n).astype(float),
            rng.lognormal(0, 2, n),
        ]
    )
    rows[rng.random(rows.shape) < 0.05] = np.nan
    return rows


def hostile(n, seed):
    """Numbers beyond all that was fitted, and categories that nobody knows."""
    rows, rng = rows_of(n, seed), np.random.default_rng(seed + 1)
    far, strange = rng.random(n) < 0.2, rng.random(n) < 0.2
    rows[far, 0] = rng.choice([1e30, -1e30, 0.0, -0.0, 5e-324], far.sum())
    rows[strange, 1] = rng.choice([-1, 3.5, 8, 1e18], strange.sum())
    return rows


def frame_of(rows, missing=""):
    columns = []
    for place, name in enumerate(NAMES):
        values = rows[:, place]
        codes = tuple(np.unique(values[~np.isnan(values)]).tolist())
        columns.append(
            InputColumn(name, place, codes, tuple(f"w{9 - k}" if k < 10 else f"v{k}" for k in range(len(codes))))
            if name in CATEGORIES
            else InputColumn(name, place)
        )  # fmt: skip
    return TypedFrame(tuple(columns), missing)


def labels_of(rows, kind, seed=5):
    rng, z = np.random.default_rng(seed), np.nan_to_num(rows)
    score = z[:, 0] / 100 + (z[:, 1] == 9) - (z[:, 3] % 3 == 0) + np.sin(2 * z[:, 2])
    match kind:
        case OutcomeKind.BINARY:
            return (rng.random(len(rows)) < 1 / (1 + np.exp(-score))).astype(int)
        case OutcomeKind.COUNT:
            return rng.poisson(np.exp(score / 2)).astype(float)
        case OutcomeKind.AMOUNT:
            return rng.poisson(np.exp(score / 2)) + 0.5
        case _:
            return 10 * score + rng.normal(size=len(rows))


def hist(kind, **knobs):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    of = (
        HistGradientBoostingClassifier
        if kind is OutcomeKind.BINARY
        else HistGradientBoostingRegressor
    )
    return of(random_state=1, **TREES, **knobs)


def piped(last):
    from sklearn.pipeline import make_pipeline

    return make_pipeline(factories.encoded(), last)


def library(name, of, **knobs):
    return getattr(pytest.importorskip(name, reason=f"{name} is no dependency of Slipway"), of)(
        **knobs
    )


def xgb(of="XGBClassifier", **knobs):
    return library(
        "xgboost", of, **{"n_estimators": 20, "enable_categorical": True, "n_jobs": 1} | knobs
    )


def light(of, **knobs):
    return library("lightgbm", of, n_estimators=20, verbose=-1, **knobs)


def linear_model(name, **knobs):
    from sklearn import linear_model

    return piped(getattr(linear_model, name)(**knobs))


BINARY, COUNT, AMOUNT, CONTINUOUS = (
    OutcomeKind.BINARY, OutcomeKind.COUNT, OutcomeKind.AMOUNT, OutcomeKind.CONTINUOUS,
)  # fmt: skip
MODELS = {
    "trees": (BINARY, lambda: hist(BINARY)),
    "trees of a number": (CONTINUOUS, lambda: hist(CONTINUOUS)),
    "trees of a median": (CONTINUOUS, lambda: hist(CONTINUOUS, loss="absolute_error")),
    "trees of a count": (COUNT, lambda: hist(COUNT, loss="poisson")),
    "trees of an amount": (AMOUNT, lambda: hist(AMOUNT, loss="gamma")),
    "logistic": (BINARY, lambda: linear_model("LogisticRegression")),
    "ridge": (CONTINUOUS, lambda: linear_model("Ridge")),
    "poisson": (COUNT, lambda: linear_model("PoissonRegressor")),
    "xgboost": (BINARY, xgb),
    "xgboost one-hot": (BINARY, lambda: xgb(max_cat_to_onehot=60)),
    "xgboost forest": (BINARY, lambda: xgb("XGBRFClassifier", colsample_bynode=0.5)),
    "xgboost of a number": (CONTINUOUS, lambda: xgb("XGBRegressor")),
    "xgboost of a count": (COUNT, lambda: xgb("XGBRegressor", objective="count:poisson")),
    "xgboost of an amount": (AMOUNT, lambda: xgb("XGBRegressor", objective="reg:tweedie")),
    "lightgbm": (BINARY, lambda: light("LGBMClassifier")),
    "lightgbm of a number": (CONTINUOUS, lambda: light("LGBMRegressor")),
    "lightgbm of a count": (COUNT, lambda: light("LGBMRegressor", objective="poisson")),
    "lightgbm of an amount": (AMOUNT, lambda: light("LGBMRegressor", objective="tweedie")),
}  # fmt: skip
SUMS = ("logistic", "ridge", "poisson")
"""Their answers may differ by the order of a sum."""


def fitted(name, folder):
    """A fitted model, and what it is compiled to."""
    kind, make = MODELS[name]
    rows = rows_of(ROWS, 1)
    frame, estimator = frame_of(rows), make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(frame.frame(rows), labels_of(rows, kind))
    stored, _ = model_files.save(estimator, folder, ())
    path = folder / model_files.file_of(stored)
    fast = compiled.compile_model(stored, path, estimator, frame, kind, rows[:400])
    return OwnModel(estimator, frame, kind), fast


@pytest.fixture(autouse=True)
def _alone():
    """Several threads for so little only wait for each other."""
    with one_thread():
        yield


@pytest.mark.parametrize("name", MODELS)
def test_compiled_answers_are_the_fitted_object_s(name, tmp_path):
    """5,000 rows with gaps, unknown categories and numbers of any size: trees in every bit."""
    own, fast = fitted(name, tmp_path)
    rows = rows_of(5_000, 7) if name == "poisson" else hostile(5_000, 7)
    expected, found = own.answer(rows), fast.answer(rows)
    if name in SUMS:
        assert compiled.is_like(fast, rows, expected)
        assert isinstance(fast.arrays, Additive)
    else:
        np.testing.assert_array_equal(found, expected)
    alone = np.concatenate([fast.answer(rows[k : k + 1]) for k in range(100)])
    np.testing.assert_array_equal(alone, found[:100])


@pytest.mark.parametrize("name", ["trees of an amount", "logistic", "xgboost"])
def test_it_is_read_back_in_the_same_bits(name, tmp_path):
    """What was stored is what answers: the library is not even asked for."""
    own, fast = fitted(name, tmp_path)
    rows = rows_of(ROWS, 1)[:400]  # where the numbers usually lie is measured on them
    columns = tuple(
        Column(n, DType.CATEGORY if n in CATEGORIES else DType.NUMBER, Sent()) for n in NAMES
    )
    recipe = Fit(factories.logistic, tuple(NAMES))
    line = replace(
        LINE, columns=columns, recipe=recipe, exposure=Single(), segments=(), live_segments=()
    )
    own_model.keep(tmp_path, own, Kept(rows, own.answer(rows)), ())
    back = own_model.load(tmp_path, line)
    assert isinstance(back, CompiledModel)
    assert back.form == fast.form
    np.testing.assert_array_equal(back.answer(rows), fast.answer(rows))


def test_damaged_arrays_are_refused(tmp_path):
    """A cut file and ranges that leave the arrays are one line: machine code checks no bounds."""
    _, fast = fitted("logistic", tmp_path)
    path = tmp_path / "compiled.npz"
    fast.arrays.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"compiled\.npz"):
        Additive.load(path)
    for name, value in {"start": [0, 0, 900, 900, 900, 900], "slope": [1.0]}.items():
        with np.load(_written(path, whole)) as found:
            arrays = dict(found)
        arrays[name] = np.array(value, arrays[name].dtype)
        with path.open("wb") as file:
            np.savez(file, **arrays)
        with pytest.raises(BadInput, match="other lengths"):
            Additive.load(path)


def _written(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning")
@pytest.mark.parametrize(
    ("model", "kind", "far"),
    [
        ("Ridge", AMOUNT, -40.0),
        ("Ridge", COUNT, -40.0),
        ("Ridge", BINARY, -40.0),
        ("Ridge", BINARY, 40.0),
        ("PoissonRegressor", AMOUNT, 1e6),
    ],
)
def test_what_the_fitted_object_may_not_answer_is_no_answer_of_its_arrays(model, kind, far):
    """Below 0, beyond 1 or infinite: both refuse it, and say the same of it."""
    from sklearn import linear_model
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.nan_to_num(rows_of(300, 4))[:, [0, 2]]
    frame = TypedFrame((InputColumn("a", 0), InputColumn("c", 1)))
    estimator = make_pipeline(StandardScaler(), getattr(linear_model, model)())
    own = OwnModel(estimator.fit(frame.frame(rows), (rows[:, 1] > 0) + 0.0), frame, kind)
    fast = CompiledModel(*linear.compiled(estimator, frame, rows), frame, kind)
    assert compiled.is_like(fast, rows[:1] * 0, own.answer(rows[:1] * 0))
    said = []
    for asked in (own, fast):
        with pytest.raises(BadInput) as refused:
            asked.answer(np.array([[0.0, 0.0], [0.0, far]]))
        said.append((refused.value.found, refused.value.expected, refused.value.next_step))
    assert said[0] == said[1]


def test_a_number_that_xgboost_takes_for_a_gap_is_one_when_it_is_read_back(tmp_path):
    """XGBoost's file forgets ``missing``: it is kept, and such a model is asked as it is."""
    frame = TypedFrame((InputColumn("a", 0), InputColumn("c", 1)))
    for gap in (-1.0, 0.0):
        rows = np.nan_to_num(rows_of(300, 4), nan=gap)[:, [0, 2]]
        estimator = xgb(missing=gap).fit(frame.frame(rows), (rows[:, 1] == gap) + 0)
        stored, _ = model_files.save(estimator, tmp_path, ())
        back = OwnModel(model_files.load(stored, tmp_path, ()), frame, BINARY)
        expected = OwnModel(estimator, frame, BINARY).answer(rows)
        np.testing.assert_array_equal(back.answer(rows), expected)
        path = tmp_path / model_files.file_of(stored)
        assert compiled.compile_model(stored, path, estimator, frame, BINARY, rows) is None


def unlike(name):
    """Models whose columns act together, bend a number, or are a team's own."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import (
        KBinsDiscretizer,
        MaxAbsScaler,
        MinMaxScaler,
        OneHotEncoder,
        PolynomialFeatures,
    )  # fmt: skip
    from sklearn.tree import DecisionTreeClassifier

    numbers, last = ["a", "c", "e"], LogisticRegression(max_iter=20)
    step = {
        "together": make_pipeline(SimpleImputer(), PolynomialFeatures(2)),
        "bent": make_pipeline(
            SimpleImputer(), KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf")
        ),
        "cut": make_pipeline(SimpleImputer(), MinMaxScaler(clip=True)),
        "cut at the largest": make_pipeline(SimpleImputer(), MaxAbsScaler(clip=True)),
        "a sentinel": make_pipeline(SimpleImputer(), SimpleImputer(missing_values=-1)),
        "a number's values": OneHotEncoder(handle_unknown="ignore"),
        "a tree": SimpleImputer(),
        "a team's own": make_pipeline(SimpleImputer(), Twice()),
    }[name]
    end = DecisionTreeClassifier(max_depth=2) if name == "a tree" else last
    return make_pipeline(make_column_transformer((step, numbers)), end)


class Twice:
    """A step of a team's own, of which nothing is known."""

    def fit(self, rows, labels=None):
        """Learn nothing."""
        return self

    def transform(self, rows):
        """Twice the rows."""
        return rows * 2


UNLIKE = (
    "together", "bent", "cut", "cut at the largest", "a sentinel", "a number's values", "a tree",
    "a team's own",
)  # fmt: skip


@pytest.mark.parametrize("name", UNLIKE)
def test_a_model_that_adds_no_effects_is_not_compiled(name):
    """Whatever is not one effect per column is asked as it is, though its kept rows might agree."""
    rows = rows_of(400, 2)
    frame, estimator = frame_of(rows), unlike(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(frame.frame(rows), labels_of(rows, BINARY))
    assert linear.compiled(estimator, frame, rows) is None


def test_gaps_that_the_pipeline_does_not_answer_have_no_answer(tmp_path):
    """Without a filler a missing number is refused as before, and never taken for a usual one."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.nan_to_num(rows_of(200, 4))[:, [0, 2]]
    frame = TypedFrame((InputColumn("a", 0), InputColumn("c", 1)))
    estimator = make_pipeline(StandardScaler(), Ridge()).fit(frame.frame(rows), rows[:, 0])
    arrays, _ = linear.compiled(estimator, frame, rows)
    found = arrays.raw_scores(np.array([[1.0, np.nan], [1.0, 0.0]]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(estimator.predict(frame.frame(np.array([[1.0, 0.0]])))[0])

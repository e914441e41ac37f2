"""Compiled trees answer what scikit-learn answers, bit for bit, and refuse what they cannot."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from slipway.artifact.hist_trees import compile_trees
from slipway.artifact.trees import CompiledTrees, load_machine_code
from slipway.domain.errors import BadInput

CATEGORICAL = [1, 4]
STRANGE = np.array([np.nan, np.inf, -np.inf, 1e300, -1e300, 0.0, -0.0, 5e-324, 254.0, 1e9])


def table(rows: int, seed: int, *, missing: bool = True) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 7)) * 10.0 ** rng.integers(-3, 4, size=7)
    x[:, 1] = rng.choice([0, 1, 2, 5, 9, 40], size=rows)
    x[:, 4] = rng.integers(0, 200, size=rows)
    if missing:
        x[rng.random(x.shape) < 0.1] = np.nan
    return x


def labels(x: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = np.nan_to_num(x)
    logit = np.sin(z[:, 0]) + (z[:, 1] == 5) - (z[:, 4] % 7 == 0) + z[:, 2] / 10
    return (rng.random(len(x)) < 1 / (1 + np.exp(-logit))).astype(int)


def fitted(**knobs) -> HistGradientBoostingClassifier:
    x = table(6000, 1, missing=knobs.pop("missing", True))
    knobs = {"max_iter": 60, "categorical_features": CATEGORICAL, "random_state": 3} | knobs
    weights = np.random.default_rng(4).random(len(x))
    return HistGradientBoostingClassifier(early_stopping=False, **knobs).fit(
        x, labels(x, 2), sample_weight=weights
    )


def hostile(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = table(rows, seed)
    numeric = [c for c in range(x.shape[1]) if c not in CATEGORICAL]
    for column in numeric:
        hit = rng.random(rows) < 0.2
        x[hit, column] = rng.choice(STRANGE, size=hit.sum())
    for column in CATEGORICAL:
        hit = rng.random(rows) < 0.3
        x[hit, column] = rng.choice([-1, 3.5, 255, 256, 1e18, -0.0, 77, np.nan], size=hit.sum())
    return x


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"missing": False},
        {"categorical_features": None},
        {"max_leaf_nodes": 255, "max_iter": 20, "min_samples_leaf": 2},
        {"max_features": 0.5, "l2_regularization": 1.0, "max_iter": 150},
        {"max_iter": 1, "max_leaf_nodes": 2},
    ],
)
def test_predictions_are_bit_exact_on_hostile_rows(knobs):
    """100,000 rows with NaN, 1e300, infinities and unknown categories differ in no bit."""
    model = fitted(**knobs)
    trees = compile_trees(model)
    x = hostile(100_000, 9)
    expected = model.predict_proba(x)[:, 1]
    assert np.array_equal(trees.predict_proba(x).view("u8"), expected.view("u8"))


def test_one_row_equals_the_same_row_in_a_batch():
    """How many rows are asked at once changes no bit."""
    trees, x = compile_trees(fitted()), hostile(200, 10)
    batch = trees.predict_proba(x)
    single = np.array([trees.predict_proba(row[None])[0] for row in x])
    assert np.array_equal(batch, single)


def test_data_frames_and_small_types_compile():
    """A model fitted on a DataFrame with integer category columns compiles to the same bits."""
    pandas = pytest.importorskip("pandas")
    x = table(3000, 5, missing=False)
    frame = pandas.DataFrame(x, columns=[f"c{i}" for i in range(7)]).astype(
        {"c1": "int64", "c4": "int32"}
    )
    model = HistGradientBoostingClassifier(
        max_iter=30, categorical_features=["c1", "c4"], early_stopping=False
    ).fit(frame, labels(x, 6))
    expected = model.predict_proba(frame)[:, 1]
    assert np.array_equal(compile_trees(model).predict_proba(x), expected)


def test_save_and_load_keep_every_bit(tmp_path):
    """A stored model answers and digests as the one in memory."""
    trees = compile_trees(fitted())
    trees.save(tmp_path / "trees.npz")
    loaded = CompiledTrees.load(tmp_path / "trees.npz")
    x = hostile(1000, 11)
    assert np.array_equal(loaded.predict_proba(x), trees.predict_proba(x))
    assert loaded.digest() == trees.digest()


def test_digest_tells_models_apart():
    """Another seed gives another digest, the same seed the same."""
    one = compile_trees(fitted(max_features=0.5, random_state=1)).digest()
    again = compile_trees(fitted(max_features=0.5, random_state=1)).digest()
    other = compile_trees(fitted(max_features=0.5, random_state=2)).digest()
    assert one == again != other


def test_what_cannot_be_compiled_is_refused():
    """Another estimator, three classes, foreign labels or no fit is one clear line."""
    x = table(300, 1)
    y = labels(x, 2)
    numeric = {"max_iter": 2, "early_stopping": False}
    for model in (
        HistGradientBoostingRegressor(max_iter=2).fit(x, y),
        HistGradientBoostingClassifier(),
        HistGradientBoostingClassifier(**numeric).fit(x, np.arange(300) % 3),
        HistGradientBoostingClassifier(**numeric).fit(x, np.where(y, "yes", "no")),
    ):
        with pytest.raises(BadInput, match="must be"):
            compile_trees(model)


def test_rows_of_another_shape_are_refused():
    """A row with a missing column is refused, not read beyond its end."""
    trees = compile_trees(fitted(max_iter=2))
    for rows in (np.zeros((2, 6)), np.zeros(7)):
        with pytest.raises(BadInput, match=r"rows\.shape"):
            trees.predict_proba(rows)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("left", np.zeros_like),
        ("right", lambda a: a + 1_000_000),
        ("right", lambda a: np.where(a > 0, a.max(), 0).astype(a.dtype)),
        ("feature", lambda a: a + 7),
        ("feature", lambda a: a.astype("i8")),
        ("roots", lambda a: a - 1),
        ("bitset", lambda a: a + 10_000),
        ("bitsets", lambda a: a[:, :4].copy()),
        ("cat_start", lambda a: a[::-1].copy()),
        ("cat_start", lambda a: a + 1),
        ("is_categorical", np.zeros_like),
        ("threshold", lambda a: a[:-1]),
        ("threshold", lambda a: a * np.nan),
        ("flags", lambda a: a & ~np.uint8(2)),
        ("categories", lambda a: np.array([object()])),
        ("format", lambda a: a + 1),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, name, spoil):
    """A file whose nodes point in circles or out of the arrays never reaches the loop."""
    path = tmp_path / "trees.npz"
    compile_trees(fitted(max_iter=3)).save(path)
    arrays = dict(np.load(path))
    np.savez(path, **(arrays | {name: spoil(arrays[name])}))
    with pytest.raises(BadInput, match="compiled trees"):
        CompiledTrees.load(path)


def test_splits_that_a_node_has_no_room_for_are_refused_before_the_walk():
    """What was never a file is looked at, too: machine code would read beyond its arrays."""
    trees = compile_trees(fitted(max_iter=3))
    for odd in ({"flags": trees.flags & ~np.uint8(2)}, {"threshold": trees.threshold * np.nan}):
        with pytest.raises(BadInput, match=r"compiled trees == .*splits that fit"):
            replace(trees, **odd).raw_scores(hostile(2, 1))


def test_a_torn_file_is_refused(tmp_path):
    """Half a file, an empty file and no file are one clear line each."""
    path = tmp_path / "trees.npz"
    compile_trees(fitted(max_iter=3)).save(path)
    whole = path.read_bytes()
    for torn in (whole[: len(whole) // 2], b"", b"not a zip"):
        path.write_bytes(torn)
        with pytest.raises(BadInput, match="compiled trees"):
            CompiledTrees.load(path)
    with pytest.raises(BadInput, match="compiled trees"):
        CompiledTrees.load(tmp_path / "absent.npz")


def test_the_machine_code_of_any_trees_is_what_is_loaded_before(tmp_path):
    """A fork of a process that has it in memory loads none of its own when it scores stored trees."""
    from slipway.artifact import kernel

    load_machine_code()
    loaded = [list(each.signatures) for each in (kernel.encode, kernel.raw_scores)]
    compile_trees(fitted()).save(tmp_path / "trees.npz")
    CompiledTrees.load(tmp_path / "trees.npz").raw_scores(hostile(50, 1))
    assert [list(each.signatures) for each in (kernel.encode, kernel.raw_scores)] == loaded

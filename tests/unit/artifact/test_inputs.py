"""A registered model answers a table as the router answers requests, or refuses as the router does."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from numbers import Real

import mlflow
import numpy as np
import pandas as pd
import pytest
import router_kit as kit
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.artifact.inputs import Inputs
from slipway.artifact.load import load_ranker
from slipway.domain.errors import BadInput
from slipway.domain.line import Unfit
from slipway.registry import flavors
from slipway.serving.contract import Contract

NAMES = [column.name for column in kit.LINE.features]
SENT = {column.name for column in kit.LINE.features if column.is_sent}
LENIENT = replace(
    kit.LINE,
    columns=tuple(
        replace(c, unfit=Unfit.DEFAULT) if c.name in SENT else c for c in kit.LINE.columns
    ),
)
NOW = datetime(2026, 1, 6, tzinfo=UTC)
ROW = dict(zip(NAMES, [1, 12, 3, 400.5, 0, 0.2, 50, 0.2, 0.25, 0.18], strict=True))
REFUSED = "refused"


def missing(value):
    """Whether a table says by ``value`` that nothing is known."""
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def table(rows):
    """``rows`` as a frame that keeps every value's own type."""
    return pd.DataFrame({name: pd.Series([r[name] for r in rows], dtype=object) for name in NAMES})


def as_json(value):
    """A value of a table as the caller of the router would send it: a code is a whole number."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_served(line, rows):
    """The matrix that the router gives its model for ``rows``, by its own path."""
    contract, found = Contract(line), []
    for row in rows:
        sent = {name: as_json(row[name]) for name in SENT if not missing(row[name])}
        known = {**dict.fromkeys(SENT), **contract.context(sent)}
        values = [known[name] if name in SENT else row[name] for name in NAMES]
        found.append([np.nan if missing(value) else float(value) for value in values])
    return contract.features(np.array(found), NOW, NOW)


def outcome(answer, *arguments):
    """What ``answer`` says, or that it refuses."""
    try:
        return answer(*arguments)
    except BadInput:
        return REFUSED


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return kit.ranker(tmp_path_factory.mktemp("inputs") / "ranker", boost={"3": 0.5, "13": -1.0})


@pytest.fixture(scope="module")
def registered(folder):
    """The version as MLflow loads it."""
    with flavors.described(folder, "feed") as described:
        yield mlflow.pyfunc.load_model(str(described))


@pytest.fixture(scope="module")
def agree(folder, registered):
    """Ask router and registered model for the same rows, and compare all bits of their answers."""
    ranker = load_ranker(folder, kit.LINE)

    def compare(rows, frame):
        def served():
            return ranker.score(as_served(kit.LINE, rows))

        def loaded():
            answer = registered.predict(frame)
            assert list(answer.index) == list(frame.index)
            return answer["probability"].to_numpy(), answer["ranking_score"].to_numpy()

        expected, found = outcome(served), outcome(loaded)
        if expected == REFUSED:
            assert found == REFUSED
            return REFUSED
        assert np.array_equal(expected, found)
        return found

    return compare


numbers = st.one_of(
    st.none(),
    st.just(np.nan),
    st.just(pd.NA),
    st.integers(-3, 30),
    st.integers(-(2**62), 2**62),
    st.floats(0, 1),
    st.floats(allow_nan=False),
    st.sampled_from([-0.0, 0.5, 2.0, 3.0, 14.0, 1e300, 5e-324, np.float32(0.1), np.int8(2)]),
)


def usual(name):
    """Mostly what fits, so that few rows are refused and the model is asked."""
    return st.one_of(st.just(ROW[name]), numbers)


@given(
    rows=st.lists(st.fixed_dictionaries({n: usual(n) for n in NAMES}), min_size=1, max_size=6),
    order=st.permutations(NAMES),
    held_as=st.sampled_from(["as it comes", "object", "category", "Float64"]),
)
@settings(max_examples=150)
def test_any_numbers_are_answered_or_refused_as_at_the_router(agree, rows, order, held_as):
    """Missing, infinite, out of range, whole or broken, in any column type and column order."""
    columns = {name: pd.Series([row[name] for row in rows], dtype=object) for name in order}
    if held_as == "as it comes":
        columns = {name: values.infer_objects() for name, values in columns.items()}
    elif held_as == "category":
        columns = {name: values.astype("category") for name, values in columns.items()}
    elif held_as == "Float64":
        filled = {name: values.where(values.notna(), pd.NA) for name, values in columns.items()}
        columns = {
            name: values.map(float, na_action="ignore").astype("Float64")
            for name, values in filled.items()
        }
    agree(rows, pd.DataFrame(columns))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("genre", np.array([3, 5, 13], "int64")),
        ("genre", np.array([3, 5, 99], "uint8")),
        ("genre", pd.array([3, None, 5], dtype="Int64")),
        ("genre", pd.array([3, None, -1], dtype="int64[pyarrow]")),
        ("genre", pd.Categorical([3.0, None, 5.0])),
        ("genre", pd.Series([3, None, 5.5], dtype=object)),
        ("age_band", np.array([0, 1, 2], "int32")),
        ("age_band", pd.array([0, None, 2], dtype="Int64")),
        ("age_band", [0.0, np.nan, 2.0]),
        ("editors_pick", [True, False, True]),
        ("editors_pick", pd.array([True, None, False], dtype="boolean")),
        ("editors_pick", pd.Series([True, None, 0], dtype=object)),
        ("item_exposures", np.array([0, 2**53 + 1, 7], "int64")),
        ("item_exposures", [np.nan, -1.0, np.inf]),
        ("film_age_days", [-4.0, 60_001.0, np.nan]),
        ("item_ctr", np.array([0.1, 12.5, np.nan], "float32")),
        ("item_ctr", [Decimal("0.125"), None, Decimal(2)]),
        ("user_ctr", [np.inf, -np.inf, 0.3]),
        ("hour", [24, -1, 23]),
    ],
)
def test_numbers_of_every_type_are_answered_in_the_routers_bits(agree, name, values):
    """A batch job need not know that features are doubles at the router."""
    frame = pd.DataFrame([ROW] * 3).astype({name: object}).assign(**{name: values})
    rows = [{**ROW, name: value} for value in frame[name].astype(object).tolist()]
    assert agree(rows, frame) != REFUSED


@pytest.mark.parametrize("value", [3, -1, 1.5, np.inf, True, np.True_, "1", "NA", "", [1]])
def test_what_the_router_refuses_of_a_caller_is_refused(agree, registered, value):
    """A code of another age band, a truth or a word: the column, the row and the way out are named."""
    rows = [ROW, {**ROW, "age_band": value}, ROW]
    frame = table(rows).set_axis(["a", "b", "c"])
    assert agree(rows, frame) == REFUSED
    with pytest.raises(BadInput, match=r"age_band of row b == .*a code from 0 to 2, or missing"):
        registered.predict(frame)


@pytest.mark.parametrize(
    "value", ["3", "NA", "", "nan", b"3", [3], NOW, pd.NaT, 10**400, pd.Timedelta(3, "D")]
)
@pytest.mark.parametrize("name", ["genre", "item_ctr"])
def test_what_is_no_number_is_refused(registered, name, value):
    """A word is never read as a number, and never as a missing one."""
    frame = table([ROW, {**ROW, name: value}, ROW])
    with pytest.raises(BadInput, match=f"{name} of row 1 == .*a number, or missing"):
        registered.predict(frame)


def test_a_column_of_words_is_refused(registered):
    """Numbers that a file gave as text are refused by the name of the column."""
    frame = pd.DataFrame([ROW] * 3).astype({"genre": str})
    with pytest.raises(BadInput, match="genre of row 0"):
        registered.predict(frame)


def test_other_columns_are_not_read(agree):
    """Whatever stands beside the features changes nothing."""
    frame = pd.DataFrame([ROW] * 3).assign(clicked="yes", position=None)
    assert agree([ROW] * 3, frame) != REFUSED


def test_a_column_that_is_missing_or_there_twice_is_refused():
    """No feature is made up, and none is chosen among two."""
    frame = pd.DataFrame([ROW] * 3)
    for rows, found in (
        (frame.drop(columns="item_ctr"), "missing"),
        (pd.concat([frame, frame[["item_ctr"]]], axis=1), "2 times"),
    ):
        with pytest.raises(BadInput, match=f"column item_ctr == .*{found}"):
            Inputs(kit.LINE).matrix(rows)


@pytest.mark.parametrize("value", [1, 3, -1, 1.5, np.inf, True, "1", "NA", None, np.nan, [1]])
def test_where_the_line_leaves_out_what_does_not_fit_so_does_the_model(value):
    """Declared to be defaulted, a value of the caller is dropped as at the router."""
    rows = [{**ROW, "age_band": value}, ROW]
    found, expected = Inputs(LENIENT).matrix(table(rows)), as_served(LENIENT, rows)
    assert np.array_equal(found, expected, equal_nan=True)


def test_no_rows_give_no_answers(registered):
    """An empty batch is answered, not refused."""
    assert registered.predict(pd.DataFrame([ROW]).iloc[:0]).empty


def test_rows_of_one_label_keep_their_order(agree):
    """An index that repeats itself is handed back, row by row."""
    rows = [{**ROW, "genre": code} for code in (3, 5, 7)]
    assert agree(rows, pd.DataFrame(rows, index=[4, 4, 4])) != REFUSED


def test_the_rows_here_are_numbers():
    """The reference of these tests gives a matrix as wide as the line, with its gaps."""
    assert all(isinstance(value, Real) for value in ROW.values())
    matrix = as_served(kit.LINE, [ROW, {**ROW, "age_band": None, "editors_pick": None}])
    assert matrix.shape == (2, len(NAMES))
    assert np.isnan(matrix[1, NAMES.index("age_band")])
    assert matrix[1, NAMES.index("editors_pick")] == 0

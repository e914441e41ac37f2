"""What a column is worth is what its shuffling costs; a group is off by how far answers lie from what came."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression
from slipway import lines
from slipway.data import snapshot as frozen
from slipway.data.frozen_tables import digest_of
from slipway.domain.champion_check import ChampionCheck
from slipway.evaluation import champion_check
from slipway.evaluation.champion_check import levels, worths
from unit.conftest import FrozenTable

ALPHA = 0.05
WEIGHTS = np.array([2.0, 0.5, 0.0])
COLUMNS = [("strong", 0), ("weak", 1), ("unread", 2)]


def world(seed, rows=4_000):
    """Independent columns, what comes of them, and squared errors of a model that reads two of them."""
    drawn = np.random.default_rng(seed)
    features = drawn.normal(size=(rows, 3))
    outcome = features @ WEIGHTS + drawn.normal(size=rows)

    def answered(given):
        answer = given @ WEIGHTS
        return answer, (answer - outcome) ** 2

    return features, outcome, answered


def found(seed, columns=COLUMNS):
    """The worth of each column of such a world, users of two rows each."""
    features, _, answered = world(seed)
    user = np.arange(len(features)) // 2
    return {w.column: w for w in worths(features, user, answered(features)[1], answered, columns, ALPHA)}  # fmt: skip


def test_the_worth_of_a_column_is_that_of_scikit_learn_and_of_theory():
    """Squared error rises by 2 w^2 over the noise's 1; a column that no model reads is worth exactly nothing."""
    features, outcome, _ = world(1)
    model = LinearRegression().fit(features, outcome)
    theirs = permutation_importance(
        model, features, outcome, scoring="neg_mean_squared_error", n_repeats=20, random_state=1
    )
    base = ((model.predict(features) - outcome) ** 2).mean()
    mine = found(1)
    for index, name in enumerate(("strong", "weak")):
        assert mine[name].rise == pytest.approx(theirs.importances_mean[index] / base, rel=0.12)
        assert mine[name].rise == pytest.approx(2 * WEIGHTS[index] ** 2, rel=0.15)
        assert mine[name].lower > 0
    assert (mine["unread"].rise, mine["unread"].lower) == (0.0, 0.0)


def test_a_useless_column_is_seldom_taken_for_a_useful_one():
    """A model that reads noise: shuffled it costs no loss, and at most alpha of worlds say that it does."""
    wrong = 0
    for seed in range(400):
        drawn = np.random.default_rng([7, seed])
        features, outcome = drawn.normal(size=(600, 1)), drawn.normal(size=600)

        def answered(given, outcome=outcome):
            return given[:, 0], (0.3 * given[:, 0] - outcome) ** 2

        user = np.arange(600)
        (one,) = worths(features, user, answered(features)[1], answered, [("noise", 0)], ALPHA)
        wrong += one.lower > 0
    assert wrong <= 400 * ALPHA + 3 * (400 * ALPHA * (1 - ALPHA)) ** 0.5


@given(st.permutations(range(3)), st.integers(0, 99))
def test_the_order_of_the_columns_changes_no_worth(order, seed):
    """Each column has shuffles of its own."""
    assert found(seed % 3, [COLUMNS[i] for i in order]) == found(seed % 3)


def _groups(shift, rows=2_000, seed=3):
    line = lines.load("feed")
    drawn = np.random.default_rng(seed)
    band = np.repeat([0.0, 1.0, np.nan], rows)
    off = drawn.normal(size=band.size) + np.where(band == 1, shift, 0.0)
    user = np.arange(band.size) // 2
    return list(levels(line, {"age_band": band}, off, user, ALPHA)), off, band


def test_a_group_is_off_by_its_own_mean():
    """By the words of the column; rows whose group is not known are in none, and few rows are no group."""
    some, off, band = _groups(0.4)
    assert [g.word for g in some] == list(lines.load("feed").column("age_band").words[:2])
    for code, group in enumerate(some):
        assert group.off == pytest.approx(off[band == code].mean(), abs=1e-12)
        assert group.lower < group.off < group.upper
    assert some[1].lower > 0.2
    assert _groups(0.4, rows=100)[0] == []


@given(st.floats(-3, 3))
def test_answers_that_are_as_much_too_high_are_as_much_too_low(shift):
    """Turned around, estimates and bounds are."""
    line = lines.load("feed")
    some, off, band = _groups(shift)
    turned = list(levels(line, {"age_band": band}, -off, np.arange(band.size) // 2, ALPHA))
    for one, other in zip(some, turned, strict=True):
        assert (one.off, one.lower, one.upper) == pytest.approx(
            (-other.off, -other.upper, -other.lower), abs=1e-9
        )


def test_equal_groups_are_seldom_off():
    """Both bounds over all groups together err with at most twice alpha."""
    wrong = sum(
        any(g.lower > 0 or g.upper < 0 for g in _groups(0.0, rows=400, seed=seed)[0])
        for seed in range(400)
    )
    assert wrong <= 400 * 2 * ALPHA + 3 * (400 * 2 * ALPHA * (1 - 2 * ALPHA)) ** 0.5


def test_a_champion_that_ranks_is_checked_on_its_week(snapshot, line, rankers):
    """Every input is shuffled, every group of the users' own columns is there, and it survives JSON."""
    recipe, ranker = rankers["good"]
    made = champion_check.of_ranking(snapshot, line, ranker, recipe.inputs, "7")
    assert [w.column for w in made.worths] == list(recipe.inputs)
    assert (made.version, made.people, made.unit) == ("7", ("age_band",), "probability")
    assert {g.column for g in made.groups} == {"age_band"}
    assert {g.column for g in made.slices} == set(line.segments)
    assert made.snapshot == snapshot.digest
    assert ChampionCheck.from_dict(made.to_dict()) == made
    blind, other = rankers["blind"]
    seen = champion_check.of_ranking(snapshot, line, other, blind.inputs, "8")
    assert [w.column for w in seen.worths] == ["hour", "age_band"]


class Oracle:
    """A model that answers by one column alone: students subscribe three times as often."""

    examination = ()

    def __init__(self, line):
        self.at = [c.name for c in line.features].index("job")
        self.student = line.column("job").words.index("student")

    def score(self, features):
        """The truth, twice."""
        answer = np.where(features[:, self.at] == self.student, 0.6, 0.2)
        return answer, answer


def test_a_champion_that_predicts_is_checked_on_its_requests(tmp_path):
    """The one column that it reads is worth something; groups by all of the clients' own words, none off."""
    line, rows = lines.load("bank"), 12_000
    drawn, schema = np.random.default_rng(5), frozen.schema(line)
    frame = pd.DataFrame(index=range(rows))
    for field in schema:
        column = next((c for c in line.features if c.name == field.name), None)
        if pa.types.is_timestamp(field.type):
            frame[field.name] = pd.Timestamp("2026-01-05T05:00Z") + pd.to_timedelta(
                frame.index, unit="s"
            )
        elif pa.types.is_string(field.type) or pa.types.is_dictionary(field.type):
            frame[field.name] = [f"{field.name}{i:06d}" for i in range(rows)]
        else:
            most = len(column.words) if column is not None and column.words else 2
            frame[field.name] = drawn.integers(0, most, rows).astype(float)
    truth = np.where(frame["job"] == line.column("job").words.index("student"), 0.6, 0.2)
    frame["subscribed"] = (drawn.random(rows) < truth).astype(float)
    frame["split"] = "holdout"
    table = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    pq.write_table(table, tmp_path / "week.parquet")
    week = FrozenTable(tmp_path / "week.parquet", digest_of(table))
    made = champion_check.of_predictions(week, line, Oracle(line), ("job", "age"), "7")
    job, age = made.worths
    assert job.lower > 0
    assert (age.rise, age.lower) == (0.0, 0.0)
    assert set(made.people) == {
        "job",
        "marital",
        "education",
        "in_default",
        "housing",
        "loan",
        "poutcome",
    }
    assert {g.column for g in made.groups} == set(made.people)
    assert all(g.lower <= made.margin and g.upper >= -made.margin for g in made.groups)

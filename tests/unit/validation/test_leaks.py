"""Each kind of leak is planted and found, and the clean table beside it is not accused."""

import numpy as np
import pandas as pd
import pytest
from proof_kit import find
from slipway.domain.errors import BadInput, NotComputable
from slipway.domain.leak import NEXT_STEP, Leak, LeakKind
from slipway.examples.films.line import LINE
from slipway.validation.contract import absent_at_serving
from slipway.validation.fitted import fitted_on_test
from slipway.validation.input_checks import not_available
from slipway.validation.parity import served_otherwise
from slipway.validation.scan import Scan
from slipway.validation.split_checks import GroupsToStayApart, RowsNotToRepeatAcrossSplits
from slipway.validation.time_checks import ColumnToBeKnownBefore, LabelsToHaveMatured, TimesToFollow

DAY = pd.Timedelta("1D")
AVAILABILITY = {c.name: str(c.available) for c in LINE.all_columns}


@pytest.fixture
def log():
    """A thousand requests over ten days, clicks known an hour later."""
    rng = np.random.default_rng(4)
    n = 1000
    at = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(
        np.sort(rng.integers(0, 864_000, n)), unit="s"
    )
    return pd.DataFrame(
        {
            "request_id": [f"r{i}" for i in range(n)],
            "user": rng.integers(0, 80, n),
            "item": rng.integers(0, 20, n),
            "requested_at": at,
            "known_at": at - pd.to_timedelta(rng.integers(0, 90_000, n), unit="s"),
            "label_at": at + pd.Timedelta("1h"),
            "price": rng.normal(10, 3, n),
            "clicked": (rng.random(n) < 0.3).astype(int),
            "split": np.where(at < at[700], "train", "holdout"),
        }
    )


def test_every_kind_says_what_to_do():
    """Whatever is found, a person is told the next step in one line."""
    assert set(NEXT_STEP) == set(LeakKind)
    leak = Leak(LeakKind.LATER, "dwell", "it is written later", 3, 10)
    assert str(leak) == "dwell is written after the prediction: it is written later (3 of 10 rows)"
    assert leak.next_step == NEXT_STEP[LeakKind.LATER]


# absent at serving


def test_an_input_that_no_request_brings_is_found():
    """Not logged, refused by the router, or never with a value: each is absent, the rest is not."""
    served = ["ctr", "age", "mood", "empty"]
    found = absent_at_serving(
        ["ctr", "age", "mood", "dwell", "empty"],
        served,
        sent=["age", "mood"],
        accepted=["age"],
        missing={"empty": (50, 50), "ctr": (49, 50)},
    )
    assert {leak.column for leak in found} == {"mood", "dwell", "empty"}
    assert all(leak.kind is LeakKind.ABSENT for leak in found)


# set by the ranking


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("position", "set by the ranking itself (decision)"),
        ("arm", "set by the ranking itself (decision)"),
        ("clicked", "known only after the user acted (after)"),
        ("shoe_size", "not declared"),
    ],
)
def test_a_decision_may_not_be_an_input(name, why):
    """What the ranking sets, what the outcome brings and what nobody declared is named."""
    inputs = (*LINE.recipe.inputs, name)
    ((column, reason),) = not_available(inputs, AVAILABILITY, inputs).items()
    assert column == name
    assert why in reason
    assert not not_available(LINE.recipe.inputs, AVAILABILITY, inputs)


# written later


def test_values_written_after_the_request_are_counted_row_by_row(log):
    """Late rows and rows without a time are leaks; the same instant is not."""
    check = ColumnToBeKnownBefore(earlier="known_at", later="requested_at")
    log.loc[0, "known_at"] = log.loc[0, "requested_at"]
    assert find(check, log) is None
    log.loc[5, "known_at"] = log.loc[5, "requested_at"] + pd.Timedelta("1us")
    log.loc[[7, 8], "known_at"] = pd.NaT
    leak = find(check, log, shown=["request_id"])
    assert (leak.kind, leak.column, leak.rows, leak.of) == (LeakKind.LATER, "known_at", 3, 1000)
    assert {row["request_id"] for row in leak.examples} == {"r5", "r7", "r8"}


def test_strictly_before_leaves_no_tie(log):
    """Where the same instant is too late, it is counted."""
    log["known_at"] = log["requested_at"]
    assert find(ColumnToBeKnownBefore(earlier="known_at", later="requested_at"), log) is None
    strict = ColumnToBeKnownBefore(earlier="known_at", later="requested_at", strictly=True)
    assert find(strict, log).rows == 1000


def test_times_in_the_wrong_order_are_a_fault_of_clocks(log):
    """A row that arrives before it was asked for leaks nothing: a person looks at two clocks."""
    log["arrived_at"] = log["requested_at"]
    log.loc[3, "arrived_at"] -= pd.Timedelta("1us")
    check = TimesToFollow(earlier="requested_at", later="arrived_at")
    found = Scan(log, [check]).found(check)
    assert (found.success, found.wrong, check.leak_kind) == (False, 1, "")
    assert check.next_step == "compare the clocks that write requested_at and arrived_at"
    late = ColumnToBeKnownBefore(earlier="known_at", later="requested_at")
    assert late.next_step.startswith("take it out of the inputs")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda log: log.drop(columns="known_at"), "column known_at == 'absent'"),
        (lambda log: log.assign(known_at=log["known_at"].dt.tz_localize(None)), "with their zone"),
        (lambda log: log.assign(known_at="yesterday"), "with their zone"),
    ],
)
def test_what_cannot_be_compared_is_not_computable(log, change, said):
    """A missing column, a time without zone and a word are one clear line, never a pass."""
    with pytest.raises(NotComputable) as refusal:
        find(ColumnToBeKnownBefore(earlier="known_at", later="requested_at"), change(log))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


# both sides of the split


def test_a_group_on_both_sides_is_found(log):
    """Each value that stands on both sides is counted; requests of one side are not."""
    assert find(GroupsToStayApart(group="request_id", split_column="split"), log) is None
    leak = find(GroupsToStayApart(group="user", split_column="split"), log)
    both = set(log.loc[log["split"] == "train", "user"]) & set(
        log.loc[log["split"] == "holdout", "user"]
    )
    assert (leak.kind, leak.rows) == (LeakKind.OVERLAP, len(both))


@pytest.mark.parametrize("near", [0.0, 1e-9])
def test_rows_that_repeat_across_the_split_are_found(log, near):
    """Copies of trained rows among those tested on are counted, near-copies after rounding."""
    columns = ("item", "price", "clicked")
    exact = RowsNotToRepeatAcrossSplits(columns=columns, split_column="split")
    rounded = RowsNotToRepeatAcrossSplits(columns=columns, split_column="split", digits=6)
    assert find(exact, log) is None
    assert find(rounded, log) is None
    tested = log.index[log["split"] == "holdout"][:30]
    for name in columns:
        log.loc[tested, name] = log.loc[log.index[:30], name].to_numpy()
    log.loc[tested, "price"] += near
    assert find(rounded, log).rows == 30
    assert (find(exact, log) is None) == bool(near)


# served otherwise


def test_a_served_value_that_a_rebuild_does_not_give_is_found(log):
    """One column differs in a fifth of the rows: it is named with its rate, the others are not."""
    rebuilt = log.copy()
    rebuilt.loc[::5, "price"] += 1e-9
    tolerance = {"price": 0.0, "user": 0.0}
    (leak,) = served_otherwise(log, rebuilt, keys=["request_id"], tolerance=tolerance)
    assert (leak.kind, leak.column, leak.rows, leak.of) == (LeakKind.SKEW, "price", 200, 1000)
    assert {"request_id", "price", "rebuilt_price"} == set(leak.examples[0])
    near = {"price": 1e-6, "user": 0.0}
    assert served_otherwise(log, rebuilt, keys=["request_id"], tolerance=near) == ()


def test_missing_values_are_equal_to_each_other_only(log):
    """NaN on both sides agrees, NaN on one side differs, and so does a row without partner."""
    log.loc[:9, "price"] = np.nan
    same = {"keys": ["request_id"], "tolerance": {"price": 0.0}}
    assert served_otherwise(log, log, **same) == ()
    (leak,) = served_otherwise(log, log.fillna({"price": 0.0}), **same)
    assert leak.rows == 10
    (leak,) = served_otherwise(log, log.iloc[:900], **same)
    assert leak.rows == 100


def test_a_join_that_multiplies_rows_is_refused(log):
    """A key that stands twice on either side proves nothing."""
    twice = pd.concat([log, log.head(1)])
    for one, other in ((log, twice), (twice, log)):
        with pytest.raises(BadInput, match="1 rows repeat a key"):
            served_otherwise(one, other, keys=["request_id"], tolerance={"price": 0.0})


# fitted on the test period


@pytest.mark.parametrize(
    ("fit", "parts"),
    [
        (lambda t: {"scale": t["price"].mean()}, {"scale"}),
        (lambda t: {"edges": np.quantile(t["price"], [0.1, 0.5, 0.9])}, {"edges"}),
        (lambda t: {"words": sorted(set(t["request_id"]))}, {"words"}),
        (lambda t: {"prior": t["clicked"].mean(), "n": len(t)}, {"prior"}),
        (lambda t: {"highest": t["price"].max()}, set()),
        (lambda t: {"scale": t.loc[t["split"] == "train", "price"].mean()}, set()),
        (lambda t: {"words": {"a": sorted(t.loc[t["split"] == "train", "request_id"])}}, set()),
    ],
)
def test_what_was_fitted_on_tested_rows_moves_when_they_are_poisoned(log, fit, parts):
    """Means, quantiles, vocabularies and priors over all rows are named; those of the past hold."""
    found = fitted_on_test(fit, log)
    assert {leak.column for leak in found} == parts
    assert all(leak.kind is LeakKind.FITTED for leak in found)


# not mature


def test_labels_that_had_no_time_are_found(log):
    """Requests younger than the outcome window at the cut are counted, the boundary is mature."""
    cut = log["requested_at"].iloc[-51] + pd.Timedelta("6h")
    check = LabelsToHaveMatured(time="requested_at", seconds=6 * 3600, cut=cut.isoformat())
    leak = find(check, log)
    assert (leak.kind, leak.rows) == (LeakKind.IMMATURE, 50)
    assert find(check, log.iloc[:-50]) is None
    assert (
        find(
            check,
            log.iloc[:10].assign(
                requested_at=pd.Series(pd.NaT, log.index[:10], log["requested_at"].dtype)
            ),
        ).rows
        == 10
    )

"""What came of an answer as a value: which outcomes can count, each delivery once, then one of them."""

import copy
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.data import engine, outcome_values
from slipway.domain.outcomes import OutcomeKind, Take

DAY = timedelta(days=1)


def value(home, kit, clicks, kind=OutcomeKind.AMOUNT, take=Take.FIRST, **of):
    """What came of a request at minute 10, whose outcomes count for an hour."""
    outcome = replace(kit.LINE.outcomes[0], kind=kind, take=take, **of)
    line = copy.copy(kit.LINE)
    object.__setattr__(line, "outcomes", (outcome,))  # its features' rates are not asked for here
    for place, click in enumerate(clicks):
        kit.write(home, [], [click], f"outcome-{place}")
    kit.write(home, [kit.Shown("a", minute=10)])
    con = engine.connect(1)
    window = {"requested_from": kit.T0, "requested_to": kit.T0 + DAY}
    shown = engine.exposures(con, home, line, arrived_before=kit.T0 + DAY, **window)
    rows = outcome_values.valued(con, home, line, shown, cut=kit.T0 + DAY, **window)
    return engine.fetch(con, rows, home, line)["clicked"].to_pylist()


@pytest.mark.parametrize(("take", "expected"), [("first", 3.0), ("sum", 8.0), ("last", 5.0)])
@pytest.mark.parametrize("order", itertools.permutations(range(6), 2))
def test_what_cannot_count_hides_nothing(tmp_path, kit, take, expected, order):
    """Too early, too late, negative, no number or of another kind: the good ones beside it are taken."""
    bad = [
        kit.Click("a", minute=9.99, value=7.0),
        kit.Click("a", minute=70.01, value=7.0),
        kit.Click("a", minute=10, value=-7.0),
        kit.Click("a", minute=10, value=float("nan")),
        kit.Click("a", minute=30, value=7.0, kind="view"),
        kit.Click("a", minute=69, value=float("inf")),
    ]
    good = [kit.Click("a", minute=20, value=3.0), kit.Click("a", minute=60, value=5.0)]
    some = [bad[place] for place in order]
    assert value(tmp_path, kit, [*some, *good], take=Take(take)) == [expected]


def test_a_delivery_counts_once_by_its_id_and_else_by_time_and_value(tmp_path, kit):
    """An id sent again, later and with other words, adds nothing; two ids of equal words are two."""
    one = kit.Click("a", minute=20, value=2.0)
    clicks = [
        one,
        one,
        replace(one, delivery="d1"),
        replace(one, delivery="d1", minute=30, value=9.0),
        replace(one, delivery="d2"),
    ]
    assert value(tmp_path, kit, clicks, take=Take.SUM) == [6.0]


def test_a_delivery_that_came_too_early_counts_when_it_is_sent_again(tmp_path, kit):
    """What can count is asked before deliveries are told apart."""
    clicks = [kit.Click("a", minute=m, value=2.0, delivery="d") for m in (9.0, 11.0, 12.0)]
    assert value(tmp_path, kit, clicks, take=Take.SUM) == [2.0]


def test_an_id_is_of_its_request_and_kind(tmp_path, kit):
    """A sender that calls everything alike loses nothing."""
    other = kit.Click("b", minute=15, value=4.0, delivery="d")
    clicks = [
        other,
        kit.Click("a", minute=16, value=4.0, kind="view", delivery="d"),
        kit.Click("a", minute=20, value=2.0, delivery="d"),
    ]
    assert value(tmp_path, kit, clicks, take=Take.SUM) == [2.0]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({"kind": OutcomeKind.BINARY}, 1.0),
        ({"kind": OutcomeKind.BINARY, "take": Take.LAST}, 0.0),
        ({"kind": OutcomeKind.COUNT}, 2.0),
        ({"kind": OutcomeKind.COUNT, "take": Take.LAST}, 0.0),
        ({"kind": OutcomeKind.COUNT, "exogenous": True}, 0.0),
        ({"kind": OutcomeKind.CONTINUOUS}, 0.0),
    ],
)
def test_zero_counts_where_it_says_something(tmp_path, kit, of, expected):
    """As a measurement, or as the correction of an earlier one; else it is as if nothing came."""
    minutes = (20, 30, 40)
    clicks = [
        kit.Click("a", minute=m, value=v) for m, v in zip(minutes, (0.0, 2.0, 0.0), strict=True)
    ]
    assert value(tmp_path, kit, clicks, **of) == [expected]


def test_a_sum_does_not_depend_on_the_order_of_parts(tmp_path, kit):
    """Floats are added in one order."""
    values = [0.1, 1e16, 0.3, -1e16, 0.7]
    clicks = [kit.Click("a", minute=20 + k, value=v) for k, v in enumerate(values)]
    found = {
        value(tmp_path / str(k), kit, order, OutcomeKind.CONTINUOUS, Take.SUM)[0]
        for k, order in enumerate((clicks, clicks[::-1], clicks[2:] + clicks[:2]))
    }
    assert len(found) == 1

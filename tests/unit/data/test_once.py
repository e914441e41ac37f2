"""Exposures that stand in the log more than once count once, and are counted."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.data import engine, labels, left_out, once, rollup, snapshot
from slipway.data.once import Doubles

DAY = timedelta(days=1)


def every(home, kit, keys=once.KEYS):
    """The log's exposures once each as plain rows, and what was left out by hour."""
    con = engine.connect(1)
    rows = engine.exposures(
        con,
        home,
        kit.LINE,
        arrived_before=kit.T0 + DAY,
        requested_from=kit.T0,
        requested_to=kit.T0 + DAY,
    )
    names = ("request_id", "item", "user", "position", once.TOP)

    def ask(single):
        return single.select(*names, *(name for name in once.HASHES if name in single.columns))

    kept, doubles = once.kept(con, rows, ask, home, kit.LINE, keys)
    table = engine.fetch(con, kept.select(*names), home, kit.LINE)
    return sorted(tuple(row.values()) for row in table.to_pylist()), doubles


def test_a_part_that_was_restored_a_second_time_adds_nothing(home, kit):
    """Training table, labels and sums are those of the log without it, and its rows are counted."""
    shown, clicks = kit.two_weeks()
    start, end = kit.T0 + kit.WEEK, kit.T0 + 2 * kit.WEEK

    def answers():
        con = engine.connect(1)
        window = {"requested_from": kit.T0, "requested_to": end}
        rows = labels.with_outcomes(con, home, kit.LINE, (kit.LINE.primary,), cut=end, **window)
        found = engine.fetch(con, rows.order_by("request_id", "position"), home, kit.LINE)
        recipe = replace(kit.LINE.recipe, max_rows=20)
        frozen = snapshot.freeze(home, kit.LINE, start, end, now=end, recipe=recipe)
        return found, frozen.digest, frozen.available

    kit.write(home, shown, clicks)
    once_written = answers()
    kit.write(home, shown, clicks, "restored")
    assert answers() == once_written
    rollup.update(home, kit.LINE, now=end)
    sums = rollup.read(home, kit.LINE, kit.T0)
    assert sums.users["trials"].sum() == len(shown)
    assert sums.blocks["requests"].sum() == len(shown) // 2
    found = left_out.doubles(home, kit.LINE, kit.T0).values()
    assert sum(each.rows for each in found) == len(shown)
    assert not any(each.conflicts for each in found)


def test_requests_that_arrived_twice_count_once_before_their_outcomes_are_known(home, kit):
    """The hour that has only arrived says its doubles, and then the hour with outcomes does."""
    shown = [kit.Shown("a", minute=5), kit.Shown("a", "film-1", minute=5, position=2)]
    kit.write(home, shown, part="one")
    kit.write(home, [replace(row, user="v") for row in shown], part="two")
    rollup.update(home, kit.LINE, now=kit.at(75))
    assert rollup.read_arrived(home, kit.LINE, kit.T0).blocks["requests"].sum() == 1
    assert left_out.doubles(home, kit.LINE, kit.T0) == {kit.T0: Doubles(1, 1)}
    rollup.update(home, kit.LINE, now=kit.at(240))
    assert left_out.doubles(home, kit.LINE, kit.T0) == {kit.T0: Doubles(2, 2)}
    assert left_out.doubles(home, kit.LINE, kit.at(60)) == {}


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
def test_no_order_of_parts_decides_between_conflicting_copies(home, kit, order):
    """The copy that arrived first counts, and of those at one time always the same one."""
    copies = [
        kit.Shown("a", minute=5, delay=2, user="early-alphabet"),
        kit.Shown("a", minute=5, user="x"),
        kit.Shown("a", minute=5, user="w"),
    ]
    for part, place in enumerate(order):
        kit.write(home, [copies[place]], part=f"part-{part}")
    rows, doubles = every(home, kit)
    assert rows == [("a", "film-0", "w", 1, True)]
    assert doubles == {kit.T0: Doubles(2, 1)}


def test_two_answers_to_one_request_are_one_request(home, kit):
    """Where the lists differ each item counts once, and the request in one of its tops."""
    kit.write(home, [kit.Shown("a"), kit.Shown("a", "film-1", position=2)], part="one")
    kit.write(home, [kit.Shown("a", "film-2"), kit.Shown("a", position=2)], part="two")
    rows, doubles = every(home, kit)
    assert [row[1] for row in rows] == ["film-0", "film-1", "film-2"]
    assert sum(row[-1] for row in rows) == 1
    assert doubles == {kit.T0: Doubles(1, 1)}


def test_a_part_without_a_newer_feature_is_no_conflict_but_other_features_are(home, kit):
    """Null and NaN both say that nothing is known; a number says something else."""
    kit.write(home, [kit.Shown("a", genre=None), kit.Shown("b", genre=None)], part="one")
    copies = [kit.Shown("a", genre=float("nan")), kit.Shown("b", genre=1.0)]
    kit.write(home, copies, part="two")
    assert every(home, kit)[1] == {kit.T0: Doubles(2, 1)}


def test_late_copies_hide_no_timely_one(home, kit):
    """A copy that came after the maturity is not counted, and the one that came in time is."""
    kit.write(home, [kit.Shown("a", delay=0.5)], part="two")
    kit.write(home, [kit.Shown("a", delay=90)], part="one")
    rollup.update(home, kit.LINE, now=kit.at(240))
    assert rollup.read(home, kit.LINE, kit.T0).users["trials"].sum() == 1


def test_a_log_without_doubles_is_read_once(home, kit, monkeypatch):
    """Its rows are kept with their hashes, and nothing is asked of the files again."""
    kit.write(home, kit.two_weeks()[0])
    monkeypatch.setattr(once, "_resolved", None)  # what orders the log's rows
    rows, doubles = every(home, kit)
    assert len(rows) == 6  # of the first day: three requests of two
    assert doubles == {}

"""Years that are watched: quiet ones stay quiet, changes are named in their week."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.drift import judge, weights
from slipway.monitoring.sketch import Asked, CountedAs, Sketch
from slipway.monitoring.slots import followed, gaps, volume
from slipway.monitoring.streams import ALL, VOLUME, Sense, Stream
from slipway.stats.distribution_shift import Shift, most_risen

from tests.drift_kit import PLANTED, World, all_distances, judged

SMALL = World(weeks=17, numbers=3, categories=4, holidays=4)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_change_is_named_in_its_week(planted):
    """A shift of .25 sd, a share of .40 that falls to .30, 2 % new values, NaN and units x 1000."""
    found = judged(SMALL, 3, planted, at=14)
    place = found.places.index((PLANTED[planted], ALL))
    assert not found.alarms[:, :14].any()
    assert found.alarms[place, 14]
    others = np.delete(found.alarms, place, axis=0)
    assert not others.any()


def counted(*rows):
    """Days with so many rows, of one column."""
    asked = Asked("x", CountedAs.NUMBER)
    one = np.array([1])
    return {
        k: {("x", ALL): Sketch(asked, n, 0, one, np.array([n]))} for k, n in enumerate(rows) if n
    }


def test_how_many_rows_came_is_a_stream_of_its_own():
    """The middle day beside its weekday: three holidays move nothing, half the rows do, and none at all."""
    usual = [1000, 1100, 900, 1000, 1200, 300, 200]
    quiet, policy = [*usual * 4], WatchPolicy()
    assert volume(0, counted(*usual), policy) is None
    same = volume(28, counted(*quiet, *usual), policy)
    assert same[Sense.ROWS].value == pytest.approx(0.0)
    assert same[Sense.LEVEL].value == pytest.approx(np.log1p(1000))
    odd = [0, 0, 0, *usual[3:]]
    assert volume(28, counted(*quiet, *odd), policy)[Sense.ROWS].value == pytest.approx(0.0)
    half = volume(28, counted(*quiet, *(n // 2 for n in usual)), policy)[Sense.ROWS]
    assert half.value == pytest.approx(np.log(0.5), abs=0.01)
    assert 0 < half.se < 0.05
    assert volume(28, counted(*quiet), policy)[Sense.ROWS].value < -6


def test_a_day_without_rows_is_a_gap():
    """Two days of a week with next to none of their usual rows are named with both numbers, a quiet day is not."""
    usual, policy = [1000, 1100, 900, 1000, 1200, 300, 10], WatchPolicy()
    quiet = [*usual * 4]
    assert gaps(28, counted(*quiet, *usual), policy) == []
    broken = [1000, 40, 0, 1000, 400, 300, 0]
    found = gaps(28, counted(*quiet, *broken), policy)
    assert found == [(29, 40, 1100.0), (30, 0, 900.0)]
    assert gaps(0, counted(*broken), policy) == []


def test_what_grows_slowly_is_seen_beside_all_that_is_remembered():
    """Rows that double in 13 weeks are a note; a season of a quarter is none in two years."""
    rng = np.random.default_rng(3)
    week = np.arange(104)
    wobble = 1000 * np.exp(rng.normal(0, 0.05, 104))
    season = wobble * np.exp(0.25 * np.sin(2 * np.pi * week / 52))
    growth = wobble[:53] * 2 ** np.clip((week[:53] - 40) / 13, 0, 1)

    def years(rows):
        slots = counted(*np.repeat(rows, 7).astype(int))
        every = [slots.get(k, {}) for k in range(7 * len(rows))]
        judged = judge(followed(all_distances(every, WatchPolicy())), WatchPolicy(), columns=5)
        return judged.alarms[judged.places.index((VOLUME, ALL))]

    assert not years(season).any()
    assert years(growth)[41:].any()


def test_requests_that_stop_are_a_note_of_their_number():
    """Weeks that wobble by 5 % raise nothing; one with a fifth of the rows is named by what became of them."""
    rng = np.random.default_rng(4)
    days = [round(1000 * rng.normal(1, 0.05)) for _ in range(15 * 7)] + [200] * 7
    slots = [counted(*days).get(k, {}) for k in range(len(days))]
    found = judge(followed(all_distances(slots, WatchPolicy())), WatchPolicy(), columns=20)
    place = found.places.index((VOLUME, ALL))
    assert not found.alarms[place, :15].any()
    assert found.alarms[place, 15]


def test_a_quiet_time_is_quiet():
    """Seasons, weekdays, wobble and holidays of a sd for 20 weeks raise nothing."""
    assert not judged(dataclasses.replace(SMALL, weeks=20), 5).alarms.any()


def periods(values, sense=Sense.MOVED, column="x", segment=ALL):
    """One stream's periods, from its values."""
    return [{Stream(column, segment, sense): Shift(float(v), 0.01)} for v in values]


def test_a_note_closes_when_the_new_state_is_the_usual_one():
    """A change that stays is an alarm while its reference is older, and none after that."""
    quiet = [0.001, 0.0, 0.002, 0.001, 0.0, 0.001] * 2
    found = judge(followed(periods([*quiet, 0.5, 0.5, 0.5, 0.5, 0.0, 0.001, 0.0])), WatchPolicy())
    assert found.alarms[0].tolist() == [False] * 12 + [True] * 4 + [False] * 3


def test_judging_again_gives_the_same_past():
    """What was judged of a week does not change as later weeks come."""
    values = np.random.default_rng(1).normal(0, 0.02, 20)
    values[15] = 0.4
    whole = judge(followed(periods(values)), WatchPolicy())
    for end in (10, 16, 18):
        part = judge(followed(periods(values[:end])), WatchPolicy())
        assert np.array_equal(part.strength, whole.strength[:, :end])


def test_a_week_without_rows_is_no_evidence():
    """A week that was not seen is not known, and raises nothing."""
    values = np.random.default_rng(2).normal(0, 0.01, 12).tolist()
    seen = judge(followed([*periods(values), {}, *periods([0.0])]), WatchPolicy())
    assert not seen.known[0, 12]
    assert np.isnan(seen.effect[0, 12])
    assert not seen.alarms.any()


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.sampled_from([ALL, "d=1", "d=2", "d=3"])),
        min_size=1,
        unique=True,
    ),
    st.integers(0, 9),
)
def test_the_family_spends_no_more_than_its_error(places, columns):
    """Shares of all columns and segments sum to at most 1, and a later segment changes no earlier one's."""
    policy = WatchPolicy()
    shares = weights(places, policy, columns)
    assert shares.sum() <= 1 + 1e-12
    assert (shares > 0).all()


def test_alarms_of_many_columns_are_as_rare_as_those_of_one():
    """Of 20 years of 30 columns of pure noise at most 3 hold any alarm."""
    rng = np.random.default_rng(11)
    count = 0
    for _ in range(20):
        values = rng.normal(0, 0.03, (53, 30))
        year = [
            {Stream(f"x{k}", ALL, Sense.LOCATION): Shift(float(v), 0.02) for k, v in enumerate(row)}
            for row in values
        ]
        count += bool(judge(followed(year), WatchPolicy()).alarms.any())
    assert count <= 3


def risen_weeks(seed, share, weeks, *, wobble=0.0, rows=7000, last=1.0, planted=0.0):
    """Alarms of the value that rose most, by week: rows that vary by 3 %, ``last`` times as many in the last week.

    In that week a share ``planted`` of the rows goes to the last value.
    """
    rng, policy, past, found = np.random.default_rng(seed), WatchPolicy(), [], []
    for week in range(weeks):
        odd = np.exp(wobble * rng.normal(size=len(share))) * share
        odd /= odd.sum()
        n = rows * rng.normal(1, 0.03)
        if week == weeks - 1:
            n *= last
            odd = (1 - planted) * odd
            odd[-1] += planted
        now = rng.multinomial(int(n), odd)
        if len(past) >= 3:
            before = np.sum(past[-4:], axis=0)
            shift = most_risen(now, before, (now.sum(), before.sum()), policy.risen)
            found.append({Stream("x", ALL, Sense.RISEN): shift})
        past.append(now)
    return judge(followed(found), policy, columns=5).alarms[0]


def test_fewer_rows_are_no_risen_value():
    """A thousand values in a halved week of the same mix are quiet; one of them that gets 4 % of its rows is seen."""
    share = np.full(1000, 0.001)
    for seed in range(5):
        assert not risen_weeks(seed, share, 29, last=0.5).any()
        assert risen_weeks(seed, share, 29, last=0.5, planted=0.04)[-1]


def test_values_that_wobble_about_what_is_tolerated_raise_as_rare_alarms_as_others():
    """Of 20 years of a million rows a week, shares of which wobble by a twentieth, at most 3 hold any alarm."""
    share = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    years = [risen_weeks(seed, share, 53, wobble=0.05, rows=1_000_000) for seed in range(20)]
    assert sum(bool(year.any()) for year in years) <= 3


@settings(max_examples=40)
@given(st.lists(st.floats(-60, 0), min_size=14, max_size=30))
def test_what_stays_within_the_tolerance_is_no_rise(values):
    """Whatever a value's distance to its tolerance does below it: there is no alarm and nothing is said of it."""
    found = judge(followed(periods(values, Sense.RISEN)), WatchPolicy())
    assert not found.alarms.any()
    assert np.nanmax(found.effect) <= 0


def test_a_rise_is_told_from_what_is_tolerated_on():
    """After weeks far below the tolerance the effect of a week beyond it is its own distance, not that to them."""
    found = judge(
        followed(periods([*([-40.0, -40.01, -39.99] * 5), 6.0], Sense.RISEN)), WatchPolicy()
    )
    assert found.effect[0, -1] == 6.0
    assert found.alarms[0, -1]

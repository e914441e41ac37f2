"""Two rankings make one list by team draft, and a click on it counts for both without bias of place."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.interleaving import credits_of, draft, lost_clicks, propensities
from slipway.stats.paired_loss import harm

CURVE = (1.0, 0.6, 0.45, 0.3, 0.25, 0.2)
EFFECTS, WEIGHTS = (0.02, 0.045, 0.09, 0.18), (0.15, 0.30, 0.27, 0.28)


def naive(control, candidate, length):
    """All lists with how often each comes: captains pick in turn, after a toss in each round."""
    every = []
    for tosses in itertools.product((0, 1), repeat=(min(length, len(control)) + 1) // 2):
        left, shown = [list(control), list(candidate)], []
        for toss in tosses:
            for captain in (toss, 1 - toss):
                if len(shown) < min(length, len(control)):
                    item = left[captain][0]
                    shown.append(item)
                    for ranking in left:
                        ranking.remove(item)
        every.append(tuple(shown))
    return Counter(every)


@st.composite
def rankings(draw):
    """Two orders of the same items, and the length of a list."""
    items = draw(st.integers(1, 8))
    orders = st.permutations(range(items))
    return draw(orders), draw(orders), draw(st.integers(1, 7))


@given(rankings())
def test_propensities_are_those_of_counting_every_draft(drawn):
    """The chance of each item at each place is the share of all coins that put it there."""
    control, candidate, length = drawn
    lists = naive(control, candidate, length)
    expected: dict[int, list[float]] = {}
    for shown, times in lists.items():
        for place, item in enumerate(shown):
            row = expected.setdefault(item, [0.0] * len(shown))
            row[place] += times / lists.total()
    found = propensities(control, candidate, length)
    assert found.keys() == expected.keys()
    for item, row in found.items():
        assert row == pytest.approx(expected[item], abs=1e-12)
    assert sum(found.values()) == pytest.approx(np.ones(min(length, len(control))))


@given(rankings(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_draft_is_one_of_them_and_turning_all_coins_changes_sides(drawn, coins):
    """Each coin's list is one that captains could pick; other coins for other sides give the same list."""
    control, candidate, length = drawn
    found = draft(control, candidate, length, coins)
    assert found.items in naive(control, candidate, length)
    turned = draft(candidate, control, length, [not coin for coin in coins])
    assert turned.items == found.items
    assert turned.by_candidate == tuple(not team for team in found.by_candidate)


@given(rankings(), st.integers(0, 10_000))
def test_the_mean_credit_is_the_clicks_of_each_own_list(drawn, seed):
    """Over all coins, with clicks that need a look and a liking, both values are those of what can be drafted."""
    control, candidate, length = drawn
    likes = np.random.default_rng(seed).random(len(control))
    values = np.zeros(2)
    lists = naive(control, candidate, length)
    for shown, times in lists.items():
        found = credits_of(control, candidate, shown, CURVE)
        clicks = likes[list(shown)] * _curve(len(shown))
        values += (
            times / lists.total() * np.array([clicks @ found.control, clicks @ found.candidate])
        )
    likes[sorted(set(control) - {item for shown in lists for item in shown})] = 0
    own = [likes[list(r[:length])] @ _curve(min(length, len(r))) for r in (control, candidate)]
    assert values == pytest.approx(own)


def _curve(places):
    return np.pad(CURVE[:places], (0, max(0, places - len(CURVE))), mode="edge")


@given(rankings())
def test_equal_rankings_tie_on_every_click(drawn):
    """What both hold alike says nothing of their difference, whoever picked it."""
    control, _, length = drawn
    shown = draft(control, control, length, [True] * 4).items
    assert shown == tuple(control[:length])
    found = credits_of(control, control, shown, CURVE)
    assert (found.control == found.candidate).all()
    assert found.propensity == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("control", "candidate", "curve", "said"),
    [
        ([1, 2], [1, 3], CURVE, "same items"),
        ([1, 1], [1, 1], CURVE, "each once"),
        ([1, 2], [2, 1], (), "examination"),
        ([1, 2], [2, 1], (1.0, 0.0), "above 0"),
    ],
)
def test_what_cannot_be_interleaved_is_an_error(control, candidate, curve, said):
    """Other items, an item twice, and a curve without values are refused in words."""
    with pytest.raises(ValueError, match=said):
        credits_of(control, candidate, control, curve)
    with pytest.raises(ValueError, match="0 coins"):
        draft([1, 2], [2, 1], 2, [])


def test_sets_that_cannot_be_followed_are_refused(monkeypatch):
    """A draft with too many open sets is an error, not a wait."""
    monkeypatch.setattr("slipway.stats.interleaving.MOST_DRAFTS", 1)
    with pytest.raises(ValueError, match="more than 1 sets"):
        propensities([0, 1, 2, 3], [0, 2, 3, 1], 4)


def test_no_single_user_decides():
    """Beside a hundred users without a preference one that always prefers the control proves nothing."""
    rng = np.random.default_rng(3)
    a, b = rng.random(200), rng.random(200)
    for clicks in (1.0, 1e3, 1e6):
        who = np.append(np.arange(200) // 2, 100)
        found = lost_clicks(np.append(a, clicks), np.append(b, 0.0), who)
        assert harm(found, effects=EFFECTS, weights=WEIGHTS) < np.log(20) / 2
    with pytest.raises(ValueError, match="shapes"):
        lost_clicks([1.0], [1.0, 2.0], ["a"])
    with pytest.raises(ValueError, match="finite"):
        lost_clicks([1.0], [np.inf], ["a"])


def simulated(rng, users, spread):
    """Evidence of harm after each hundred users: the candidate adds noise of ``spread`` or trades places alike."""
    control_noise, candidate_noise = spread
    rows = []
    for user in range(users):
        taste = np.exp(rng.normal(0, 1))
        for _ in range(1 + rng.geometric(0.5)):
            quality = rng.normal(0, 1, 8)
            orders = [
                np.argsort(-(quality + rng.normal(0, noise, 8))).tolist()
                for noise in (control_noise, candidate_noise)
            ]
            shown = draft(*orders, 4, rng.random(2) < 0.5).items
            found = credits_of(*orders, shown, CURVE)
            chance = np.minimum(1, 0.1 * taste * np.exp(quality[list(shown)])) * CURVE[:4]
            clicks = rng.random(4) < chance
            rows.append((clicks @ found.control, clicks @ found.candidate, user))
    a, b, who = (np.array(each) for each in zip(*rows, strict=True))
    peak = 0.0
    for end in range(100, users + 1, 100):
        seen = who < end
        found = lost_clicks(a[seen], b[seen], who[seen])
        peak = max(peak, harm(found, effects=EFFECTS, weights=WEIGHTS))
    return peak


def test_equal_rankers_are_seldom_called_worse_and_a_worse_one_soon():
    """Of equal ones, looked at again and again, hardly any reaches 20 to 1; a noisy one does."""
    rng = np.random.default_rng(7)
    equal = [simulated(rng, 200, (1.0, 1.0)) for _ in range(40)]
    assert np.mean(np.array(equal) >= np.log(20)) <= 0.05
    assert np.median([simulated(rng, 200, (0.3, 3.0)) for _ in range(5)]) >= np.log(20)

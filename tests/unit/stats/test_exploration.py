"""Lists made by chance, and with which probability each item stands where it stands."""

import random
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.stats.exploration import (
    Exploration,
    counts_by_cell,
    draw,
    effective_shown,
    places_in,
    propensities,
)

SIZES = [(12, 4), (5, 5), (6, 1), (7, 6), (3, 10)]


class Scripted:
    """Every chance in turn: whole numbers of a script, with the probability of the whole of it."""

    def __init__(self, script):
        self.script, self.bounds = list(script), []

    def randrange(self, stop):
        """The next number of the script, 0 after its end."""
        self.bounds.append(stop)
        at = len(self.bounds) - 1
        return self.script[at] if at < len(self.script) else 0


def every_draw(how, offered, length):
    """Each list that chance may draw with its exact probability, by walking the tree of all draws."""
    open_scripts = [()]
    while open_scripts:
        script = open_scripts.pop()
        chance = Scripted(script)
        found = draw(how, offered, length, chance)
        if len(chance.bounds) == len(script):
            probability = Fraction(1)
            for bound in chance.bounds:
                probability /= bound
            yield found, probability
        else:
            open_scripts += [(*script, at) for at in range(chance.bounds[len(script)])]


@pytest.mark.parametrize("how", Exploration)
@pytest.mark.parametrize(("offered", "length"), [(6, 3), (4, 4), (3, 5), (5, 1), (7, 5)])
def test_propensities_are_those_of_all_draws_enumerated(how, offered, length):
    """What is logged equals the sum over every list that chance can draw, to the last fraction."""
    shown = min(offered, length)
    exact = [[Fraction(0)] * shown for _ in range(offered)]
    for found, probability in every_draw(how, offered, length):
        for place, item in enumerate(found.order):
            exact[item][place] += probability
    table = propensities(how, offered, length)
    for item, place in product(range(offered), range(shown)):
        assert table[min(item, shown), place] == pytest.approx(float(exact[item][place]), abs=1e-12)


@given(st.sampled_from(Exploration), st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**32))
def test_a_list_has_each_item_once_and_the_probability_it_says(how, offered, length, seed):
    """Each place is taken by one item, and an item's logged propensity is the table's, above 0."""
    found = draw(how, offered, length, random.Random(seed))
    shown, table = min(offered, length), propensities(how, offered, length)
    assert len(set(found.order)) == len(found.order) == shown
    whole = table[:-1].sum(axis=0) + (offered - shown) * table[-1]
    assert np.allclose(whole, 1)
    for place, (item, propensity) in enumerate(zip(*found, strict=True)):
        assert propensity == table[min(item, shown), place] > 0


@pytest.mark.parametrize("how", Exploration)
@pytest.mark.parametrize(("offered", "length"), SIZES)
def test_counting_finds_the_propensities(how, offered, length):
    """In ten thousand lists each item stands at each place as often as its propensity says."""
    chance, shown, lists = random.Random(7), min(offered, length), 10_000
    counted = np.zeros((offered, shown))
    for _ in range(lists):
        counted[draw(how, offered, length, chance).order, np.arange(shown)] += 1
    table = propensities(how, offered, length)[np.minimum(np.arange(offered), shown)]
    spread = np.sqrt(table * (1 - table) / lists)
    assert (np.abs(counted / lists - table) <= 4.5 * spread + 1e-12).all()


def test_shuffled_lists_need_no_correction():
    """Where chance alone sets places, exposures by place stay what was counted, up to one factor."""
    shown, clicks = np.zeros((4, 3)), np.zeros((4, 3))
    shown[3], clicks[3] = [100, 200, 300], [50, 40, 30]
    weighted, came = effective_shown(shown, clicks, rounds=3)
    assert np.allclose(weighted, shown[3])
    assert came.tolist() == [50, 40, 30]


def test_the_fixed_point_is_the_likelihood_s_top():
    """No other examination explains the counts better: an optimiser of the same likelihood agrees."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(2)
    theta, gamma = np.array([1, 0.5, 0.3]), np.array([0.4, 0.3, 0.2, 0.1])
    shown = np.rint(1e4 * propensities(Exploration.SLOT_AND_SWAPS, 8, 3)) + 1
    clicks = rng.poisson(shown * np.outer(gamma, theta)).astype(float)
    weighted, came = effective_shown(shown, clicks, rounds=2000)

    def misfit(logs):
        mean = shown * np.exp(logs[:4, None] + np.append(0, logs[4:])[None])
        return (mean - clicks * np.log(mean)).sum()

    best = minimize(misfit, np.log([0.3] * 4 + [0.5] * 2), method="BFGS").x
    rates = came / weighted
    assert np.allclose(rates[1:] / rates[0], np.exp(best[4:]), rtol=1e-3)


def test_slots_and_swaps_find_the_examination_of_places():
    """Although the best items stand at the top, the places' own rates come out, within their error."""
    rng, length, offered = np.random.default_rng(3), 6, 20
    theta = 1 / np.arange(1, length + 1)
    gamma = 0.6 * 0.85 ** np.arange(offered)
    chance, ranked, position = random.Random(4), [], []
    for _ in range(20_000):
        order = draw(Exploration.SLOT_AND_SWAPS, offered, length, chance).order
        ranked += order
        position += range(1, length + 1)
    ranked, position = np.array(ranked), np.array(position)
    clicked = (rng.random(len(ranked)) < gamma[ranked] * theta[position - 1]).astype(float)
    place = np.where(ranked < length, ranked + 1, 0)
    shown = counts_by_cell(place, position, np.ones(len(place)), length)
    clicks = counts_by_cell(place, position, clicked, length)
    weighted, came = effective_shown(shown, clicks, rounds=300)
    found = came / weighted
    assert np.abs(found / found[0] - theta).max() < 0.04
    plain = clicks.sum(axis=0) / shown.sum(axis=0)
    assert np.abs(plain / plain[0] - theta).max() > 0.04


def test_places_of_rows_are_read_back():
    """A row's place in the ranking, and 0 below the list."""
    assert places_in(np.array([3, 1, 0, 2]), [0, 1, 2, 3], length=3) == [3, 2, 0, 1]

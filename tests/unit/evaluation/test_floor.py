"""The noise floor is measured with small fits that differ by chance alone, the same every time."""

from itertools import pairwise

import numpy as np
import pytest
from slipway.domain.errors import NotComputable
from slipway.evaluation import floor
from slipway.training import dataset


@pytest.fixture(scope="module")
def rows(frame, line):
    return dataset.rows_of(frame, line, "train")


@pytest.fixture(scope="module")
def fits(rows, line, rankers):
    recipe, candidate = rankers["good"]
    return floor.refit(rows, line, recipe, np.array(candidate.examination), 6)


@pytest.mark.parametrize("fits", [3, 4, 5, 6, 9, 12])
def test_every_layout_knows_data_and_seeds_apart(fits):
    """Any number of fits compares other data with one seed, and other seeds on the same data."""
    found = floor.layout(fits)
    assert len(found) == fits
    assert len({part for part, seed in found if seed == 0}) >= 2
    again = [(part, seed) for part, seed in found if seed]
    assert again
    assert all((part, 0) in found for part, _ in again)


def test_small_fits_are_the_same_every_time(rows, fits, line, rankers):
    """A floor measured twice is the same floor, in every bit."""
    recipe, candidate = rankers["good"]
    again = floor.refit(rows, line, recipe, np.array(candidate.examination), 6)
    for one, two in zip(fits, again, strict=True):
        assert np.array_equal(
            one.ranker.score(rows.features)[0], two.ranker.score(rows.features)[0]
        )


def test_small_fits_differ_from_each_other(rows, fits):
    """Other quarters and other seeds give other models: there is a floor to measure."""
    answers = [one.ranker.score(rows.features)[0] for one in fits]
    assert all(not np.array_equal(one, two) for one, two in pairwise(answers))


def test_numbers_of_known_spread_give_that_spread(fits):
    """The floor of a number is the spread over quarters and seeds, brought to all rows."""
    values = [1.0, 1.02, 0.98, 1.0, 1.01, 1.02]  # four quarters, then other seeds on two of them
    found = floor.chance_of_numbers(fits, [{"calibration": value} for value in values])
    spread, seed = np.std(values[:4], ddof=1), np.sqrt(0.01**2 / 2 / 2)
    both, alone = floor.FALL["calibration"]
    assert found["calibration"].total == pytest.approx(spread * both)
    assert found["calibration"].seed == pytest.approx(seed * alone)
    assert found["calibration"].data == pytest.approx(
        np.sqrt((spread * both) ** 2 - (seed * alone) ** 2)
    )


def test_equal_models_have_no_floor(fits):
    """Where nothing differs, chance explains nothing."""
    found = floor.chance_of_numbers(fits, [{"log_loss": 0.5}] * 6)
    assert found["log_loss"] == (0.0, 0.0, 0.0)
    assert floor.chance_of_pairs(fits, lambda *_: {"churn": 0.0})["churn"] == (0.0, 0.0, 0.0)


def test_a_quarter_of_one_class_is_not_computable(rows, line, rankers):
    """Hardly any clicks: no floor can be measured, and that is an error, never a verdict."""
    keep = np.zeros(len(rows), dtype=bool)
    keep[:40] = True
    few = rows.where(keep)
    few.clicked[:] = 0.0
    few.clicked[0] = 1.0
    with pytest.raises(NotComputable, match="noise floor"):
        floor.refit(few, line, rankers["good"][0], 1 / np.sqrt(np.arange(1.0, 11)), 3)

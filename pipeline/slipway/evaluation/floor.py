"""The noise floor of a week: small fits of one recipe that differ by chance alone.

The champion's recipe is fitted again on disjoint quarters of the training requests (other data) and
with other seeds on the same quarter (other seeds). Disjoint parts need no second snapshot, and what
they vary by is extrapolated to all rows with the rates of :data:`FALL`. A candidate of another recipe
is fitted on the same quarters with the same seeds, so that both recipes meet the same chance.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.ranker import Array, Ranker
from slipway.domain.errors import NotComputable
from slipway.domain.line import Line, Recipe
from slipway.domain.model import Fit
from slipway.domain.stability import Chance
from slipway.evaluation.heldout import codes
from slipway.stats.noise import pair_spread, seed_spread, without
from slipway.training.dataset import Rows
from slipway.training.small_fits import Fitter, fitter

PARTS = 4
FITS_PER_TRAINING = 3
"""Fits on a quarter that take the time of one plain training (a first look and a full fit)."""

SEED = 20_250_113
"""Which requests are in which quarter: the same for every recipe, run and machine."""

FALL = {
    "log_loss": (0.5, 0.5),
    "loss": (0.5, 0.5),
    "ndcg": (0.62, 0.8),
    "calibration": (0.55, 0.8),
    "category_mix": (0.72, 0.9),
}
"""Spread on all rows over spread on a quarter of them: (data and seed together, seed alone).

Measured where all rows can be drawn again (16 x 17,000 and 7 x 40,000 rows of an invented shop, 12 x
28,000 of public ratings; ``tests/benchmarks/noise_floor.py`` repeats it in three more worlds). The spread
of a loss fell to .19 to .45 of a quarter's; it gets the root of the rows, which errs to caution.
"""
FALL_OF_DISTANCES = (0.74, 0.95)


class Answered(NamedTuple):
    """A small fit: which quarter and seed (places), and the ranker."""

    part: int
    seed: int
    ranker: Ranker


def layout(fits: int) -> tuple[tuple[int, int], ...]:
    """(quarter, seed) places of ``fits`` >= 3 small fits: two thirds for data, the rest for seeds.

    >>> layout(6)
    ((0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 2))
    """
    data = min(PARTS, (2 * fits + 2) // 3)
    seeds = ((k % data, 1 + (k + k // data) % 2) for k in range(fits - data))
    return (*((part, 0) for part in range(data)), *seeds)


def refit(
    rows: Rows, line: Line, recipe: Recipe | Fit, theta: Array, fits: int
) -> tuple[Answered, ...]:
    """``fits`` small fits of ``recipe``, each with a first look at its own quarter of ``rows``.

    ``theta`` float64[places] is shared: a quarter has too few shuffled lists to find its own. Raises
    NotComputable where a quarter of the rows cannot be fitted.
    """
    quarter = _quarters(rows)
    looked: dict[int, Fitter] = {}
    found = []
    for part, seed in layout(fits):
        if part not in looked:
            looked[part] = fitter(_with_both(rows.where(quarter == part)), theta, line, recipe)
        found.append(Answered(part, seed, looked[part](recipe.seeds[seed])))
    return tuple(found)


def _quarters(rows: Rows) -> npt.NDArray[np.intp]:
    """The quarter of each row [n]; rows of a request stay together."""
    code = codes(rows.request)
    requests = int(code.max()) + 1
    drawn = np.random.default_rng(SEED).permutation(requests)
    quarter: npt.NDArray[np.intp] = drawn[code] * PARTS // requests
    return quarter


def _with_both(part: Rows) -> Rows:
    """``part`` itself, if it has rows of both classes."""
    if len(np.unique(part.clicked)) < 2:  # noqa: PLR2004 - clicked and not
        raise NotComputable(
            "noise floor",
            found=f"{len(part)} rows of one class in a quarter of the training rows",
            expected="clicked and unclicked rows in each",
            next_step="train on more weeks; a gain cannot be distinguished from chance",
        )
    return part


def chance_of_numbers(
    fits: Sequence[Answered], found: Sequence[dict[str, float]]
) -> dict[str, Chance]:
    """The floor of each number that ``found`` gives for each of ``fits``; losses relative."""
    data = [place for place, one in enumerate(fits) if one.seed == 0]
    pairs = list(_same_part(fits))
    chances = {}
    for name in found[0]:
        values = np.array([numbers[name] for numbers in found])
        values = values if name == "calibration" else values / values.mean()
        spread, seed = seed_spread(values[data]), pair_spread(values[np.array(pairs)])
        chances[name] = _chance(name, spread, seed)
    return chances


def chance_of_pairs(
    fits: Sequence[Answered], distance: Callable[[int, int], dict[str, float]]
) -> dict[str, Chance]:
    """The floor of each distance between fits i and j, as ``distance(i, j)`` gives them."""
    apart = _means(distance(i, j) for i, j in data_pairs(fits))
    seeds = _means(distance(i, j) for i, j in _same_part(fits))
    return {name: _chance(name, apart[name], seeds[name]) for name in apart}


def data_pairs(fits: Sequence[Answered]) -> Iterable[tuple[int, int]]:
    """Pairs of fits on different quarters with one seed."""
    return combinations([place for place, one in enumerate(fits) if one.seed == 0], 2)


def shrunk(gone: Array) -> Array:
    """Shares that are gone between fits on quarters, as they would be on all rows."""
    return gone * FALL_OF_DISTANCES[0]


def _chance(name: str, together: float, seed: float) -> Chance:
    both, alone = FALL.get(name, FALL_OF_DISTANCES)
    total = max(together * both, seed * alone)
    return Chance(seed * alone, without(total, seed * alone), total)


def _same_part(fits: Sequence[Answered]) -> Iterable[tuple[int, int]]:
    """Pairs of fits that differ by their seed alone."""
    return (
        (i, j)
        for i, j in combinations(range(len(fits)), 2)
        if fits[i].part == fits[j].part and fits[i].seed == 0
    )


def _means(found: Iterable[dict[str, float]]) -> dict[str, float]:
    rows = list(found)
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

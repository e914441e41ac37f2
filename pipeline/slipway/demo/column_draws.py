"""Values of declared columns, drawn: by type, range, words and season, for any line."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.domain.line import Column, DType

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Values = npt.NDArray[Any]
"""float64 (numbers and codes) or objects (strings, None where one is missing)."""

YEAR_S, DAY_S = 365.25 * 86_400, 86_400.0
WORDS_WITHOUT_A_LIST = 12
"""Different values of a category whose words are not declared."""
OFTEN_KNOWN = 0.95
"""Columns that are declared as known more often are always sent: few rows would miss the share by chance."""
SEASON = 0.15
"""How far a number's place in its range moves with the seasons, to each side."""
DECADES = 3.0
"""Of numbers without an upper end: nobody says their scale, so that they reach over several."""
BELOW_ZERO = 0.2
"""Share of numbers without any end that are below 0."""
SAID = ("early", "late", "near", "far", "small", "large", "usual", "new")
"""Words of texts."""


def seed_of(*words: object) -> int:
    """The same number for the same words, in every process."""
    text = "\0".join(map(str, words))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def words_of(column: Column) -> tuple[str, ...]:
    """The strings that a category may have: its own, or invented ones."""
    return column.words or tuple(f"{column.name} {k}" for k in range(WORDS_WITHOUT_A_LIST))


def drawn(rng: np.random.Generator, column: Column, at: Floats) -> Values:
    """A value [n] for each time ``at`` [n] (POSIX seconds), some of them missing as the column allows."""
    n = len(at)
    share = (1 - column.known) / 4 if 0 < column.known <= OFTEN_KNOWN else 0.0
    missing = rng.random(n) < share
    match column.dtype:
        case DType.CODE:
            codes = _popular(rng, len(column.words) or int((column.upper or 3) + 1), n, column.name)
            return np.where(missing, np.nan, codes.astype(np.float64))
        case DType.CATEGORY:
            words = np.array(words_of(column), dtype=object)
            return _without(words[_popular(rng, len(words), n, column.name)], missing)
        case DType.TEXT:
            return _without(np.array(SAID, dtype=object)[rng.integers(0, len(SAID), n)], missing)
        case DType.TIME:
            before = at - rng.uniform(0, 30, n) * DAY_S
            text = [datetime.fromtimestamp(when, UTC).isoformat() for when in before.tolist()]
            return _without(np.array(text, dtype=object), missing)
        case _:
            return np.where(missing, np.nan, _numbers(rng, column, at))


def _without(words: Values, missing: npt.NDArray[np.bool_]) -> Values:
    found = words.astype(object)
    found[missing] = None
    return found


def _popular(rng: np.random.Generator, size: int, n: int, name: str) -> Ints:
    """Places [n] of ``size`` values, some of them more common than others."""
    weight = np.random.default_rng(seed_of(name, "popular")).dirichlet(np.full(size, 3.0))
    return rng.choice(size, n, p=weight).astype(np.int64)


def _numbers(rng: np.random.Generator, column: Column, at: Floats) -> Floats:
    n, phase = len(at), seed_of(column.name, "season") % 997 / 997
    season = SEASON * np.sin(2 * np.pi * (at / YEAR_S + phase))
    low, high = column.lower, column.upper
    place = np.clip(rng.beta(2.5, 2.5, n) + season, 0.0, 1.0)
    if low is not None and high is not None:
        return low + place * (high - low)
    if low is not None or high is not None:
        size = 10 ** (DECADES * place) - 1
        return low + size if low is not None else (high or 0.0) - size
    return 10 ** (DECADES * place) * np.where(rng.random(n) < BELOW_ZERO, -0.1, 1.0)

"""Strings as exact whole numbers, so that a matrix of float64 carries categories of any cardinality.

The number is the head of the string's own digest: the same in every process and for ever, with no
dictionary to keep in step. Two of a million words share one with a probability of 6e-5; it is noticed
where tables are read, and refused.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from slipway.domain.errors import BadInput

Floats = npt.NDArray[np.float64]

_SHIFT = 64 - 52  # float64 holds whole numbers below 2^53 exactly
_WORDS: dict[float, str] = {}


def code_of(word: str) -> float:
    """The number of ``word``, a whole one below 2^52.

    >>> code_of("phone") == code_of("phone") != code_of("tablet")
    True
    """
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return float(int.from_bytes(digest, "little") >> _SHIFT)


def codes_of(words: Sequence[Any]) -> Floats:
    """The numbers of ``words`` float64[n], NaN for a missing one; each word is known to :func:`word_of`.

    Raises BadInput where two words have one number.
    """
    place, different = pd.factorize(np.asarray(words, dtype=object))
    numbers = np.array([_learnt(str(word)) for word in different] or [np.nan], np.float64)
    return np.where(place < 0, np.nan, numbers[place])


def word_of(code: float) -> str | None:
    """The word of ``code`` among those that this process has read from tables."""
    return _WORDS.get(code)


def name_of(words: Sequence[str], code: float) -> str:
    """A category's value for people: one of the column's own ``words``, a string that was read, or the code.

    >>> name_of(("under 25", "older"), 1.0), name_of((), 7.0)
    ('older', '7')
    """
    if words and float(code).is_integer() and 0 <= code < len(words):
        return words[int(code)]
    return word_of(code) or f"{code:.17g}"


def words_of(codes: Iterable[float], sent: Mapping[float, str] | None = None) -> list[str | None]:
    """The word of each code; None where it is missing. ``sent`` are words of one request, not of a table."""
    own = sent or {}
    return [own.get(code) or _WORDS.get(code) for code in codes]


def _learnt(word: str) -> float:
    code = code_of(word)
    if _WORDS.setdefault(code, word) != word:
        raise BadInput(
            "words of a category",
            found=f"{word} and {_WORDS[code]}",
            expected="words of different numbers",
            next_step="spell one of them otherwise; of a million words this happens to 6 in 100,000",
        )
    return code

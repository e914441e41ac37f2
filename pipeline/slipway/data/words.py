"""Strings as exact whole numbers, so that a matrix of float64 carries categories of any cardinality.

The number is the head of the string's own digest: the same in every process and permanently, with no
dictionary to keep in step. Two of a million words share one with a probability of 6e-5; it is noticed
where tables are read, and refused.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from slipway.domain.errors import BadInput

Floats = npt.NDArray[np.float64]

_SHIFT = 64 - 52  # float64 holds whole numbers below 2^53 exactly
_WORDS: dict[float, str] = {}
_SENT: dict[float, tuple[str, int]] = {}  # a word of requests at work, and how many of them hold it
_SENT_LOCK = Lock()
_REQUEST: ContextVar[dict[float, str] | None] = ContextVar("words of the request", default=None)


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
    numbers = np.array([number_of(str(word)) for word in different] or [np.nan], np.float64)
    return np.where(place < 0, np.nan, numbers[place])


@contextmanager
def of_one_request() -> Iterator[None]:
    """Words that are read inside are forgotten at the end: callers send more than a process can keep."""
    mine: dict[float, str] = {}
    before = _REQUEST.set(mine)
    try:
        yield
    finally:
        _REQUEST.reset(before)
        with _SENT_LOCK:
            for code in mine:
                word, held = _SENT.pop(code)
                if held > 1:
                    _SENT[code] = word, held - 1


def word_of(code: float) -> str | None:
    """The word of ``code`` among those of tables that this process has read, and of requests at work."""
    found = _WORDS.get(code)
    return _SENT.get(code, (None, 0))[0] if found is None else found


def name_of(words: Sequence[str], code: float) -> str:
    """A category's value for people: one of the column's own ``words``, a string that was read, or the code.

    >>> name_of(("under 25", "older"), 1.0), name_of((), 7.0)
    ('older', '7')
    """
    if words and float(code).is_integer() and 0 <= code < len(words):
        return words[int(code)]
    return word_of(code) or f"{code:.17g}"


def words_of(codes: Iterable[float]) -> list[str | None]:
    """The word of each code; None where it is missing."""
    return [word_of(code) for code in codes]


def number_of(word: str) -> float:
    """The number of ``word``, which is known to :func:`word_of` from now on; raises as :func:`codes_of`."""
    code, mine = code_of(word), _REQUEST.get()
    known = _WORDS.get(code)
    if known is None:
        known = _WORDS.setdefault(code, word) if mine is None else _held(code, word, mine)
    if known != word:
        raise BadInput(
            "words of a category",
            found=f"{word[:80]} and {known[:80]}",
            expected="words of different numbers",
            next_step="spell one of them otherwise; of a million words this happens to 6 in 100,000",
        )
    return code


def _held(code: float, word: str, mine: dict[float, str]) -> str:
    """The word of ``code`` among requests at work; the request that ``mine`` are of holds it, too."""
    with _SENT_LOCK:
        known, held = _SENT.get(code, (word, 0))
        if code not in mine and known == word:
            mine[code] = word
            _SENT[code] = word, held + 1
    return known

"""The few words of texts, or pairs of letters of numbers of cases, that predict a label best."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.bins import Coded
from slipway.audit.held_out_power import Question, power
from slipway.audit.thresholds import (
    WORD_LISTS_COVERED,
    WORD_LISTS_FEWEST_ROWS,
    WORD_LISTS_MOST_WORDS,
    WORD_LISTS_PURE,
    WORD_LISTS_STRONG,
    WORD_LISTS_SURE,
    WORD_LISTS_Z_POWER,
)
from slipway.stats.separation import distance

Codes = NDArray[np.int64]


WORD = re.compile(r"\w+")


class Tokens(NamedTuple):
    """Token ``token`` int64[m] stands in value ``value`` int64[m], once each; ``names`` of the tokens."""

    names: tuple[str, ...]
    token: Codes
    value: Codes
    values: int

    @classmethod
    def of_words(cls, said: Sequence[str], only: Sequence[str] = ()) -> "Tokens":
        """Words of texts, in lower case: all, or ``only`` some."""
        return cls._of((set(WORD.findall(text.casefold())) for text in said), only)

    @classmethod
    def of_letters(cls, said: Sequence[str], only: Sequence[str] = ()) -> "Tokens":
        """Pairs and triples of neighbouring letters: all, or ``only`` some."""
        letters = (
            {word[k : k + size] for size in (2, 3) for k in range(len(word) - size + 1)}
            for word in said
        )
        return cls._of(letters, only)

    @classmethod
    def _of(cls, sets: Iterable[set[str]], only: Sequence[str]) -> "Tokens":
        place = {word: k for k, word in enumerate(only)}
        asked = set(only)
        token: list[int] = []
        size: list[int] = []
        for held in sets:
            some = held & asked if asked else held
            size.append(len(some))
            token += [place.setdefault(word, len(place)) for word in sorted(some)]
        value = np.repeat(np.arange(len(size)), size)
        return cls(tuple(place), np.array(token, dtype=np.int64), value, len(size))


class WordList(NamedTuple):
    """Words in the order in which they are asked for."""

    names: tuple[str, ...]

    def coded(self, tokens: Tokens, index: Codes) -> Coded:
        """Codes of rows: 0 missing, 1 none of the words, then the first word that a value holds."""
        code = np.ones(tokens.values + 1, dtype=np.int32)
        code[-1] = 0
        for k in range(len(self.names) - 1, -1, -1):
            at = tokens.names.index(self.names[k])
            code[tokens.value[tokens.token == at]] = k + 2
        names = ("missing", "none of them", *(repr(name) for name in self.names))
        return Coded(code[index], names, ordered=False)


def telling(tokens: Tokens, index: Codes, asked: Sequence[Question]) -> WordList | None:
    """The words that predict one of the questions for sure, on rows they were not picked on; None without.

    ``index`` [n] is each row's value.
    """
    best, found = 0.0, None
    for question in asked:
        words = _picked(tokens, index, question)
        if not words:
            continue
        code = WordList(words).coded(tokens, index).code
        own = power(code, question)
        far = distance(own.auc)
        sure = own.above(WORD_LISTS_Z_POWER) > 0.5  # noqa: PLR2004 - a coin
        if sure and far > best and (far >= WORD_LISTS_STRONG or _covers(code, question)):
            best, found = far, WordList(words)
    return found


def _picked(tokens: Tokens, index: Codes, question: Question) -> tuple[str, ...]:
    """The surest words, each among the rows without those before, on the rows to learn on."""
    left = question.learn.copy()
    found: list[int] = []
    for _ in range(WORD_LISTS_MOST_WORDS):
        n, hits = _counts(tokens, index, left), _counts(tokens, index, left & question.yes)
        base = float(question.yes[left].mean()) if left.any() else 0.0
        spread = np.sqrt(np.maximum(n * base * (1 - base), 1e-9))
        rest = np.sqrt(np.maximum(1 - n / max(int(left.sum()), 1), 1e-9))
        z = np.where(n >= WORD_LISTS_FEWEST_ROWS, np.abs(hits - n * base) / spread / rest, 0.0)
        if not len(z) or z.max() < WORD_LISTS_SURE or n[int(z.argmax())] >= left.sum():
            break
        k = int(z.argmax())
        found.append(k)
        holds = np.zeros(tokens.values, dtype=bool)
        holds[tokens.value[tokens.token == k]] = True
        left &= ~holds[index]
    return tuple(tokens.names[k] for k in found)


def _counts(tokens: Tokens, index: Codes, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    of_value = np.bincount(index[rows], minlength=tokens.values).astype(float)
    found: NDArray[np.float64] = np.bincount(
        tokens.token, of_value[tokens.value], len(tokens.names)
    ).astype(float)
    return found


def _covers(code: NDArray[np.int32], question: Question) -> bool:
    rows = ~question.learn
    n = np.bincount(code[rows])[2:]
    hits = np.bincount(code[rows & question.yes], minlength=int(code[rows].max(initial=0)) + 1)[2:]
    good, bad = int((rows & question.yes).sum()), int((rows & ~question.yes).sum())
    yes = (hits >= WORD_LISTS_PURE * n) & (hits >= WORD_LISTS_COVERED * good)
    no = (n - hits >= WORD_LISTS_PURE * n) & (n - hits >= WORD_LISTS_COVERED * bad)
    return bool((yes | no).any())

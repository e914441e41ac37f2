"""What a label can hide in inside of words: a word of a text, letters of a number of a case, check digits.

Found on some folds and proven on the others, so that what is picked among hundreds is no luck.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from slipway.audit.bins import Coded
from slipway.audit.design import Design
from slipway.audit.held_out_power import Question, power, questions
from slipway.audit.thresholds import (
    INSIDE_WORDS_BETTER,
    INSIDE_WORDS_FEWEST,
    INSIDE_WORDS_MOST,
    INSIDE_WORDS_ONE_SIDED,
    INSIDE_WORDS_SAMPLE,
    INSIDE_WORDS_TEXT_WORDS,
)
from slipway.audit.word_lists import Tokens, telling

Codes = NDArray[np.int64]


LONGEST, RIGHT, RUNS = 40, 8, 6
"""Letters of a number of a case that are read, from its end, and its runs of letters or digits."""

LEADING = 3
"""First digits of a number that are its size."""

CHECKS = (7, 9, 10, 11, 13, 97)
"""Moduli of check digits (ISO 7064, ISBN, IBAN)."""

LISTED = re.compile(r"[|;,/+&]")
"""What stands between the words of a list."""

RUN = re.compile(r"[^\W\d_]+|\d+")


class Inside(NamedTuple):
    """A part of words: how it reads as a subject ("its word 'declined'"), and its codes of all rows."""

    about: str
    coded: Coded


class Part(NamedTuple):
    """A part of a word: what it is called, and its value in a word."""

    about: str
    of: Callable[[str], object]


def is_text(said: Sequence[str]) -> bool:
    """Whether values are texts of several words."""
    some = said[:: -(-len(said) // INSIDE_WORDS_SAMPLE)]
    return float(np.mean([len(word.split()) for word in some])) >= INSIDE_WORDS_TEXT_WORDS


def is_list(said: Sequence[str]) -> bool:
    """Whether values are lists of few words in many combinations: tags between bars, semicolons or commas."""
    some = said[:: -(-len(said) // INSIDE_WORDS_SAMPLE)]
    parts = [LISTED.split(word) for word in some]
    many = sum(len(p) > 1 for p in parts) >= len(some) / 2
    return many and 2 * len({w.strip() for p in parts for w in p}) <= len(some)


def has_digits(said: Sequence[str]) -> bool:
    """Whether most values hold a digit: numbers of cases do, names of people and firms do not."""
    some = said[:: -(-len(said) // INSIDE_WORDS_SAMPLE)]
    return sum(any(c.isdigit() for c in word) for word in some) >= len(some) / 2


def words_of(said: Sequence[str], index: Codes, design: Design) -> Iterator[Inside]:
    """The few words of texts ``said`` that predict the label best, rows ``index`` [n] of it (-1 missing)."""
    if len(said) < INSIDE_WORDS_FEWEST:
        return
    rows, some, place = _sample(said, index)
    found = telling(Tokens.of_words(some), place, questions(design, rows))
    if found is not None:
        shown = " or ".join(f"{word!r}" for word in found.names)
        coded = found.coded(Tokens.of_words(said, found.names), index)
        yield Inside(f"whether it holds {shown}", coded)


def parts_of(
    said: Sequence[str], index: Codes, design: Design, *, is_number: bool = False
) -> Iterator[Inside]:
    """The part of numbers of cases ``said`` that predicts the label best, or letters anywhere in them.

    The first digits of a number are its size, and nothing hidden: ``is_number`` leaves them out.
    """
    if len(said) < INSIDE_WORDS_FEWEST:
        return
    rows, some, place = _sample(said, index)
    asked = questions(design, rows)
    parts = list(_number_parts(some) if is_number else _parts(some))
    sure = float(-ndtri(INSIDE_WORDS_ONE_SIDED / max(len(parts), 1)))
    best, at = 0.0, -1
    for k, part in enumerate(parts):
        code = _coded(part, some, place)
        here = max((_sure(code.code, question, sure) for question in asked), default=0.0)
        if here > best + INSIDE_WORDS_BETTER:  # a simpler part, which comes first, is as good
            best, at = here, k
    if at >= 0:
        coded = _coded(parts[at], said, index)
        common = ", ".join(coded.names[k] for k in np.argsort(-np.bincount(coded.code))[:3] if k)
        yield Inside(f"{parts[at].about} ({common}, …)", coded)
        return
    found = None if is_number else telling(Tokens.of_letters(some), place, asked)
    if found is not None:
        shown = " or ".join(f"{word!r}" for word in found.names)
        yield Inside(
            f"whether it holds {shown}", found.coded(Tokens.of_letters(said, found.names), index)
        )


def _sample(said: Sequence[str], index: Codes) -> tuple[Codes, list[str], Codes]:
    """Some rows, evenly spread, the words in them, and each row's place among these."""
    known = np.flatnonzero(index >= 0)
    rows = known[:: -(-len(known) // INSIDE_WORDS_SAMPLE) or 1]
    used, place = np.unique(index[rows], return_inverse=True)
    return rows, [said[k] for k in used], place.astype(np.int64)


def _sure(code: NDArray[np.int32], question: Question, z: float) -> float:
    found = power(code, question)
    return found.auc - 0.5 if found.above(z) > 0.5 else 0.0  # noqa: PLR2004 - a coin


def _coded(part: Part, said: Sequence[str], index: Codes) -> Coded:
    """Codes of a part, the most frequent first; a missing word is code 0."""
    values = [str(part.of(word)) for word in said]
    names, code = np.unique(values, return_inverse=True)
    of_row = np.append(code, len(names))[index]
    size = np.bincount(of_row, minlength=len(names) + 1)[:-1]
    order = np.argsort(-size, kind="stable")
    place = np.empty(len(names) + 1, dtype=np.int32)
    place[order] = np.minimum(np.arange(len(names)), INSIDE_WORDS_MOST - 1) + 1
    place[-1] = 0
    shown = [repr(str(names[k])) for k in order[:INSIDE_WORDS_MOST]]
    return Coded(place[of_row], ("missing", *shown), ordered=False)


MOST_DIGITS = 40


def _parts(said: Sequence[str]) -> Iterator[Part]:
    """Runs of letters or digits, letters at places, pairs and triples of them, check digits."""
    long = min(LONGEST, int(np.median([len(word) for word in said])))
    for k in range(RUNS):
        yield Part(f"its part {k + 1}", partial(_run, k=k))
    for k in range(long):
        yield Part(f"its character {k + 1}", itemgetter(slice(k, k + 1)))
    yield from _last(min(RIGHT, long))
    for size in (2, 3):
        for k in range(long - size + 1):
            yield Part(f"its characters {k + 1} to {k + size}", itemgetter(slice(k, k + size)))
    yield Part("its length", len)
    yield from _checks()


def _number_parts(said: Sequence[str]) -> Iterator[Part]:
    """The digits of a number that do not say how large it is."""
    yield from _last(int(np.median([len(word) for word in said])) - LEADING)
    yield from _checks()


def _last(most: int) -> Iterator[Part]:
    for k in range(1, most + 1):
        end = None if k == 1 else 1 - k
        yield Part(f"its character {k} from the end", itemgetter(slice(-k, end)))


def _checks() -> Iterator[Part]:
    for check in CHECKS:
        yield Part(f"its number's remainder by {check}", partial(_remainder, by=check))
        yield Part(
            f"the remainder by {check} of the sum of its digits", partial(_sum_of_digits, by=check)
        )
    yield Part("the remainder by 10 of its digits' Luhn sum", _luhn)


def _run(word: str, *, k: int) -> str:
    runs = RUN.findall(word)
    return runs[k] if k < len(runs) else ""


def _digits(word: str) -> str:
    return "".join(c for c in word if c in "0123456789")


def _remainder(word: str, *, by: int) -> int:
    return int(_digits(word)[-MOST_DIGITS:] or 0) % by


def _sum_of_digits(word: str, *, by: int) -> int:
    return sum(map(int, _digits(word))) % by


def _luhn(word: str) -> int:
    """Luhn's (1960) sum: every second digit from the end doubled, its own digits summed."""
    digits = [int(c) for c in reversed(_digits(word))]
    doubled = [sum(divmod(2 * d, 10)) if k % 2 else d for k, d in enumerate(digits)]
    return sum(doubled) % 10

"""Texts and numbers of their own that stand on two sides of a split, however they are written."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.audit.digest import mix
from slipway.audit.split_sides import SidePair
from slipway.audit.table import Prepared, index_of
from slipway.audit.thresholds import (
    REPEATED_TEXTS_ALIKE,
    REPEATED_TEXTS_FEWEST_WORDS,
    REPEATED_TEXTS_FORM_SHARE,
    REPEATED_TEXTS_HEAD_ROWS,
    REPEATED_TEXTS_HEAD_SHARE,
    REPEATED_TEXTS_MOST_ASKED,
    REPEATED_TEXTS_MOSTLY_OWN,
    REPEATED_TEXTS_TRIES,
)

Codes = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class Text(NamedTuple):
    """A column whose values are the rows' own: ``code`` int64[n] of equal ones, -1 where there is none.

    ``said`` are the distinct values in lower case without punctuation.
    """

    column: str
    code: Codes
    said: pa.StringArray


def own_texts(table: Prepared) -> Iterator[Text]:
    """Columns of words most of whose values are the rows' own."""
    for name, words in table.words.items():
        if name not in table.coded or name == table.group_name:
            continue
        index = index_of(words)
        known = int((index >= 0).sum())
        if known and len(words.dictionary) >= REPEATED_TEXTS_MOSTLY_OWN * known:
            yield _plain(name, words.dictionary, index)


def _plain(name: str, said: pa.Array, index: NDArray[np.int32]) -> Text:
    """Case, spaces and punctuation make no other text."""
    plain = pc.utf8_lower(pc.utf8_normalize(said.cast(pa.string()), form="NFKC"))
    plain = pc.utf8_trim_whitespace(
        pc.replace_substring_regex(plain, r"[^\p{L}\p{N}]+", replacement=" ")
    )
    encoded = plain.dictionary_encode()
    joined = np.append(encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), -1)
    code = joined[index]
    empty = pc.equal(encoded.dictionary, "").to_numpy(zero_copy_only=False)
    size = np.bincount(code[code >= 0], minlength=len(empty))
    common = (size > REPEATED_TEXTS_HEAD_ROWS) & (size > REPEATED_TEXTS_HEAD_SHARE * len(code))
    return Text(
        name,
        np.append(np.where(empty | common, -1, np.arange(len(empty))), -1)[code],
        encoded.dictionary,
    )


def equal_in(text: Text, pair: SidePair) -> tuple[Codes, Codes]:
    """Late rows, and the first early row of each with the same text."""
    here, there = (
        np.flatnonzero(pair.late & (text.code >= 0)),
        np.flatnonzero(pair.early & (text.code >= 0)),
    )
    return _joined(text.code, here, there)


def _joined(key: Codes | Hashes, here: Codes, there: Codes) -> tuple[Codes, Codes]:
    known, first = np.unique(key[there], return_index=True)
    if not len(known):
        return here[:0], here[:0]
    at = np.minimum(np.searchsorted(known, key[here]), len(known) - 1)
    same = known[at] == key[here]
    return here[same], there[first[at[same]]]


def thinned(pair: SidePair) -> SidePair:
    """The pair with :data:`REPEATED_TEXTS_MOST_ASKED` of its late rows, evenly spread."""
    late = np.flatnonzero(pair.late)
    asked = np.zeros(len(pair.late), dtype=bool)
    asked[late[:: -(-len(late) // REPEATED_TEXTS_MOST_ASKED) or 1]] = True
    return pair._replace(late=asked)


def similar_in(text: Text, pair: SidePair) -> tuple[Codes, Codes]:
    """Late rows, and an early row of each whose text differs in few words: minimal hashes (Broder 1997).

    Neighbouring words that many texts share, a form's, say nothing.
    """
    hashes, start = _shingles(text)
    empty = np.zeros(0, dtype=np.int64)
    many = np.diff(start) > 0
    fine = (text.code >= 0) & many[text.code]
    here, there = np.flatnonzero(pair.late & fine), np.flatnonzero(pair.early & fine)
    if not len(here) or not len(there):
        return empty, empty
    found: dict[int, int] = {}
    texts = np.flatnonzero(many)
    for k in range(REPEATED_TEXTS_TRIES):
        least = np.zeros(len(many), dtype=np.uint64)
        least[texts] = np.minimum.reduceat(mix(hashes + np.uint64(k)), start[:-1][texts])
        for late, early in zip(*_joined(least[text.code], here, there), strict=True):
            if (
                late not in found
                and _jaccard(hashes, start, text.code[late], text.code[early])
                >= REPEATED_TEXTS_ALIKE
            ):
                found[int(late)] = int(early)
    return np.array(sorted(found), dtype=np.int64), np.array(
        [found[k] for k in sorted(found)], dtype=np.int64
    )


def _shingles(text: Text) -> tuple[Hashes, Codes]:
    """Hashes of pairs of neighbouring words that few texts share; those of text k lie from start[k] on."""
    words = pc.split_pattern(text.said, " ")
    word = (
        words.flatten().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.uint64)
    )
    size = pc.list_value_length(words).to_numpy(zero_copy_only=False).astype(np.int64)
    of = np.repeat(np.arange(len(size)), size)
    within = of[1:] == of[:-1]
    pair, of = mix(mix(word[:-1]) + word[1:])[within], of[:-1][within]
    _, place, count = np.unique(pair, return_inverse=True, return_counts=True)
    rare = count[place] <= max(REPEATED_TEXTS_HEAD_ROWS / 4, REPEATED_TEXTS_FORM_SHARE * len(size))
    pair, of = pair[rare], of[rare]
    enough = np.bincount(of, minlength=len(size))[of] >= REPEATED_TEXTS_FEWEST_WORDS
    pair, of = pair[enough], of[enough]
    return pair, np.searchsorted(of, np.arange(len(size) + 1))


def _jaccard(hashes: Hashes, start: Codes, one: int, other: int) -> float:
    a, b = (set(hashes[start[k] : start[k + 1]].tolist()) for k in (one, other))
    return len(a & b) / max(len(a | b), 1)

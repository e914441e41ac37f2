"""Which words stand for a missing value: a question of the column, never of the word alone."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slipway.audit.thresholds import MISSING_FEW_CLASSES, MISSING_FREQUENT

NULLS = (
    "", "NULL", "null", "NA", "N/A", "n/a", "nan", "NaN", "None", "none", "\\N", "<NA>", "NaT", "#N/A",
)  # fmt: skip
"""Words that may stand for a missing value."""

NAMES_NOTHING = ("None", "none")
"""Those that also answer "how much": none, minor, major."""


class Writings(NamedTuple):
    """Whether null words [d] and how many ways to write "missing" a column has, blank among them."""

    nulls: NDArray[np.bool_]
    ways: int


def writings(column: pa.DictionaryArray) -> Writings:
    """How "missing" is written in a column of words."""
    nulls: NDArray[np.bool_] = pc.is_in(column.dictionary, value_set=pa.array(NULLS)).to_numpy(
        zero_copy_only=False
    )
    blank = int(column.indices.null_count > 0)
    return Writings(nulls, int(nulls.sum()) + blank)


def blanked(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The column with its null words missing."""
    nulls = writings(column).nulls
    if not nulls.any():
        return column
    words = pc.if_else(pa.array(nulls), pa.scalar(None, pa.string()), column.dictionary)
    index = column.indices
    return words.take(index).dictionary_encode()


def filled(column: pa.DictionaryArray, word: str) -> pa.DictionaryArray:
    """The column with ``word`` where it is missing."""
    return pc.fill_null(column.dictionary_decode(), word).dictionary_encode()


def answers_none(column: pa.DictionaryArray) -> bool:
    """Whether "none" is frequent in a label."""
    said = pc.is_in(column.dictionary_decode(), value_set=pa.array(NAMES_NOTHING))
    return bool(pc.sum(said).as_py() or 0) and pc.mean(said).as_py() >= MISSING_FREQUENT


def _shape(word: str) -> str:
    """Capitals, letters and digits of a word: codes of one kind have one shape."""
    return "".join("A" if c.isupper() else "9" if c.isdigit() else "a" for c in word)


def of_label(column: pa.DictionaryArray) -> tuple[pa.DictionaryArray, str]:
    """The label with its null words missing, or as a class where they behave like one; a remark.

    "none" beside "minor" and "major" is a class, and so is NA beside three regions or beside EU and AS,
    which are written as it is; NA beside yes and no is rather no answer.
    """
    nulls = writings(column).nulls
    if not nulls.any():
        return column, ""
    said = column.dictionary.to_pylist()
    others = len(said) - int(nulls.sum())
    names = [w for w, null in zip(said, nulls, strict=True) if null]
    classes = [w for w, null in zip(said, nulls, strict=True) if not null]
    value = others == 1 or others > MISSING_FEW_CLASSES or any(w in NAMES_NOTHING for w in names)
    value = value or (bool(names) and len({_shape(w) for w in (*names, *classes)}) == 1)
    if not value:
        return blanked(column), ""
    return column, (
        f"{', '.join(map(repr, names))} in the label is taken for a class of its own; if it means that the"
        " outcome is not known, say --read LABEL=missing"
    )

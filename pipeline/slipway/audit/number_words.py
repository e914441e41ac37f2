"""Numbers as people write them: decimal commas, thousands, currencies, units, percents, limits."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.audit.thresholds import NUMBER_WORDS_COMMON_AFFIX, NUMBER_WORDS_MOST_AFFIXES
from slipway.audit.units import CURRENCIES, FAMILIES, ISO_4217, KNOWN, SCALES, SYMBOLS, WRITTEN

Floats = NDArray[np.float64]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PLAIN = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2019": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)
"""Typographic signs, as a keyboard writes them."""
CODE = rf"(?:{'|'.join(ISO_4217)})(?=[\s\d.,+-])|[A-Z]{{3}}(?=\s)"
MONEY = "|".join(map(re.escape, sorted(WRITTEN, key=len, reverse=True)))
CELL = re.compile(
    r"(?P<bracket>\()?\s*(?P<limit>[<>≤≥]=?|[~≈])?\s*(?P<sign>[-+])?\s*"
    rf"(?P<before>[{SYMBOLS}]|(?:{MONEY})(?=[\s\d.,+-])|{CODE})?\s*(?P<inner>[-+])?\s*"
    r"(?P<body>\d[\d.,'_\s]*\d|\d+[.,]?|[.,]\d+)(?P<power>[eE][-+]?\d{1,3})?"
    rf"\s*(?P<after>[{SYMBOLS}%‰](?:\s?/\s?[^\W_]{{1,6}})?|°\s?[A-Z]?|[^\W\d_][^\W_.]{{0,9}}(?:[./][^\W\d_]{{0,6}})?)?"
    rf"(?:\s?(?P<money>[{SYMBOLS}]|{'|'.join(ISO_4217)}))?"
    r"\s*(?P<behind>-)?\s*(?(bracket)\))(?:\s*(?:±|\+/-)\s*\d[\d.,]*\s?%?)?",
)
QUOTED = re.compile(r"^=?([\"'])(.*)\1$")
"""Numbers as a spreadsheet keeps them from being read: ="007"."""
EVEN = re.compile(r"(?<=\d)[.,][-\u2013\u2014]+$")
"""No cents: 1'000.- and 5,--."""
ABOUT = re.compile(
    r"^(?:ca|circa|approx|approximately|about|around|rund|etwa|env|environ)\b\.?\s*", re.IGNORECASE
)
LESS = re.compile(
    r"^(?:less than|under|below|up to|unter|weniger als|bis|moins de|hasta)\s+", re.IGNORECASE
)
MORE = re.compile(r"^(?:more than|over|above|über|mehr als|plus de|más de)\s+", re.IGNORECASE)
AND_MORE = re.compile(
    r"\s*(?:\+|or (?:more|over)|and (?:more|over|above)|oder mehr|und mehr|ou plus|o más)$",
    re.IGNORECASE,
)
"""Limits and guesses in words, in a few languages."""
HEXADECIMAL = re.compile(r"0[xX][0-9A-Fa-f]+")
THOUSANDS = r"[1-9]\d{{0,2}}(?:{0}\d{{3}})+|[1-9]\d{{0,2}}(?:{0}\d{{2}})*{0}\d{{3}}|[1-9]\d{{0,2}}(?:[ '_]\d{{3}})+|\d+"
FORMS = {
    ".": re.compile(rf"(?:{THOUSANDS.format(',')})(?:\.\d*)?|\.\d+"),
    ",": re.compile(rf"(?:{THOUSANDS.format('[.]')})(?:,\d*)?|,\d+"),
}
"""How a number may be written, by its decimal sign."""


PROBED, HOPELESS = 400, 0.05
"""Words that are tried first, and the share that must fit for the others to be tried."""


class Parsed(NamedTuple):
    """One cell: what stands around the number, and its value by decimal sign (None: does not fit)."""

    before: str
    after: str
    values: tuple[float | None, float | None]


class Numbers(NamedTuple):
    """Words [d] read as numbers (NaN: does not fit), and in the other locale where that differs.

    ``about`` says for people how they were read; ``affix`` [d] is each word's unit or currency where
    a column holds several that cannot be compared, else empty. ``signs`` counts cells that only a
    point, and only a comma, explains.
    """

    values: Floats
    other: Floats | None
    about: str
    affix: tuple[str, ...]
    signs: tuple[int, int]


def cell(word: str) -> Parsed | None:
    """What a cell holds if it is a number with at most a currency, unit or limit around it.

    >>> cell("USD 3,201.55")
    Parsed(before='USD', after='', values=(3201.55, None))
    >>> cell("-0,8 %"), cell("12 Main Street")
    (Parsed(before='', after='%', values=(None, -0.8)), None)
    """
    said = unicodedata.normalize("NFKC", word.translate(PLAIN)).strip()
    found = CELL.fullmatch(_with_signs(EVEN.sub("", QUOTED.sub(r"\2", said))))
    if found is None or HEXADECIMAL.match(said):
        return None
    after = found["after"] or ""
    if after[:3].lower() in MONTHS:
        return None
    body = re.sub(r"\s", " ", found["body"])
    signs = (found["sign"], found["inner"], found["behind"])
    minus = "-" in signs or bool(found["bracket"])
    low, high = (_value(body, mark, found["power"]) for mark in FORMS)
    if low is None and high is None:
        return None
    limit = {"<": -np.inf, "≤": -np.inf, ">": np.inf, "≥": np.inf}.get((found["limit"] or "")[:1])

    def signed(value: float | None) -> float | None:
        if value is None:
            return None
        value = -value if minus else value
        return value if limit is None else float(np.nextafter(value, limit))

    return Parsed(found["before"] or found["money"] or "", after, (signed(low), signed(high)))


def _with_signs(said: str) -> str:
    """Limits in words as the signs that say the same: "5000 or more" is >5000."""
    short = LESS.sub("<", MORE.sub(">", ABOUT.sub("", said)))
    more = AND_MORE.sub("", short)
    return f">{more}" if more != short and more[:1].isdigit() else short


def _value(body: str, mark: str, power: str | None) -> float | None:
    if not FORMS[mark].fullmatch(body):
        return None
    plain = re.sub(rf"[^\d{re.escape(mark)}]", "", body).replace(",", ".")
    return float(plain + (power or ""))


def read(
    said: Sequence[str], count: Sequence[int], *, comma: bool | None = None, sure: bool = False
) -> Numbers | None:
    """Distinct words with how often each stands in the column; None where hardly any is a number.

    ``comma`` says which sign the file's other columns write (None: unknown); it decides about cells
    as "1,234" that could be both. ``sure``: somebody said so of this column.
    """
    tried = said[:: max(1, len(said) // PROBED)]
    if sum(cell(w) is not None for w in tried) < max(1, HOPELESS * len(tried)):
        return None
    cells = [cell(w) for w in said]
    known = _affixes(cells, count)
    cells = [c if c is not None and (c.before, c.after) in known else None for c in cells]
    pairs = np.array([c.values if c else (None, None) for c in cells], dtype=float).reshape(-1, 2)
    fits = np.isfinite(pairs)
    weight = np.asarray(count)
    signs = int(weight[fits[:, 0] & ~fits[:, 1]].sum()), int(weight[fits[:, 1] & ~fits[:, 0]].sum())
    by_comma = bool(comma) if sure or signs[0] == signs[1] else signs[1] > signs[0]
    first, second = (pairs[:, k] for k in ((1, 0) if by_comma else (0, 1)))
    scale = _scales(cells, known)
    values = np.where(np.isfinite(first), first, second) * scale
    both = fits.all(axis=1) & (pairs[:, 0] != pairs[:, 1])
    undecided = bool(both.any()) and comma is None and signs[0] == signs[1]
    other = np.where(np.isfinite(second), second, first) * scale if undecided else None
    mixed = len(known) > 1 and not _comparable(known)
    affix = tuple(f"{c.before}{c.after}" if c and mixed else "" for c in cells)
    decided = by_comma and bool((fits.all(axis=1) & both).any() or signs[1])
    return Numbers(values, other, _about(known, comma=decided), affix, signs)


def _affixes(cells: Sequence[Parsed | None], count: Sequence[int]) -> Counter[tuple[str, str]]:
    """What stands around the numbers of a column: nothing, what is known, or a common unknown unit."""
    seen: Counter[tuple[str, str]] = Counter()
    for c, n in zip(cells, count, strict=True):
        if c is not None:
            seen[c.before, c.after] += n
    fine = {k: n for k, n in seen.items() if _known(*k)}
    fewest = NUMBER_WORDS_COMMON_AFFIX * seen.total()
    unknown = {k: n for k, n in seen.items() if not _known(*k) and n >= fewest}
    if len(unknown) > NUMBER_WORDS_MOST_AFFIXES or (
        len(unknown) > 1 and any(len(after) == 1 for _, after in unknown)
    ):
        unknown = {}  # seats and codes: 12A, 12B
    return Counter(fine | unknown)


def _known(before: str, after: str) -> bool:
    return (not before or before in CURRENCIES) and (after in KNOWN or after.startswith("°"))


def _comparable(known: Counter[tuple[str, str]]) -> bool:
    """Whether all units of a column belong together; a number without a unit goes with any of them."""
    before = {b for b, _ in known}
    after = {a for _, a in known if a}
    same = len(after) <= 1 or any(after <= set(family) for family in FAMILIES)
    return len(before - {""}) <= 1 and same


def _scales(cells: Sequence[Parsed | None], known: Counter[tuple[str, str]]) -> Floats:
    after = {a for _, a in known if a}
    family = next((f for f in FAMILIES if after and after <= set(f)), None)
    if family is None or (family is not SCALES and len(after) == 1):
        return np.ones(len(cells))
    return np.array([family.get(c.after, 1.0) if c else 1.0 for c in cells])


def _about(known: Counter[tuple[str, str]], *, comma: bool) -> str:
    names = list(dict.fromkeys(b or a for (b, a), _ in known.most_common() if b or a))
    money = any(b or a in CURRENCIES for b, a in known if b or a)
    what = "percent" if names == ["%"] else "amount" if money else "number"
    unit = f" in {' and '.join(names[:4])}" if names and what != "percent" else ""
    return f"{what}{unit}{' with a decimal comma' if comma else ''}"


def words_of(values: pa.DictionaryArray) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct words, how often each stands in the column, and the index of each row (-1: missing)."""
    index = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    said: list[str] = values.dictionary.to_pylist()
    return said, np.bincount(index[index >= 0], minlength=len(said)), index

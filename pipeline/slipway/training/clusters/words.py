"""The words of a text, in any script.

Scripts without spaces between words are read as overlapping groups of signs: pairs for ideographs and
kana, as search engines do (Nie, Gao, Zhang and Zhou 2000), four signs for those of South-East Asia.
"""

import re
import unicodedata
from functools import cache
from itertools import chain

_GROUPS = {
    "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f": 2,
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff": 4,
}
"""Signs of scripts without spaces → how many make a group."""

_SIZES = tuple(_GROUPS.values())
_DENSE = "".join(_GROUPS)
_JOINERS = "\u200c\u200d"  # inside words of Indic scripts and Persian
_PLANE_OF_SIGNS = range(0x300, 0x1F000)  # marks beyond belong to emoji


def words(text: str) -> list[str]:
    """The words of ``text`` in small letters: a letter, then at least one more sign.

    One word written in different Unicode forms is one word (NFKC).

    >>> words("Dark-beer v2, \u548c\u5564\u9152")
    ['dark', 'beer', 'v2', '\u548c\u5564', '\u5564\u9152']
    """
    found = _pattern().finditer(unicodedata.normalize("NFKC", text.lower()))
    return list(chain.from_iterable(map(_read, found)))


def _read(match: re.Match[str]) -> list[str]:
    run = match[0]
    if match.lastindex is None:
        return [run]
    size = _SIZES[match.lastindex - 1]
    return [run[at : at + size] for at in range(max(len(run) - size + 1, 1))]


@cache
def _pattern() -> re.Pattern[str]:
    """Marks belong to their letter, though Python counts them to no word."""
    signs = map(chr, _PLANE_OF_SIGNS)
    marks = "".join(sign for sign in signs if unicodedata.category(sign).startswith("M"))
    sign, marks = rf"[^\W{_DENSE}]", f"[{marks}{_JOINERS}]"
    more = rf"(?:{sign}+(?:{marks}+{sign}*)*|(?:{marks}+{sign}*)+)"
    runs = "|".join(f"([{signs}]+)" for signs in _GROUPS)
    return re.compile(rf"(?<!{sign})(?!\d|_){sign}{more}|{runs}")

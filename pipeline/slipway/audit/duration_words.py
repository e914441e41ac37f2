"""Durations and times of day as people write them, in seconds."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slipway.audit.thresholds import DURATION_WORDS_PROBED

CLOCK = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+) days?,? )?(?P<h>\d{1,3}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d(?:[.,]\d+)?))?"
)
HALF = re.compile(
    r"(?P<h>\d{1,2})(?::(?P<m>[0-5]\d))?(?::(?P<s>[0-5]\d))?\s*(?P<half>[AaPp])\.?[Mm]\.?"
)
ISO = re.compile(
    r"(?P<sign>-)?P(?:(?P<days>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
SPELT = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+) ?d(?:ays?)?,? ?)?(?:(?P<h>\d+) ?h(?:rs?|ours?)?,? ?)?"
    r"(?:(?P<m>\d+) ?m(?:ins?|inutes?)?,? ?)?(?:(?P<s>\d+(?:[.,]\d+)?) ?s(?:ecs?|econds?)?)?"
)
SHORT = re.compile(r"(?P<sign>-)?(?P<h>\d{1,3}) ?[hH] ?(?P<m>[0-5]\d)")
"""Hours and minutes as 25h07."""
SECONDS = {"days": 86_400, "h": 3_600, "m": 60, "s": 1}


def seconds(word: str) -> float | None:
    """Seconds of one cell; None where it is no duration.

    >>> seconds("00:04:21"), seconds("4m 21s"), seconds("PT4M21S"), seconds("2 days 01:00:00"), seconds("4:30 pm"), seconds("25h07")
    (261.0, 261.0, 261.0, 176400.0, 59400.0, 90420.0)
    """
    word = word.strip()
    for form in (CLOCK, HALF, ISO, SPELT, SHORT):
        found = form.fullmatch(word)
        parts = found.groupdict() if found else {}
        if not any(parts.get(unit) for unit in SECONDS):
            continue
        total = sum(
            size * float((parts.get(unit) or "0").replace(",", "."))
            for unit, size in SECONDS.items()
        )
        if half := parts.get("half"):
            total = total % (12 * 3600) + (12 * 3600 if half in "pP" else 0)
        return -total if parts.get("sign") else total
    return None


def read(said: Sequence[str]) -> NDArray[np.float64] | None:
    """Distinct words [d] in seconds, NaN where one is no duration; None where hardly any is."""
    tried = said[:: max(1, len(said) // DURATION_WORDS_PROBED)]
    if not tried or sum(seconds(w) is not None for w in tried) < len(tried) / 2:
        return None
    return np.array([np.nan if (s := seconds(w)) is None else s for w in said])

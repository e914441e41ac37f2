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
AMOUNT = r"\d+(?:[.,]\d+)?"
ISO = re.compile(
    rf"(?P<sign>-)?P(?:(?P<weeks>{AMOUNT})W)?(?:(?P<days>{AMOUNT})D)?(?:T(?:(?P<h>{AMOUNT})H)?(?:(?P<m>{AMOUNT})M)?(?:(?P<s>{AMOUNT})S)?)?"
)
NEXT = r",? ?(?:(?:and|und|et|y|e|en|i) )?"
SPELT = re.compile(
    rf"(?P<sign>-)?(?:(?P<weeks>{AMOUNT}) ?(?:w|wk|weeks?|Wochen?|semaines?|semanas?|tygodni[ea]?|周){NEXT})?"
    rf"(?:(?P<days>{AMOUNT}) ?(?:d|days?|T(?:age?n?)?\.?|j|jours?|d[ií]as?|dagen|dag|dni|dn\.?|giorn[oi]|日|天){NEXT})?"
    rf"(?:(?P<h>{AMOUNT}) ?(?:h|hrs?|hours?|Std\.?|Stunden?|heures?|horas?|uur|or[ae]|godz|godzin[ay]?|时|小时|時間|시간)\.?{NEXT})?"
    rf"(?:(?P<m>{AMOUNT}) ?(?:m|mins?|minutes?|Minuten?|minutos?|minut[iy]?|分钟|分|분)\.?{NEXT})?"
    rf"(?:(?P<s>{AMOUNT}) ?(?:s|secs?|seconds?|Sek|Sekunden?|secondes?|segundos?|secondi|sekund[ay]?|秒|초)\.?)?"
    r"(?:,? ?(?P<ms>\d+) ?(?:ms|msec|milliseconds?))?",
    re.IGNORECASE,
)
PRIME = re.compile(
    r"(?P<sign>-)?(?P<m>\d+) ?['\u2032\u2019] ?(?:(?P<s>[0-5]?\d) ?(?:\"|\u2033|''))?"
)
"""Minutes and seconds as 4'21\"."""
SHORT = re.compile(r"(?P<sign>-)?(?P<h>\d{1,3}) ?[hH] ?(?P<m>[0-5]\d)")
"""Hours and minutes as 25h07."""
SECONDS = {"weeks": 604_800, "days": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 1e-3}


def seconds(word: str) -> float | None:
    r"""Seconds of one cell; None where it is no duration.

    >>> seconds("00:04:21"), seconds("4m 21s"), seconds("PT4M21S"), seconds("2 days 01:00:00"), seconds("4:30 pm"), seconds("25h07")
    (261.0, 261.0, 261.0, 176400.0, 59400.0, 90420.0)
    >>> seconds("4 Min. 21 Sek."), seconds("1 semaine 2 jours"), seconds("4'21''")
    (261.0, 777600.0, 261.0)
    """
    word = word.strip()
    for form in (CLOCK, HALF, ISO, SPELT, SHORT, PRIME):
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

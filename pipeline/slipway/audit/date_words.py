"""Dates as people write them in other languages and programs, rewritten as ISO 8601 where they are no plain form."""

import re
from collections.abc import Sequence
from datetime import date

MONTHS = (
    "jan january januar janvier janv enero ene gennaio gen januari janeiro jän jänner styczeń stycznia",
    "feb february februar février fevrier févr fevr febrero febbraio februari fevereiro fev luty lutego",
    "mar march märz maerz mrz mär mars marzo maart mrt março marco marzec marca",
    "apr april avril avr abril abr aprile kwiecień kwietnia",
    "may mai mayo maggio mag mei maio maj maja",
    "jun june juni juin junio giugno giu junho czerwiec czerwca",
    "jul july juli juillet juil julio luglio lug julho lipiec lipca",
    "aug august août aout agosto ago augusti augustus sierpień sierpnia",
    "sep sept september septembre septiembre settembre set setembro wrzesień września",
    "oct october oktober okt octobre octubre ottobre ott outubro out październik października",
    "nov november novembre noviembre novembro listopad listopada",
    "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro grudzień grudnia",
)
"""Names of the months in a few languages, with what they are shortened to."""
MONTH = {name: k + 1 for k, names in enumerate(MONTHS) for name in names.split()}
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +)?"
OF_DAY = r"(?:,? *(?:[Tt]|at|um|à)? *(?P<clock>\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?: *[AaPp][Mm])?))?(?: +Uhr| *h)?"
ZONE = r"(?: *(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?"
NAME = r"(?P<month>[^\W\d_]{3,12})\.?"
FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{WEEKDAY}(?P<day>\d\d?)(?:\.|st|nd|rd|th)? *(?:de +|of +|[- ])?{NAME},? *(?:de +|-)?(?P<year>\d{{4}}){OF_DAY}{ZONE}",
        rf"{WEEKDAY}{NAME} +(?P<day>\d\d?)(?:st|nd|rd|th)?,? +(?P<year>\d{{4}}){OF_DAY}{ZONE}",
        rf"{WEEKDAY}{NAME} +(?P<day>\d\d?) +(?P<clock>\d\d:\d\d:\d\d)(?: (?P<zone>UTC|GMT|[+-]\d{{4}}))? (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[.](?P<number>\d\d?)[.](?P<day>\d\d?){OF_DAY}{ZONE}",
        rf"(?P<year>\d{{4}}) ?[年년] ?(?P<number>\d\d?) ?[月월] ?(?P<day>\d\d?) ?[日일]{OF_DAY}{ZONE}",
    )
)
WEEK = re.compile(r"(?P<year>\d{4})-?W(?P<week>[0-5]\d)(?:-?(?P<day>[1-7]))?")
"""ISO 8601 weeks: 2026-W10-3; a week without a day begins on its Monday."""
PROBED = 100


def plain(said: Sequence[str]) -> list[str]:
    """Words [d] in ISO 8601 where most of them are such dates; as they are otherwise.

    >>> plain(["5. März 2026", "12. Mai 2026"]), plain(["2026-W10-3"]), plain(["room 12"])
    (['2026-03-05', '2026-05-12'], ['2026-03-04'], ['room 12'])
    """
    some = said[:: max(1, len(said) // PROBED)]
    if sum(_iso(word) is not None for word in some) < max(1, len(some) / 2):
        return list(said)
    return [_iso(word) or word for word in said]


def _iso(word: str) -> str | None:
    word = word.strip()
    if week := WEEK.fullmatch(word):
        return _of_week(int(week["year"]), int(week["week"]), int(week["day"] or 1))
    found = next((m for form in FORMS if (m := form.fullmatch(word))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = MONTH.get((parts.get("month") or "").casefold()) or int(parts.get("number") or 0)
    try:
        day = date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        return None
    clock = f" {_of_day(parts['clock'])}" if parts.get("clock") else ""
    return f"{day.isoformat()}{clock}{_of_zone(parts.get('zone') or '') if clock else ''}"


def _of_week(year: int, week: int, day: int) -> str | None:
    try:
        return date.fromisocalendar(year, week, day).isoformat()
    except ValueError:
        return None


def _of_day(clock: str) -> str:
    """A time of day with 24 hours: 4:05 PM is 16:05."""
    half = clock[-2:].casefold()
    if half not in {"am", "pm"}:
        return clock if clock[1] != ":" else f"0{clock}"
    hour, rest = clock[:-2].strip().split(":", maxsplit=1)
    return f"{int(hour) % 12 + 12 * (half == 'pm'):02d}:{rest}"


def _of_zone(zone: str) -> str:
    return "Z" if zone.upper() in {"UTC", "GMT", "Z"} else zone
